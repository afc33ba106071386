// What links lead to, and how a node gets its link and its addresses.
#pragma once

#include <string_view>
#include <vector>

#include "sim/net/node.h"
#include "sim/script/address_plan.h"
#include "sim/script/link_object.h"
#include "sim/script/link_settings.h"
#include "sim/script/node_object.h"

namespace natsim::script {

// A router, or the inside of a NAT.
class Place : public NodeObject {
 public:
  static const Class lua_class;  // stands for either in errors

  // A new interface for one more neighbour.
  virtual net::Interface& open_interface() = 0;
  // Where the neighbours' addresses come from.
  [[nodiscard]] virtual AddressPool& addresses() = 0;
};

// The families of the addresses that a node is given.
enum class Families : std::uint8_t { ipv4, ipv6, dual };
Families read_families(const Value& value);

// A link as written for one end: `{ internet, one_way_delay = "20ms", ip = "203.0.113.10" }`.
struct Attachment {
  Place* to = nullptr;
  LinkSettings link;
  std::vector<IpAddress> addresses;  // none: from the place's pool
};

Attachment read_attachment(const Value& table);

// Gives `interface` its addresses: those of the attachment, or else one of each family from the
// place's pool. Raises if an address is taken or does not belong there.
void give_addresses(lua_State* lua, net::Interface& interface, const Attachment& attachment,
                    Families families, std::string_view function);

// Gives `address` to the node `owner` and tells the length of the prefix that is on its link.
// Raises if another node has it or it does not belong to the place.
std::uint8_t claim_address(lua_State* lua, Place& place, const IpAddress& address,
                           const std::string& owner, std::string_view function);

// Joins `interface` to the attachment's place.
LinkObject& join(lua_State* lua, net::Interface& interface, const Attachment& attachment);

}  // namespace natsim::script
