#include "sim/script/b4_object.h"

#include <utility>

#include <fmt/format.h>

#include "sim/script/table_writer.h"

namespace natsim::script {

constinit const Member B4Object::fields[] = {
    {"name", call_member<B4Object, &B4Object::name>},
    {"address", call_member<B4Object, &B4Object::address>},
    {"aftr_address", call_member<B4Object, &B4Object::aftr_address>},
    {"wan", call_member<B4Object, &B4Object::push_wan>},
};
const Class B4Object::lua_class = {"b4", "a B4", {}, fields};

B4Object::B4Object(nat::B4Box& box, LinkObject& wan, std::vector<Prefix> blocks)
    : box_(box),
      wan_(wan),
      pool_(std::move(blocks), true),
      inside_address_(pool_.next(Family::ipv4).value()) {
  pool_.claim(inside_address_, box.name());
}

std::string B4Object::shown() const { return fmt::format("B4 '{}'", box_.label()); }

net::Interface& B4Object::open_interface() {
  net::Interface& interface = box_.add_interface();
  interface.add_address(inside_address_, pool_.on_link_length(inside_address_));
  return interface;
}

int B4Object::name(lua_State* lua) {
  push_string(lua, box_.label());
  return 1;
}

int B4Object::address(lua_State* lua) {
  push_string(lua, to_string(box_.outside_interface().addresses().front()));
  return 1;
}

int B4Object::aftr_address(lua_State* lua) {
  push_string(lua, to_string(box_.aftr()));
  return 1;
}

int B4Object::push_wan(lua_State* lua) {
  push(lua, wan_);
  return 1;
}

}  // namespace natsim::script
