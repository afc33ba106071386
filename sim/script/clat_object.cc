#include "sim/script/clat_object.h"

#include <utility>

#include <fmt/format.h>

#include "sim/script/table_writer.h"

namespace natsim::script {

constinit const Member ClatObject::fields[] = {
    {"name", call_member<ClatObject, &ClatObject::name>},
    {"prefix", call_member<ClatObject, &ClatObject::prefix>},
    {"plat_prefix", call_member<ClatObject, &ClatObject::plat_prefix>},
    {"wan", call_member<ClatObject, &ClatObject::push_wan>},
};
const Class ClatObject::lua_class = {"clat", "a CLAT", {}, fields};

ClatObject::ClatObject(nat::ClatBox& box, LinkObject& wan, std::vector<Prefix> blocks)
    : box_(box),
      wan_(wan),
      pool_(std::move(blocks), true),
      inside_address_(pool_.next(Family::ipv4).value()) {
  pool_.claim(inside_address_, box.name());
}

std::string ClatObject::shown() const { return fmt::format("CLAT '{}'", box_.label()); }

net::Interface& ClatObject::open_interface() {
  net::Interface& interface = box_.add_interface();
  interface.add_address(inside_address_, pool_.on_link_length(inside_address_));
  return interface;
}

int ClatObject::name(lua_State* lua) {
  push_string(lua, box_.label());
  return 1;
}

int ClatObject::prefix(lua_State* lua) {
  push_string(lua, to_string(box_.options().own));
  return 1;
}

int ClatObject::plat_prefix(lua_State* lua) {
  push_string(lua, to_string(box_.options().plat));
  return 1;
}

int ClatObject::push_wan(lua_State* lua) {
  push(lua, wan_);
  return 1;
}

}  // namespace natsim::script
