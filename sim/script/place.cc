#include "sim/script/place.h"

#include <array>

#include <fmt/format.h>

#include "sim/net/network.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"

namespace natsim::script {

const Class Place::lua_class = {"place", "a router or a NAT", {}, {}};

Families read_families(const Value& value) {
  constexpr std::array<std::string_view, 3> names = {"ipv4", "ipv6", "dual"};
  return static_cast<Families>(value.index_of(names));
}

Attachment read_attachment(const Value& table) {
  table.require_table();
  Attachment attachment;
  read_link_settings(table, attachment.link, {"ip"}, 1);
  const StackMark mark(table.lua());
  attachment.to = &Run::of(table.lua()).net().names().at<Place>(table.element(1));
  if (const Value ip = table.field("ip"); ip.present()) attachment.addresses = ip.addresses();
  return attachment;
}

void give_addresses(lua_State* lua, net::Interface& interface, const Attachment& attachment,
                    Families families, std::string_view function) {
  AddressPool& pool = attachment.to->addresses();
  std::vector<IpAddress> addresses = attachment.addresses;
  if (addresses.empty()) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      const bool wanted =
          families == Families::dual || (family == Family::ipv4) == (families == Families::ipv4);
      if (!wanted) continue;
      const auto address = pool.next(family);
      if (!address) {
        raise(lua, "{}: no address is left behind {}", function, attachment.to->shown());
      }
      addresses.push_back(*address);
    }
  }
  for (const IpAddress& address : addresses) {
    if (const std::string* const owner = pool.owner(address)) {
      raise(lua, "{}: {} is the address of '{}' already", function, to_string(address), *owner);
    }
    interface.add_address(
        address, claim_address(lua, *attachment.to, address, interface.node().name(), function));
  }
}

std::uint8_t claim_address(lua_State* lua, Place& place, const IpAddress& address,
                           const std::string& owner, std::string_view function) {
  AddressPool& pool = place.addresses();
  if (address.is_any() || address.is_multicast() || address.is_loopback()) {
    raise(lua, "{}: {} is not an address that a node can have", function, to_string(address));
  }
  const std::string* const known = pool.owner(address);
  if (known != nullptr && *known != owner) {
    raise(lua, "{}: {} is the address of '{}' already", function, to_string(address), *known);
  }
  if (!pool.admits(address)) {
    raise(lua, "{}: {} is outside {}, the network behind {}", function, to_string(address),
          to_string(pool.blocks().front()), place.shown());
  }
  if (known == nullptr) pool.claim(address, owner);
  return pool.on_link_length(address);
}

LinkObject& join(lua_State* lua, net::Interface& interface, const Attachment& attachment) {
  Run& run = Run::of(lua);
  net::Interface& other = attachment.to->open_interface();
  run.network().connect(interface, other, attachment.link.up, attachment.link.down);
  return run.make<LinkObject>(lua, interface.link(), other.link());
}

}  // namespace natsim::script
