// Where a node meets a link.
#pragma once

#include <memory>
#include <vector>

#include "sim/core/world.h"
#include "sim/net/packet.h"
#include "stack/base/address.h"

namespace natsim::net {

class Forwarding;
class Interface;
class Link;
class Node;

enum class Direction : std::uint8_t { out, in };  // as seen from the interface's node

// Decides for each packet that passes an interface whether it is dropped.
class PacketRule {
 public:
  virtual ~PacketRule() = default;
  // True to drop (scripted_drop).
  virtual bool drops(const Packet& packet, Direction direction) = 0;
};

// Keeps a rule in force; its end takes the rule away. The interface must outlive it.
class RuleHandle {
 public:
  RuleHandle(Interface& interface, std::unique_ptr<PacketRule> rule);
  RuleHandle(const RuleHandle&) = delete;  // there is one end
  RuleHandle& operator=(const RuleHandle&) = delete;
  ~RuleHandle();

 private:
  Interface& interface_;
  std::unique_ptr<PacketRule> rule_;
};

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

  // Hands a packet to the link: egress.
  void send(PacketPtr packet);
  // Takes a packet from the link: ingress.
  void arrive(PacketPtr packet);

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
  friend class RuleHandle;

  bool dropped_by_rule(const Packet& packet, Direction direction);

  Node& node_;
  std::uint32_t index_;
  std::unique_ptr<Link> link_;
  Forwarding* forwarding_ = nullptr;
  std::vector<IpAddress> addresses_;
  std::vector<Prefix> prefixes_;    // of the addresses, in the same order
  std::vector<PacketRule*> rules_;  // in the order in which they were installed
};

}  // namespace natsim::net
