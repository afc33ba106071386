#include "sim/net/node.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/net/fragment.h"
#include "sim/net/link.h"
#include "sim/net/network.h"
#include "sim/net/trace.h"

namespace natsim::net {

Node::Node(Network& network, std::string name)
    : Named(network.world(), std::move(name)), network_(network) {}

Node::~Node() = default;

Interface& Node::add_interface() {
  interfaces_.push_back(
      std::make_unique<Interface>(*this, static_cast<std::uint32_t>(interfaces_.size())));
  return *interfaces_.back();
}

bool Node::owns(const IpAddress& address) const {
  return std::any_of(interfaces_.begin(), interfaces_.end(),
                     [&](const auto& interface) { return interface->owns(address); });
}

void Node::stamp(Packet& packet) {
  packet.id = core::PacketId{id()} << 40 | ++packets_made_;
  trace(world(), core::PacketStep::created, id(), packet);
}

void Node::send_icmp_error(IcmpError error, const Packet& about, Interface& out,
                           std::uint32_t mtu) {
  const IpAddress* const source = out.address_of(about.source.address.family());
  if (source == nullptr) return;
  PacketPtr packet = make_icmp_error(network_.pool(), *source, error, about, mtu);
  if (packet == nullptr) return;
  stamp(*packet);
  out.send(std::move(packet));
}

bool Node::fits(const Packet& packet, Interface& in, Interface& out) {
  return fits_as(packet.size, may_be_cut(packet), packet, in, out);
}

bool Node::fits_as(std::uint16_t size, bool cuttable, const Packet& packet, Interface& in,
                   Interface& out) {
  const LinkOptions& link = out.link().options();
  if (size <= link.mtu || cuttable) return true;
  if (link.mtu_black_hole) {
    trace_drop(world(), id(), packet, core::DropReason::too_big,
               [] { return std::string_view("too large, and nobody is told"); });
    return false;
  }
  trace_drop(world(), id(), packet, core::DropReason::too_big);
  send_icmp_error(IcmpError::too_big, packet, in, std::uint32_t{link.mtu} + packet.size - size);
  return false;
}

bool Node::spread_copies(PacketPtr& packet, Interface& in, const std::vector<Interface*>& links) {
  const IpAddress& group = packet->destination.address;
  if (!group.is_multicast()) return false;
  Interface* last = nullptr;
  for (Interface* const out : links) {
    if (out == &in || !out->connected() || !out->peer().node().hears(group)) continue;
    if (!fits(*packet, in, *out)) return true;
    if (last != nullptr) send_fitting(network_.duplicate(*packet, id()), *last);
    last = out;
  }
  if (last == nullptr) return false;
  send_fitting(std::move(packet), *last);
  return true;
}

void Node::send_fitting(PacketPtr packet, Interface& out) {
  const std::uint16_t mtu = out.link().options().mtu;
  if (packet->size <= mtu || !may_be_cut(*packet)) return out.send(std::move(packet));
  send_fragments(*packet, cut(network_.pool(), *packet, mtu), out);
}

void Node::send_fragments(const Packet& whole, std::vector<PacketPtr> fragments, Interface& out) {
  trace_step(world(), core::PacketStep::impaired, id(), whole, [&] {
    return fmt::format("cut into {} fragments for an MTU of {}", fragments.size(),
                       out.link().options().mtu);
  });
  for (PacketPtr& fragment : fragments) out.send(std::move(fragment));
}

}  // namespace natsim::net
