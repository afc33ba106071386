#include "sim/script/link_object.h"

#include <array>

#include <fmt/format.h>

#include "sim/net/interface.h"
#include "sim/net/node.h"
#include "sim/script/link_settings.h"
#include "sim/script/options.h"
#include "sim/script/table_writer.h"

namespace natsim::script {

namespace {

// Which directions are switched, and what becomes of their packets.
struct Switching {
  bool up = true;
  bool down = true;
  net::InFlight in_flight = net::InFlight::deliver;
};

constexpr std::array<Choice<net::InFlight>, 3> fates = {{{"deliver", net::InFlight::deliver},
                                                         {"drop", net::InFlight::drop},
                                                         {"hold", net::InFlight::hold}}};

constexpr std::array<Key<Switching>, 2> switching_keys = {{
    {"in_flight", [](const Value& value, Switching& how) { how.in_flight = value.one_of(fates); }},
    {"direction",
     [](const Value& value, Switching& how) {
       constexpr std::array<std::string_view, 3> names = {"both", "up", "down"};
       const std::size_t which = value.index_of(names);
       how.up = which != 2;
       how.down = which != 1;
     }},
}};

}  // namespace

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
  Switching how;
  if (const Value table(lua, 3, "link:up"); table.present()) {
    read_options(table, switching_keys, how);
    if (up && table.field("in_flight").present()) {
      table.complain("'in_flight' says what becomes of packets when the link goes down");
    }
  }
  if (how.up) up_.set_up(up, how.in_flight);
  if (how.down) down_.set_up(up, how.in_flight);
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
    direction.set("duplicated", link->counters().duplicated);
    direction.set("corrupted", link->counters().corrupted);
    direction.set("reordered", link->counters().reordered);
    both.set_top(name);
  }
  return 1;
}

int LinkObject::is_up(lua_State* lua) {
  lua_pushboolean(lua, up_.up() && down_.up());
  return 1;
}

}  // namespace natsim::script
