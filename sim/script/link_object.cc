#include "sim/script/link_object.h"

#include <fmt/format.h>

#include "sim/net/interface.h"
#include "sim/net/node.h"
#include "sim/script/link_settings.h"
#include "sim/script/table_writer.h"

namespace natsim::script {

constinit const Member LinkObject::methods[] = {
    {"set", call_member<LinkObject, &LinkObject::set>},
    {"up", call_member<LinkObject, &LinkObject::switch_up>},
    {"counters", call_member<LinkObject, &LinkObject::counters>},
};
constinit const Member LinkObject::fields[] = {
    {"is_up", call_member<LinkObject, &LinkObject::is_up>},
};
const Class LinkObject::lua_class = {"link", "a link", methods, fields};

std::string LinkObject::shown() const {
  return fmt::format("link '{}' to '{}'", up_.from().node().name(), up_.to().node().name());
}

int LinkObject::set(lua_State* lua) {
  LinkSettings settings{up_.options(), down_.options()};
  read_link_settings(Value(lua, 2, "link:set"), settings);
  up_.set_options(settings.up);
  down_.set_options(settings.down);
  return 0;
}

int LinkObject::switch_up(lua_State* lua) {
  const bool up = Value(lua, 2, "link:up").boolean();
  up_.set_up(up);
  down_.set_up(up);
  return 0;
}

int LinkObject::counters(lua_State* lua) {
  TableWriter both(lua);
  for (const auto& [name, link] : {std::pair{"up", &up_}, {"down", &down_}}) {
    TableWriter direction(lua);
    direction.set("sent", link->counters().sent);
    direction.set("delivered", link->counters().delivered);
    direction.set("lost", link->counters().lost);
    direction.set("overflowed", link->counters().overflowed);
    both.set_top(name);
  }
  return 1;
}

int LinkObject::is_up(lua_State* lua) {
  lua_pushboolean(lua, up_.up() && down_.up());
  return 1;
}

}  // namespace natsim::script
