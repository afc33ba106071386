#include "sim/nat/clat_box.h"

#include <utility>

#include "sim/net/fragment.h"
#include "sim/net/network.h"
#include "sim/net/rewrite.h"
#include "sim/net/trace.h"
#include "stack/base/embedded_address.h"

namespace natsim::nat {

using core::DropReason;
using net::IcmpError;
using net::Interface;
using net::PacketPtr;

namespace {

// By how much a whole datagram grows on its way into IPv6.
constexpr std::uint16_t growth = net::ipv6_header_size - net::ipv4_header_size;

}  // namespace

ClatBox::ClatBox(net::Network& network, std::string name, const ClatOptions& options)
    : Node(network, std::move(name)),
      options_(options),
      translator_(network.pool()),
      inside_(network),
      outward_(network),
      outside_(Node::add_interface()) {
  inside_.originate(Prefix{IpAddress::any_v4(), 0});
  outward_.add_interface(outside_);
  outward_.originate(options_.own);
}

Interface& ClatBox::add_interface() {
  Interface& interface = Node::add_interface();
  inside_.add_interface(interface);
  return interface;
}

void ClatBox::receive(PacketPtr packet, Interface& in) {
  if (&in == &outside_) {
    from_outside(std::move(packet));
  } else {
    from_inside(std::move(packet), in);
  }
}

void ClatBox::from_inside(PacketPtr packet, Interface& in) {
  const IpAddress& destination = packet->destination.address;
  if (!packet->is_v4()) return refuse(*packet, in, DropReason::no_route, IcmpError::no_route);
  const auto route = inside_.lookup(destination);
  if (route && route->out != nullptr) return forward(std::move(packet), in, *route->out);
  if (owns(destination)) return trace_drop(world(), id(), *packet, DropReason::no_socket);
  if (spread(packet, in, inside_.interfaces())) return;
  if (destination.is_multicast() || destination.is_link_local()) {
    return trace_drop(world(), id(), *packet, DropReason::no_route);
  }
  const auto way = outward_.lookup(embed_ipv4(options_.plat, destination));
  if (!way || way->out == nullptr) {
    return refuse(*packet, in, DropReason::no_route, IcmpError::no_route);
  }
  if (packet->hop_limit <= 1) {
    return refuse(*packet, in, DropReason::ttl_expired, IcmpError::hop_limit_exceeded);
  }
  const auto size = static_cast<std::uint16_t>(packet->size + growth);
  if (!fits_as(size, net::may_be_cut(*packet), *packet, in, *way->out)) return;
  send_outside(*packet, *way->out);
}

void ClatBox::send_outside(const net::Packet& packet, Interface& out) {
  PacketPtr made =
      translator_.to_ipv6(packet, [this](const IpAddress& address) { return in_ipv6(address); });
  if (made == nullptr) return trace_drop(world(), id(), packet, DropReason::untranslatable);
  tell_translated(*made, packet);
  net::decrement_hop_limit(*made);
  if (made->dont_fragment || made->size <= net::lowest_ipv6_mtu) return out.send(std::move(made));
  auto pieces = net::cut_at_source(network().pool(), *made, net::lowest_ipv6_mtu,
                                   net::identification_of(packet));
  send_fragments(*made, std::move(pieces), out);
}

void ClatBox::from_outside(PacketPtr packet) {
  const auto destination = extract_ipv4(options_.own, packet->destination.address);
  if (!destination) {
    return trace_drop(
        world(), id(), *packet,
        owns(packet->destination.address) ? DropReason::no_socket : DropReason::not_local);
  }
  const auto route = inside_.lookup(*destination);
  if (!route || route->out == nullptr) {
    return refuse(*packet, outside_, DropReason::no_route, IcmpError::host_unreachable);
  }
  if (packet->hop_limit <= 1) {
    return refuse(*packet, outside_, DropReason::ttl_expired, IcmpError::hop_limit_exceeded);
  }
  const std::uint16_t size = net::IpTranslator::size_in_ipv4(*packet);
  const bool cuttable = size <= net::largest_cuttable_ipv4 || packet->is_fragment();
  if (!fits_as(size, cuttable, *packet, outside_, *route->out)) return;
  PacketPtr made =
      translator_.to_ipv4(*packet, [this](const IpAddress& address) { return in_ipv4(address); });
  if (made == nullptr) return trace_drop(world(), id(), *packet, DropReason::untranslatable);
  tell_translated(*made, *packet);
  net::decrement_hop_limit(*made);
  send_fitting(std::move(made), *route->out);
}

void ClatBox::forward(PacketPtr packet, Interface& in, Interface& out) {
  if (packet->hop_limit <= 1) {
    return refuse(*packet, in, DropReason::ttl_expired, IcmpError::hop_limit_exceeded);
  }
  if (!fits(*packet, in, out)) return;
  net::decrement_hop_limit(*packet);
  send_fitting(std::move(packet), out);
}

void ClatBox::refuse(const net::Packet& packet, Interface& in, DropReason reason, IcmpError error) {
  trace_drop(world(), id(), packet, reason);
  send_icmp_error(error, packet, in);
}

void ClatBox::tell_translated(const net::Packet& made, const net::Packet& of) {
  trace_translation(world(), id(), made, of.source, of.destination, [&] {
    return std::string(made.is_v4() ? "IPv6 to IPv4, without state"
                                    : "IPv4 to IPv6, without state");
  });
}

// An inside host's address is one that a way inside leads to, or the box's own there.
std::optional<IpAddress> ClatBox::in_ipv6(const IpAddress& address) {
  const auto route = inside_.lookup(address);
  const bool inside = (route && route->out != nullptr) || owns(address);
  return embed_ipv4(inside ? options_.own : options_.plat, address);
}

std::optional<IpAddress> ClatBox::in_ipv4(const IpAddress& address) const {
  const auto own = extract_ipv4(options_.own, address);
  return own ? own : extract_ipv4(options_.plat, address);
}

}  // namespace natsim::nat
