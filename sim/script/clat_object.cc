#include "sim/script/clat_object.h"

#include <utility>

#include <fmt/format.h>

#include "sim/script/table_writer.h"

namespace natsim::script {

constinit const Member ClatObject::fields[] = {
    {"name", call_member<HomeBoxObject, &ClatObject::name>},
    {"prefix", call_member<ClatObject, &ClatObject::prefix>},
    {"plat_prefix", call_member<ClatObject, &ClatObject::plat_prefix>},
    {"wan", call_member<HomeBoxObject, &ClatObject::push_wan>},
};
const Class ClatObject::lua_class = {"clat", "a CLAT", {}, fields};

ClatObject::ClatObject(nat::ClatBox& box, LinkObject& wan, std::vector<Prefix> blocks)
    : HomeBoxObject(box, wan, std::move(blocks)), box_(box) {}

std::string ClatObject::shown() const { return fmt::format("CLAT '{}'", box_.label()); }

int ClatObject::prefix(lua_State* lua) {
  push_string(lua, to_string(box_.options().own));
  return 1;
}

int ClatObject::plat_prefix(lua_State* lua) {
  push_string(lua, to_string(box_.options().plat));
  return 1;
}

}  // namespace natsim::script
