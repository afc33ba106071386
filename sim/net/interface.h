// Where a node meets a link.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "sim/core/world.h"
#include "sim/net/packet.h"
#include "sim/net/packet_rule.h"
#include "stack/base/address.h"

namespace natsim::net {

class Forwarding;
class Interface;
class Link;
class Node;

// An interface of a node, with its addresses, connected to one link.
class Interface : public core::Object {
 public:
  // `index` counts the node's interfaces from 0; the name is "<node>/<index>".
  Interface(Node& node, std::uint32_t index);
  ~Interface() override;

  [[nodiscard]] std::string name() const override;
  [[nodiscard]] Node& node() const { return node_; }
  // An address of this interface and the prefix that is on its link. Preconditions: not yet an
  // address of it; `prefix_length` within the family's range.
  void add_address(const IpAddress& address, std::uint8_t prefix_length);
  [[nodiscard]] const std::vector<IpAddress>& addresses() const { return addresses_; }
  [[nodiscard]] const std::vector<Prefix>& prefixes() const { return prefixes_; }
  [[nodiscard]] bool owns(const IpAddress& address) const;
  // The first address of a family; null if it has none.
  [[nodiscard]] const IpAddress* address_of(Family family) const;

  // Gives the interface other addresses than it had, which it remembers.
  void set_addresses(const std::vector<std::pair<IpAddress, std::uint8_t>>& with_prefix_lengths);
  // Whether the address was the interface's and is no longer.
  [[nodiscard]] bool had(const IpAddress& address) const;
  // While an interface is down, what leaves by it or arrives at it is dropped (interface_down); it
  // keeps its addresses and its routes.
  void set_up(bool up);
  [[nodiscard]] bool up() const { return up_; }

  // Hands a packet to the link: egress.
  void send(PacketPtr packet);
  // Takes a packet from the link: ingress.
  void arrive(PacketPtr packet);
  // Where a packet goes from here once the rules are done with it: into the link, or to the node.
  void go_on(PacketPtr packet, Direction direction);

  // The rules that judge what passes, in both directions.
  PacketRules& rules();

  // The direction of the link that leads away from here, and the interface at its other end.
  // Precondition of both: connected().
  [[nodiscard]] bool connected() const { return link_ != nullptr; }
  [[nodiscard]] Link& link() const { return *link_; }
  [[nodiscard]] Interface& peer() const;

  // The forwarding that this interface belongs to; null on hosts and on a NAT's outside.
  [[nodiscard]] Forwarding* forwarding() const { return forwarding_; }

 private:
  friend class Forwarding;
  friend class Network;

  void pass_unusually(PacketPtr packet, Direction direction);

  Node& node_;
  std::uint32_t index_;
  bool up_ = true;
  bool usual_ = true;  // up and without rules
  std::unique_ptr<Link> link_;
  Forwarding* forwarding_ = nullptr;
  std::vector<IpAddress> addresses_;
  std::vector<IpAddress> former_;       // addresses that it had
  std::vector<Prefix> prefixes_;        // of the addresses, in the same order
  std::unique_ptr<PacketRules> rules_;  // null until there is a rule
};

}  // namespace natsim::net
