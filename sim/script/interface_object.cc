#include "sim/script/interface_object.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/net/node.h"
#include "sim/script/run.h"
#include "sim/script/table_writer.h"

namespace natsim::script {

constinit const Member InterfaceObject::methods[] = {
    {"up", call_member<InterfaceObject, &InterfaceObject::switch_up>},
    {"set_address", call_member<InterfaceObject, &InterfaceObject::set_address>},
};
constinit const Member InterfaceObject::fields[] = {
    {"name", call_member<InterfaceObject, &InterfaceObject::name>},
    {"is_up", call_member<InterfaceObject, &InterfaceObject::is_up>},
    {"ips", call_member<InterfaceObject, &InterfaceObject::ips>},
};
const Class InterfaceObject::lua_class = {"interface", "an interface", methods, fields};

std::string InterfaceObject::shown() const {
  return fmt::format("interface '{}'", interface_.name());
}

int InterfaceObject::switch_up(lua_State* lua) {
  const bool up = Value(lua, 2, "interface:up").boolean();
  interface_.set_up(up);
  const std::string name = interface_.name();
  Run::of(lua).tell(up ? "interface_up" : "interface_down",
                    {{"interface", std::string_view(name)}});
  return 0;
}

int InterfaceObject::set_address(lua_State* lua) {
  const Value value(lua, 2, "interface:set_address");
  std::vector<std::pair<IpAddress, std::uint8_t>> wanted;
  for (const IpAddress& address : value.addresses()) {
    if (address.is_any() || address.is_multicast() || address.is_loopback()) {
      value.complain(fmt::format("{} is not an address that a node can have", to_string(address)));
    }
    // On the same link as before, unless it is of another network.
    std::uint8_t length = address.is_v4() ? 32 : 128;
    for (const Prefix& prefix : interface_.prefixes()) {
      if (prefix.contains(address)) length = prefix.length;
    }
    wanted.emplace_back(address, length);
  }
  interface_.set_addresses(wanted);
  const std::string name = interface_.name();
  const std::string first = to_string(wanted.front().first);
  Run::of(lua).tell("address_changed",
                    {{"interface", std::string_view(name)}, {"address", std::string_view(first)}});
  return 0;
}

int InterfaceObject::name(lua_State* lua) {
  push_string(lua, interface_.name());
  return 1;
}

int InterfaceObject::is_up(lua_State* lua) {
  lua_pushboolean(lua, interface_.up());
  return 1;
}

int InterfaceObject::ips(lua_State* lua) {
  push_list(lua, interface_.addresses(),
            [lua](const IpAddress& address) { push_string(lua, to_string(address)); });
  return 1;
}

}  // namespace natsim::script
