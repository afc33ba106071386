// The customer's half of 464XLAT as a script sees it.
#pragma once

#include <string>
#include <vector>

#include "sim/nat/clat_box.h"
#include "sim/script/home_box_object.h"

namespace natsim::script {

// clat.name, clat.prefix, clat.plat_prefix, clat.wan.
class ClatObject : public HomeBoxObject {
 public:
  static const Class lua_class;

  ClatObject(nat::ClatBox& box, LinkObject& wan, std::vector<Prefix> blocks);

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] std::string shown() const override;

 private:
  int prefix(lua_State* lua);
  int plat_prefix(lua_State* lua);

  static const Member fields[];

  nat::ClatBox& box_;
};

}  // namespace natsim::script
