#include "sim/script/b4_object.h"

#include <utility>

#include <fmt/format.h>

#include "sim/script/table_writer.h"

namespace natsim::script {

constinit const Member B4Object::fields[] = {
    {"name", call_member<HomeBoxObject, &B4Object::name>},
    {"address", call_member<B4Object, &B4Object::address>},
    {"aftr_address", call_member<B4Object, &B4Object::aftr_address>},
    {"wan", call_member<HomeBoxObject, &B4Object::push_wan>},
};
const Class B4Object::lua_class = {"b4", "a B4", {}, fields};

B4Object::B4Object(nat::B4Box& box, LinkObject& wan, std::vector<Prefix> blocks)
    : HomeBoxObject(box, wan, std::move(blocks)), box_(box) {}

std::string B4Object::shown() const { return fmt::format("B4 '{}'", box_.label()); }

int B4Object::address(lua_State* lua) {
  push_string(lua, to_string(box_.outside_interface().addresses().front()));
  return 1;
}

int B4Object::aftr_address(lua_State* lua) {
  push_string(lua, to_string(box_.aftr()));
  return 1;
}

}  // namespace natsim::script
