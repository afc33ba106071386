// How an AFTR's softwires lead to its NAT and back (RFC 6333 §6).
#include <utility>

#include "sim/nat/nat_box.h"
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

bool suits_aftr(const NatOptions& options) {
  return !options.has_gateways() && options.hairpin != Hairpin::internal_source &&
         options.port_blocks != PortBlocks::deterministic;
}

void NatBox::from_softwire(PacketPtr outer, Interface& in) {
  if (!outer->is_icmp()) {
    const auto back = inside_.lookup(outer->source.address);
    if (!back || back->out != &in) {
      return trace_drop(world(), id(), *outer, DropReason::softwire_spoofed);
    }
  }
  auto [packet, softwire] = aftr_->end.receive(std::move(outer));
  if (packet == nullptr) return;
  const IpAddress& destination = packet->destination.address;
  if (destination == aftr_ipv4) return trace_drop(world(), id(), *packet, DropReason::no_socket);
  const bool hairpin = nat_->is_external(destination);
  if (!hairpin && (!outside_.connected() || on_inside_link(destination))) {
    trace_drop(world(), id(), *packet, DropReason::no_route);
    return tell_behind(softwire, IcmpError::no_route, *packet);
  }
  if (packet->hop_limit <= 1) {
    trace_drop(world(), id(), *packet, DropReason::ttl_expired);
    return tell_behind(softwire, IcmpError::hop_limit_exceeded, *packet);
  }
  if (!hairpin && !net::may_be_cut(*packet)) {
    const net::LinkOptions& link = outside_.link().options();
    if (packet->size > link.mtu) {
      trace_drop(world(), id(), *packet, DropReason::too_big);
      if (link.mtu_black_hole) return;
      return tell_behind(softwire, IcmpError::too_big, *packet, link.mtu);
    }
  }
  if (!put_aliases(*packet, softwire)) {
    return trace_drop(world(), id(), *packet, DropReason::nat_table_full, [] {
      return std::string_view("there is no room for another softwire, or another host behind it");
    });
  }
  translate_outbound(std::move(packet), in);
}

bool NatBox::put_aliases(net::Packet& packet, const IpAddress& softwire) {
  const auto alias = aftr_->softwires.alias({softwire, packet.source.address});
  if (!alias) return false;
  if (const auto error = net::parse_icmp_error(packet)) {
    const Endpoint& quoted = error->quoted_destination;
    const auto receiver = aftr_->softwires.alias({softwire, quoted.address});
    if (!receiver) return false;
    net::rewrite_quoted_destination(packet, *error, {*receiver, quoted.port});
  }
  net::rewrite_source(packet, {*alias, packet.source.port});
  return true;
}

std::optional<IpAddress> NatBox::reveal_destination(net::Packet& packet) {
  if (!aftr_) return std::nullopt;
  const auto host = aftr_->softwires.find(packet.destination.address);
  if (!host) return std::nullopt;
  if (const auto error = net::parse_icmp_error(packet)) {
    net::rewrite_quoted_source(packet, *error, own_of(error->quoted_source));
  }
  net::rewrite_destination(packet, {host->address, packet.destination.port});
  return host->softwire;
}

PacketPtr NatBox::as_sent(const net::Packet& packet) {
  PacketPtr sent = network().pool().copy(packet);
  const auto host = aftr_->softwires.find(packet.source.address);
  if (!host) return sent;
  if (const auto error = net::parse_icmp_error(*sent)) {
    net::rewrite_quoted_destination(*sent, *error, own_of(error->quoted_destination));
  }
  net::rewrite_source(*sent, {host->address, sent->source.port});
  return sent;
}

Endpoint NatBox::own_of(const Endpoint& inside) const {
  const auto host = aftr_ ? aftr_->softwires.find(inside.address) : std::nullopt;
  return host ? Endpoint{host->address, inside.port} : inside;
}

void NatBox::go_inside(PacketPtr packet, std::optional<std::uint32_t> cut_as,
                       const std::optional<IpAddress>& softwire) {
  if (!softwire) return deliver_inside(std::move(packet), cut_as);
  net::decrement_hop_limit(*packet);
  into_softwire(*packet, *softwire);
}

void NatBox::into_softwire(const net::Packet& inner, const IpAddress& softwire) {
  const auto route = inside_.lookup(softwire);
  if (!route || route->out == nullptr) {
    return trace_drop(world(), id(), inner, DropReason::no_route);
  }
  aftr_->end.send(inner, aftr_->address, softwire, *route->out);
}

void NatBox::tell_behind(const IpAddress& softwire, IcmpError error, const net::Packet& about,
                         std::uint32_t mtu) {
  PacketPtr made = net::make_icmp_error(network().pool(), aftr_ipv4, error, about, mtu);
  if (made == nullptr) return;
  stamp(*made);
  into_softwire(*made, softwire);
}

}  // namespace natsim::nat
