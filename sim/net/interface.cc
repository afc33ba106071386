#include "sim/net/interface.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/net/link.h"
#include "sim/net/network.h"
#include "sim/net/node.h"
#include "sim/net/trace.h"

namespace natsim::net {

RuleHandle::RuleHandle(Interface& interface, std::unique_ptr<PacketRule> rule)
    : interface_(interface), rule_(std::move(rule)) {
  interface_.rules_.push_back(rule_.get());
}

RuleHandle::~RuleHandle() { std::erase(interface_.rules_, rule_.get()); }

Interface::Interface(Node& node, std::uint32_t index)
    : Object(node.world()), node_(node), index_(index) {}

Interface::~Interface() = default;

std::string Interface::name() const { return fmt::format("{}/{}", node_.label(), index_); }

void Interface::add_address(const IpAddress& address, std::uint8_t prefix_length) {
  addresses_.push_back(address);
  prefixes_.push_back(Prefix::of(address, prefix_length));
  node_.network().topology_changed();
}

bool Interface::owns(const IpAddress& address) const {
  return std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end();
}

const IpAddress* Interface::address_of(Family family) const {
  const auto found = std::find_if(addresses_.begin(), addresses_.end(),
                                  [family](const IpAddress& a) { return a.family() == family; });
  return found == addresses_.end() ? nullptr : &*found;
}

Interface& Interface::peer() const { return link_->to(); }

bool Interface::dropped_by_rule(const Packet& packet, Direction direction) {
  bool dropped = false;
  // Every rule sees every packet, so that one rule's count does not depend on another rule.
  for (PacketRule* rule : rules_) dropped |= rule->drops(packet, direction);
  if (dropped) trace_drop(world(), id(), packet, core::DropReason::scripted_drop);
  return dropped;
}

void Interface::send(PacketPtr packet) {
  trace(world(), core::PacketStep::egress, id(), *packet);
  if (!rules_.empty() && dropped_by_rule(*packet, Direction::out)) return;
  link_->send(std::move(packet));
}

void Interface::arrive(PacketPtr packet) {
  trace(world(), core::PacketStep::ingress, id(), *packet);
  if (!rules_.empty() && dropped_by_rule(*packet, Direction::in)) return;
  node_.receive(std::move(packet), *this);
}

}  // namespace natsim::net
