// The customer's half of DS-Lite as a script sees it.
#pragma once

#include <string>
#include <vector>

#include "sim/nat/b4_box.h"
#include "sim/script/place.h"

namespace natsim::script {

// b4.name, b4.address, b4.aftr_address, b4.wan. As a place it is the network inside.
class B4Object : public Place {
 public:
  static const Class lua_class;

  // `wan` is the link of its outside interface. The inside has the addresses of `blocks`, of which
  // the box takes the first.
  B4Object(nat::B4Box& box, LinkObject& wan, std::vector<Prefix> blocks);

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] std::string shown() const override;
  net::Interface& open_interface() override;
  [[nodiscard]] AddressPool& addresses() override { return pool_; }
  [[nodiscard]] LinkObject& wan() const { return wan_; }
  [[nodiscard]] net::Node& node() const override { return box_; }

 private:
  int name(lua_State* lua);
  int address(lua_State* lua);
  int aftr_address(lua_State* lua);
  int push_wan(lua_State* lua);

  static const Member fields[];

  nat::B4Box& box_;
  LinkObject& wan_;
  AddressPool pool_;
  IpAddress inside_address_;  // of each inside interface
};

}  // namespace natsim::script
