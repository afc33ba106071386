// A router: forwards by longest prefix and answers with ICMP errors.
#pragma once

#include "sim/net/forwarding.h"
#include "sim/net/node.h"

namespace natsim::net {

// Forwards between all its interfaces. What does not fit the next link is cut if it may be. A
// packet without a route, or whose hop limit runs out, or that does not fit and may not be cut, is
// dropped with the reason and answered with an ICMP error if the interface towards the sender has
// an address and the link is no path-MTU black hole.
class Router : public Node {
 public:
  Router(Network& network, std::string name);

  void receive(PacketPtr packet, Interface& in) override;
  Interface& add_interface() override;

 protected:
  // Whether a packet that is about to be forwarded may be. Where it may not, this has recorded the
  // drop, or has taken the packet and will.
  virtual bool passes(PacketPtr& /*packet*/, Interface& /*in*/, Interface& /*out*/) { return true; }

 private:
  void refuse(PacketPtr packet, Interface& in, core::DropReason reason, IcmpError error);

  Forwarding forwarding_;
};

}  // namespace natsim::net
