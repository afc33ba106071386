#include "sim/script/router_object.h"

#include <fmt/format.h>

#include "sim/script/table_writer.h"

namespace natsim::script {

constinit const Member RouterObject::fields[] = {
    {"name", call_member<RouterObject, &RouterObject::name>},
};
const Class RouterObject::lua_class = {"router", "a router", {}, fields};

std::string RouterObject::shown() const { return fmt::format("router '{}'", router_.label()); }

int RouterObject::name(lua_State* lua) {
  push_string(lua, router_.label());
  return 1;
}

}  // namespace natsim::script
