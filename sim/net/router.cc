#include "sim/net/router.h"

#include <utility>

#include "sim/net/link.h"
#include "sim/net/network.h"
#include "sim/net/node.h"
#include "sim/net/rewrite.h"
#include "sim/net/trace.h"

namespace natsim::net {

using core::DropReason;

Router::Router(Network& network, std::string name)
    : Node(network, std::move(name)), forwarding_(network) {}

Interface& Router::add_interface() {
  Interface& interface = Node::add_interface();
  forwarding_.add_interface(interface);
  return interface;
}

void Router::receive(PacketPtr packet, Interface& in) {
  if (spread(packet, in, forwarding_.interfaces())) return;
  const auto route = forwarding_.lookup(packet->destination.address);
  if (!route) return refuse(std::move(packet), in, DropReason::no_route, IcmpError::no_route);
  // The router's own addresses: nothing listens there.
  if (route->out == nullptr) return trace_drop(world(), id(), *packet, DropReason::no_socket);
  if (packet->hop_limit <= 1) {
    return refuse(std::move(packet), in, DropReason::ttl_expired, IcmpError::hop_limit_exceeded);
  }
  if (!fits(*packet, in, *route->out)) return;
  if (!passes(packet, in, *route->out)) return;
  decrement_hop_limit(*packet);
  send_fitting(std::move(packet), *route->out);
}

void Router::refuse(PacketPtr packet, Interface& in, DropReason reason, IcmpError error) {
  trace_drop(world(), id(), *packet, reason);
  send_icmp_error(error, *packet, in);
}

}  // namespace natsim::net
