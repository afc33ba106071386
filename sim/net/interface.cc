#include "sim/net/interface.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/net/link.h"
#include "sim/net/network.h"
#include "sim/net/node.h"
#include "sim/net/trace.h"

namespace natsim::net {

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

PacketRules& Interface::rules() {
  if (rules_ == nullptr) rules_ = std::make_unique<PacketRules>(*this);
  usual_ = false;
  return *rules_;
}

void Interface::send(PacketPtr packet) {
  trace(world(), core::PacketStep::egress, id(), *packet);
  if (!usual_) [[unlikely]] {
    return pass_unusually(std::move(packet), Direction::out);
  }
  link_->send(std::move(packet));
}

void Interface::arrive(PacketPtr packet) {
  trace(world(), core::PacketStep::ingress, id(), *packet);
  if (!usual_) [[unlikely]] {
    return pass_unusually(std::move(packet), Direction::in);
  }
  node_.receive(std::move(packet), *this);
}

void Interface::pass_unusually(PacketPtr packet, Direction direction) {
  if (!up_) return trace_drop(world(), id(), *packet, core::DropReason::interface_down);
  rules_->pass(std::move(packet), direction);
}

void Interface::set_up(bool up) {
  up_ = up;
  usual_ = up_ && rules_ == nullptr;
}

void Interface::set_addresses(
    const std::vector<std::pair<IpAddress, std::uint8_t>>& with_prefix_lengths) {
  for (const IpAddress& address : addresses_) {
    if (!had(address)) former_.push_back(address);
  }
  addresses_.clear();
  prefixes_.clear();
  for (const auto& [address, length] : with_prefix_lengths) {
    std::erase(former_, address);
    add_address(address, length);
  }
  node_.network().topology_changed();
}

bool Interface::had(const IpAddress& address) const {
  return std::find(former_.begin(), former_.end(), address) != former_.end();
}

void Interface::go_on(PacketPtr packet, Direction direction) {
  if (direction == Direction::out) {
    link_->send(std::move(packet));
  } else {
    node_.receive(std::move(packet), *this);
  }
}

}  // namespace natsim::net
