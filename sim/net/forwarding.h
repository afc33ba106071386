// Routing by longest prefix, computed when first needed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/net/interface.h"
#include "sim/net/prefix_map.h"
#include "stack/base/address.h"

namespace natsim::net {

class Network;

// The forwarding plane of a router, or of the inside of a NAT: a set of interfaces between which
// packets pass unchanged.
//
// Contract:
// 1. Two forwardings are neighbours if a link joins an interface of each. All that can reach one
//    another form a routing realm; a NAT's outside and a host are at its edge.
// 2. Each address of an interface at the edge is announced into the realm as a host route, by the
//    forwarding that it is linked to, and so are a forwarding's own interface addresses.
//    `originate` announces a further prefix, for which the lookup at this forwarding says "here".
// 3. Among the ways to those that announce a prefix the one with the least sum of one-way delays is
//    taken, then the one with the fewest links, then the one that leaves here by the interface that
//    was built first.
// 4. Routes are computed at the first lookup after the topology, or a delay between two
// forwardings,
//    has changed. A link that is down is a way like any other.
class Forwarding {
 public:
  explicit Forwarding(Network& network);
  Forwarding(const Forwarding&) = delete;  // interfaces and the network refer to it
  Forwarding& operator=(const Forwarding&) = delete;
  ~Forwarding();

  // Takes one of the owner's interfaces into this forwarding.
  void add_interface(Interface& interface);
  void originate(const Prefix& prefix);

  // Where a packet goes: an interface to leave by, or "here" (null).
  struct Route {
    Interface* out;
  };
  // nullopt if no prefix matches.
  std::optional<Route> lookup(const IpAddress& destination);

  [[nodiscard]] const std::vector<Interface*>& interfaces() const { return interfaces_; }

 private:
  friend class RouteComputation;

  Network& network_;
  std::vector<Interface*> interfaces_;
  std::vector<Prefix> originated_;
  std::uint64_t generation_ = 0;  // of the topology that the routes below are of
  PrefixMap<Interface*> routes_;
};

}  // namespace natsim::net
