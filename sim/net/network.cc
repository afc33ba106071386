#include "sim/net/network.h"

#include <fmt/format.h>

#include "sim/net/node.h"
#include "sim/net/trace.h"

namespace natsim::net {

Network::Network(core::World& world) : world_(world) {}

Network::~Network() {
  // In reverse, so that what was built upon goes last.
  while (!nodes_.empty()) nodes_.pop_back();
}

void Network::adopt(std::unique_ptr<Node> node) {
  by_name_.emplace(node->label(), node.get());
  nodes_.push_back(std::move(node));
}

Node* Network::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

PacketPtr Network::duplicate(const Packet& packet, core::ObjectId where) {
  // Packets are made by nodes alone.
  const auto* const object = world_.object(static_cast<core::ObjectId>(packet.id >> 40));
  Node* const creator = find(static_cast<const core::Named*>(object)->label());
  PacketPtr copy = pool_.copy(packet);
  copy->id = creator->identify_copy();
  trace_step(world_, core::PacketStep::copied, where, *copy, [&packet] {
    return fmt::format("a copy of its creator's packet {}", packet.id & 0xff'ffff'ffff);
  });
  return copy;
}

void Network::connect(Interface& a, Interface& b, const LinkOptions& a_to_b,
                      const LinkOptions& b_to_a) {
  a.link_ = std::make_unique<Link>(a, b, a_to_b);
  b.link_ = std::make_unique<Link>(b, a, b_to_a);
  topology_changed();
}

}  // namespace natsim::net
