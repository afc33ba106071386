// The customer's half of 464XLAT as a script sees it.
#pragma once

#include <string>
#include <vector>

#include "sim/nat/clat_box.h"
#include "sim/script/place.h"

namespace natsim::script {

// clat.name, clat.prefix, clat.plat_prefix, clat.wan. As a place it is the network inside.
class ClatObject : public Place {
 public:
  static const Class lua_class;

  // `wan` is the link of its outside interface. The inside has the addresses of `blocks`, of which
  // the box takes the first.
  ClatObject(nat::ClatBox& box, LinkObject& wan, std::vector<Prefix> blocks);

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] std::string shown() const override;
  net::Interface& open_interface() override;
  [[nodiscard]] AddressPool& addresses() override { return pool_; }
  [[nodiscard]] LinkObject& wan() const { return wan_; }
  [[nodiscard]] net::Node& node() const override { return box_; }

 private:
  int name(lua_State* lua);
  int prefix(lua_State* lua);
  int plat_prefix(lua_State* lua);
  int push_wan(lua_State* lua);

  static const Member fields[];

  nat::ClatBox& box_;
  LinkObject& wan_;
  AddressPool pool_;
  IpAddress inside_address_;  // of each inside interface
};

}  // namespace natsim::script
