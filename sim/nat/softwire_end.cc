#include "sim/nat/softwire_end.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/net/encapsulation.h"
#include "sim/net/fragment.h"
#include "sim/net/link.h"
#include "sim/net/network.h"
#include "sim/net/trace.h"

namespace natsim::nat {

using core::DropReason;
using net::PacketPtr;

SoftwireEnd::SoftwireEnd(net::Node& node)
    : Actor(node.world().scheduler(), node.id()),
      node_(node),
      next_identification_(
          static_cast<std::uint32_t>(node.world().random(node.name() + "/softwires").next())),
      reassembly_(node.network().pool(), {},
                  [&node](const net::Packet& fragment, DropReason reason) {
                    trace_drop(node.world(), node.id(), fragment, reason);
                  }),
      expiry_(*this) {}

void SoftwireEnd::send(const net::Packet& inner, const IpAddress& source,
                       const IpAddress& destination, net::Interface& out) {
  net::PacketPool& pool = node_.network().pool();
  PacketPtr outer = net::encapsulate(pool, inner, source, destination);
  if (outer == nullptr) {
    return trace_drop(node_.world(), node_.id(), inner, DropReason::too_big,
                      [] { return std::string_view("no IPv6 packet has room for it"); });
  }
  trace_translation(node_.world(), node_.id(), *outer, inner.source, inner.destination,
                    [&] { return fmt::format("into the softwire to {}", to_string(destination)); });
  std::uint16_t mtu = out.link().options().mtu;
  const auto known = path_mtu_.find(destination);
  if (known != path_mtu_.end()) mtu = std::min(mtu, known->second);
  if (outer->size <= mtu) return out.send(std::move(outer));
  auto pieces = net::cut_at_source(pool, *outer, mtu, next_identification_++);
  trace_step(node_.world(), core::PacketStep::impaired, node_.id(), *outer, [&] {
    return fmt::format("cut into {} fragments for an MTU of {}", pieces.size(), mtu);
  });
  for (PacketPtr& piece : pieces) out.send(std::move(piece));
}

SoftwireEnd::Received SoftwireEnd::receive(PacketPtr outer) {
  core::World& world = node_.world();
  if (outer->is_fragment()) {
    outer = reassembly_.add(std::move(outer), world.now());
    expiry_.arm(reassembly_.next_expiry());
    if (outer == nullptr) return {};
  }
  if (outer->protocol != net::Protocol::ipv4) {
    if (outer->is_icmp()) {
      learn(*outer);
    } else {
      trace_drop(world, node_.id(), *outer, DropReason::no_socket);
    }
    return {};
  }
  PacketPtr inner = net::decapsulate(node_.network().pool(), *outer);
  if (inner == nullptr) {
    trace_drop(world, node_.id(), *outer, DropReason::malformed,
               [] { return std::string_view("it carries no IPv4 datagram"); });
    return {};
  }
  trace_translation(world, node_.id(), *inner, outer->source, outer->destination, [&] {
    return fmt::format("out of the softwire from {}", to_string(outer->source.address));
  });
  return {std::move(inner), outer->source.address};
}

// RFC 2473 §6.7: the sender of a packet that a router found too large is this end.
void SoftwireEnd::learn(const net::Packet& error) {
  const auto view = net::parse_icmp_error(error);
  if (!view || view->error != net::IcmpError::too_big ||
      view->quoted_protocol != net::Protocol::ipv4 ||
      view->quoted_source.address != error.destination.address) {
    return trace_drop(node_.world(), node_.id(), error, DropReason::no_socket);
  }
  trace(node_.world(), core::PacketStep::delivered, node_.id(), error);
  // What is below IPv6's least MTU cannot be meant (RFC 8201 §4).
  const auto mtu = static_cast<std::uint16_t>(std::clamp(view->mtu, 1280U, 65535U));
  auto& known = path_mtu_.try_emplace(view->quoted_destination.address, mtu).first->second;
  known = std::min(known, mtu);
}

void SoftwireEnd::on_timer(core::Timer& /*timer*/) {
  reassembly_.expire(node_.world().now());
  expiry_.arm(reassembly_.next_expiry());
}

}  // namespace natsim::nat
