// The network of one world: its nodes, its links and its packets' memory.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "sim/core/world.h"
#include "sim/net/interface.h"
#include "sim/net/link.h"
#include "sim/net/packet.h"

namespace natsim::net {

class Node;

// Owns every node of a world. Nodes live as long as the network.
class Network {
 public:
  explicit Network(core::World& world);
  Network(const Network&) = delete;  // nodes refer to it
  Network& operator=(const Network&) = delete;
  ~Network();

  [[nodiscard]] core::World& world() const { return world_; }
  PacketPool& pool() { return pool_; }

  // Makes a node of type T(Network&, name, more…). Precondition: no node has the name.
  template <typename T, typename... More>
  T& add(std::string name, More&&... more) {
    auto node = std::make_unique<T>(*this, std::move(name), std::forward<More>(more)...);
    T& reference = *node;
    adopt(std::move(node));
    return reference;
  }
  // Null if there is none.
  [[nodiscard]] Node* find(std::string_view name) const;
  [[nodiscard]] const std::vector<std::unique_ptr<Node>>& nodes() const { return nodes_; }

  // A copy of a packet with an identity of its own, but the same creator; recorded as made at the
  // object `where`, right behind what it is a copy of.
  PacketPtr duplicate(const Packet& packet, core::ObjectId where);

  // Joins two interfaces that are not yet connected by a link with a direction each way.
  void connect(Interface& a, Interface& b, const LinkOptions& a_to_b, const LinkOptions& b_to_a);

  // Counts the changes that may alter routes; never 0.
  [[nodiscard]] std::uint64_t topology_generation() const { return topology_generation_; }
  void topology_changed() { ++topology_generation_; }

 private:
  void adopt(std::unique_ptr<Node> node);

  core::World& world_;
  PacketPool pool_;  // declared before the nodes, because they hold packets
  std::vector<std::unique_ptr<Node>> nodes_;
  absl::flat_hash_map<std::string_view, Node*> by_name_;  // the views are of the nodes' own names
  std::uint64_t topology_generation_ = 1;
};

}  // namespace natsim::net
