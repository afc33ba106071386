// A firewall as a script sees it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/nat/firewall_box.h"
#include "sim/script/place.h"

namespace natsim::script {

// firewall:flows(), firewall:log_in([host]), firewall:log_out(), firewall:flush(); firewall.name,
// firewall.wan. As a place it is the network inside, whose addresses are those of the outside.
class FirewallObject : public Place {
 public:
  static const Class lua_class;

  // `wan` is the link of its outside interface. Neighbours inside get addresses of `pool`, which
  // must outlive it; `own` are those that the box speaks by.
  FirewallObject(nat::FirewallBox& box, LinkObject& wan, AddressPool& pool,
                 std::vector<IpAddress> own)
      : box_(box), wan_(wan), pool_(pool), own_(std::move(own)) {}

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] std::string shown() const override;
  net::Interface& open_interface() override;
  [[nodiscard]] AddressPool& addresses() override { return pool_; }
  [[nodiscard]] LinkObject& wan() const { return wan_; }
  [[nodiscard]] net::Node& node() const override { return box_; }

 private:
  int flows(lua_State* lua);
  int log_in(lua_State* lua);
  int log_out(lua_State* lua);
  int flush(lua_State* lua);
  int name(lua_State* lua);
  int push_wan(lua_State* lua);

  static const Member methods[];
  static const Member fields[];

  nat::FirewallBox& box_;
  LinkObject& wan_;
  AddressPool& pool_;
  std::vector<IpAddress> own_;
};

// Makes the node `name`, which must have been taken, and joins it to the outside.
FirewallObject& build_firewall(lua_State* lua, const std::string& name,
                               const nat::FirewallOptions& options, const Attachment& wan,
                               Families families, std::string_view function);

// net:firewall: makes the firewall with the name at index 2 and the options at index 3, joins it to
// the outside by `wan`, and returns it.
int make_firewall(lua_State* lua);

}  // namespace natsim::script
