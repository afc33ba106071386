// A box of a home that is no NAT, as a script sees it: it leads IPv4 hosts to an IPv6 access.
#pragma once

#include <vector>

#include "sim/script/place.h"

namespace natsim::script {

// box.name, box.wan. As a place it is the network inside.
class HomeBoxObject : public Place {
 public:
  static const Class lua_class;  // stands for any of them in errors

  net::Interface& open_interface() override;
  [[nodiscard]] AddressPool& addresses() override { return pool_; }
  [[nodiscard]] LinkObject& wan() const { return wan_; }
  [[nodiscard]] net::Node& node() const override { return box_; }

 protected:
  // `wan` is the link of its outside interface; whatever is added is inside. The inside has the
  // addresses of `blocks`, of which the box takes the first.
  HomeBoxObject(net::Node& box, LinkObject& wan, std::vector<Prefix> blocks);

  int name(lua_State* lua);
  int push_wan(lua_State* lua);

 private:
  net::Node& box_;
  LinkObject& wan_;
  AddressPool pool_;
  IpAddress inside_address_;  // of each inside interface
};

}  // namespace natsim::script
