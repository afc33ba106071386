// A NAT as a script sees it.
#pragma once

#include <string>
#include <vector>

#include "sim/nat/nat_box.h"
#include "sim/script/place.h"
#include "sim/script/port_mapping_object.h"

namespace natsim::script {

// Complains of the options of a NAT64 that would have no effect.
void check_nat64(const Value& value, const nat::NatOptions& options);
// The same of an AFTR.
void check_aftr(const Value& value, const nat::NatOptions& options);

// nat:mappings(), nat:natstat(), nat:options(), nat:flush(), nat:reboot(), nat:renumber(),
// nat:set(), nat:port_mapping(); nat.name, nat.kind, nat.external_address, nat.external_addresses,
// nat.nat64_prefix, nat.aftr_address, nat.wan. As a place it is the network inside.
class NatObject : public Place {
 public:
  static const Class lua_class;

  // `wan` is the link of its outside interface, and leads to `outside`. The inside has the
  // addresses of `blocks`, of which the box takes the first of each family that `families` asks
  // for.
  NatObject(nat::NatBox& box, Place& outside, LinkObject& wan, std::vector<Prefix> blocks,
            Families families);

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] std::string shown() const override;
  net::Interface& open_interface() override;
  [[nodiscard]] AddressPool& addresses() override { return pool_; }
  [[nodiscard]] LinkObject& wan() const { return wan_; }
  [[nodiscard]] net::Node& node() const override { return box_; }
  // Null unless it is an AFTR.
  [[nodiscard]] const IpAddress* aftr() const { return box_.aftr_address(); }
  // Its own address inside; null if it has none of the family.
  [[nodiscard]] const IpAddress* inside_address(Family family) const;

 private:
  int mappings(lua_State* lua);
  int natstat(lua_State* lua);
  int options(lua_State* lua);
  int flush(lua_State* lua);
  int reboot(lua_State* lua);
  int renumber(lua_State* lua);
  int set(lua_State* lua);
  void restart_programs();
  int port_mapping(lua_State* lua);
  int name(lua_State* lua);
  int kind(lua_State* lua);
  int external_address(lua_State* lua);
  int external_addresses(lua_State* lua);
  int internal_address(lua_State* lua);
  int nat64_prefix(lua_State* lua);
  int aftr_address(lua_State* lua);
  int push_wan(lua_State* lua);

  static const Member methods[];
  static const Member fields[];

  nat::NatBox& box_;
  Place& outside_;
  LinkObject& wan_;
  AddressPool pool_;
  std::vector<IpAddress> inside_addresses_;         // of each inside interface
  PortMapServerObject* port_map_server_ = nullptr;  // null without one
};

}  // namespace natsim::script
