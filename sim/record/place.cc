#include "sim/record/place.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/nat/nat_box.h"
#include "sim/net/host.h"
#include "sim/net/link.h"

namespace natsim::record {

NodeKind kind_of(const net::Node& node) {
  if (dynamic_cast<const net::Host*>(&node) != nullptr) return NodeKind::host;
  if (dynamic_cast<const nat::NatBox*>(&node) != nullptr) return NodeKind::nat;
  return NodeKind::router;
}

const net::Node* node_of(const core::World& world, core::ObjectId object) {
  const core::Object* const found = world.object(object);
  if (const auto* node = dynamic_cast<const net::Node*>(found)) return node;
  if (const auto* interface = dynamic_cast<const net::Interface*>(found)) return &interface->node();
  if (const auto* link = dynamic_cast<const net::Link*>(found)) return &link->from().node();
  return nullptr;
}

std::string place_name(const core::World& world, core::ObjectId object) {
  const core::Object* const found = world.object(object);
  if (found == nullptr) return fmt::format("object {}", object);
  if (const auto* link = dynamic_cast<const net::Link*>(found)) {
    return fmt::format("the link from {} to {}", link->from().node().name(),
                       link->to().node().name());
  }
  const net::Node* const node = node_of(world, object);
  return node != nullptr ? node->name() : found->name();
}

std::string_view host_name(std::string_view agent) { return agent.substr(0, agent.find('/')); }

std::string tap_name(const net::Interface& interface) {
  const auto* const box = dynamic_cast<const nat::NatBox*>(&interface.node());
  if (box == nullptr) return interface.name();
  if (&interface == &box->outside_interface()) return fmt::format("{} outside", box->name());
  std::size_t inside = 0;
  std::size_t number = 0;
  for (const auto& other : box->interfaces()) {
    if (other.get() == &box->outside_interface()) continue;
    ++inside;
    if (other.get() == &interface) number = inside;
  }
  const std::string side = fmt::format("{} inside", box->name());
  return inside == 1 ? side : fmt::format("{} {}", side, number);
}

std::string packet_name(const core::World& world, core::PacketId packet) {
  const auto creator = static_cast<core::ObjectId>(packet >> 40);
  return fmt::format("{}#{}", place_name(world, creator), packet & ((core::PacketId{1} << 40) - 1));
}

}  // namespace natsim::record
