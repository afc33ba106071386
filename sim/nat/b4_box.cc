#include "sim/nat/b4_box.h"

#include <utility>

#include "sim/net/fragment.h"
#include "sim/net/link.h"
#include "sim/net/network.h"
#include "sim/net/rewrite.h"
#include "sim/net/trace.h"

namespace natsim::nat {

using core::DropReason;
using net::IcmpError;
using net::Interface;
using net::PacketPtr;

B4Box::B4Box(net::Network& network, std::string name, const IpAddress& aftr)
    : Node(network, std::move(name)),
      aftr_(aftr),
      end_(*this),
      inside_(network),
      outward_(network),
      outside_(Node::add_interface()) {
  inside_.originate(Prefix{IpAddress::any_v4(), 0});
  outward_.add_interface(outside_);
}

Interface& B4Box::add_interface() {
  Interface& interface = Node::add_interface();
  inside_.add_interface(interface);
  return interface;
}

void B4Box::receive(PacketPtr packet, Interface& in) {
  if (&in == &outside_) {
    from_outside(std::move(packet));
  } else {
    from_inside(std::move(packet), in);
  }
}

void B4Box::from_inside(PacketPtr packet, Interface& in) {
  const IpAddress& destination = packet->destination.address;
  if (!packet->is_v4()) return refuse(*packet, in, DropReason::no_route, IcmpError::no_route);
  const auto route = inside_.lookup(destination);
  if (route && route->out != nullptr) return forward(std::move(packet), in, *route->out);
  if (owns(destination) || destination == b4_ipv4) {
    return trace_drop(world(), id(), *packet, DropReason::no_socket);
  }
  if (spread(packet, in, inside_.interfaces())) return;
  if (destination.is_multicast() || destination.is_link_local()) {
    return trace_drop(world(), id(), *packet, DropReason::no_route);
  }
  if (packet->hop_limit <= 1) {
    return refuse(*packet, in, DropReason::ttl_expired, IcmpError::hop_limit_exceeded);
  }
  const auto way = outward_.lookup(aftr_);
  if (!way || way->out == nullptr) {
    return refuse(*packet, in, DropReason::no_route, IcmpError::no_route);
  }
  net::decrement_hop_limit(*packet);
  tunnel(*packet);
}

void B4Box::tunnel(const net::Packet& packet) {
  const IpAddress* const own = outside_.address_of(Family::ipv6);
  const auto way = outward_.lookup(aftr_);
  if (own == nullptr || !way || way->out == nullptr) {
    return trace_drop(world(), id(), packet, DropReason::no_route);
  }
  end_.send(packet, *own, aftr_, *way->out);
}

void B4Box::from_outside(PacketPtr packet) {
  if (!outside_.owns(packet->destination.address)) {
    return trace_drop(world(), id(), *packet, DropReason::not_local);
  }
  if (packet->source.address != aftr_ && !packet->is_icmp()) {
    return trace_drop(world(), id(), *packet, DropReason::no_socket,
                      [] { return std::string_view("only the AFTR is heard"); });
  }
  PacketPtr inner = end_.receive(std::move(packet)).inner;
  if (inner == nullptr) return;
  const IpAddress& destination = inner->destination.address;
  const auto route = inside_.lookup(destination);
  if (!route || route->out == nullptr) {
    if (owns(destination) || destination == b4_ipv4) {
      return trace_drop(world(), id(), *inner, DropReason::no_socket);
    }
    return refuse_outside(*inner, DropReason::no_route, IcmpError::host_unreachable);
  }
  if (inner->hop_limit <= 1) {
    return refuse_outside(*inner, DropReason::ttl_expired, IcmpError::hop_limit_exceeded);
  }
  const std::uint16_t mtu = route->out->link().options().mtu;
  if (inner->size > mtu && !net::may_be_cut(*inner)) {
    return refuse_outside(*inner, DropReason::too_big, IcmpError::too_big, mtu);
  }
  net::decrement_hop_limit(*inner);
  send_fitting(std::move(inner), *route->out);
}

void B4Box::forward(PacketPtr packet, Interface& in, Interface& out) {
  if (packet->hop_limit <= 1) {
    return refuse(*packet, in, DropReason::ttl_expired, IcmpError::hop_limit_exceeded);
  }
  if (!fits(*packet, in, out)) return;
  net::decrement_hop_limit(*packet);
  send_fitting(std::move(packet), out);
}

void B4Box::refuse(const net::Packet& packet, Interface& in, DropReason reason, IcmpError error) {
  trace_drop(world(), id(), packet, reason);
  send_icmp_error(error, packet, in);
}

void B4Box::refuse_outside(const net::Packet& packet, DropReason reason, IcmpError error,
                           std::uint32_t mtu) {
  trace_drop(world(), id(), packet, reason);
  PacketPtr made = net::make_icmp_error(network().pool(), b4_ipv4, error, packet, mtu);
  if (made == nullptr) return;
  stamp(*made);
  tunnel(*made);
}

}  // namespace natsim::nat
