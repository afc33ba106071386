// The customer's half of DS-Lite as a script sees it.
#pragma once

#include <string>
#include <vector>

#include "sim/nat/b4_box.h"
#include "sim/script/home_box_object.h"

namespace natsim::script {

// b4.name, b4.address, b4.aftr_address, b4.wan.
class B4Object : public HomeBoxObject {
 public:
  static const Class lua_class;

  B4Object(nat::B4Box& box, LinkObject& wan, std::vector<Prefix> blocks);

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] std::string shown() const override;

 private:
  int address(lua_State* lua);
  int aftr_address(lua_State* lua);

  static const Member fields[];

  nat::B4Box& box_;
};

}  // namespace natsim::script
