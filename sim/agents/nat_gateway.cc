#include "sim/agents/nat_gateway.h"

namespace natsim::agents {
namespace {

nat::Transport transport_of(portmap::MapProtocol protocol) {
  return protocol == portmap::MapProtocol::udp ? nat::Transport::udp : nat::Transport::tcp;
}

}  // namespace

IpAddress NatGateway::external_address(Family family) const {
  const IpAddress* const address = box_.outside_interface().address_of(family);
  if (address != nullptr) return *address;
  return family == Family::ipv4 ? IpAddress::any_v4() : IpAddress::any_v6();
}

std::variant<Endpoint, portmap::MapRefusal> NatGateway::map(const portmap::MapWish& wish) {
  const nat::MappingGrant grant = box_.add_static_mapping({.transport = transport_of(wish.protocol),
                                                           .internal = wish.internal,
                                                           .external_port = wish.external_port,
                                                           .exact = wish.exact,
                                                           .until = wish.until});
  if (grant.reason == core::DropReason::none) return grant.external;
  if (grant.reason == core::DropReason::nat_host_limit) return portmap::MapRefusal::quota;
  return wish.exact ? portmap::MapRefusal::port_taken : portmap::MapRefusal::no_resources;
}

std::variant<portmap::KeptMapping, portmap::MapRefusal> NatGateway::keep(const Endpoint& internal,
                                                                         const Endpoint& peer,
                                                                         Time until) {
  const nat::MappingKeep keep = box_.keep_mapping(internal, peer, until);
  if (keep.reason == core::DropReason::none) {
    return portmap::KeptMapping{keep.external, keep.until};
  }
  if (keep.reason == core::DropReason::nat_host_limit) return portmap::MapRefusal::quota;
  return portmap::MapRefusal::no_resources;
}

void NatGateway::unmap(portmap::MapProtocol protocol, const Endpoint& internal) {
  box_.remove_static_mapping(transport_of(protocol), internal);
}

}  // namespace natsim::agents
