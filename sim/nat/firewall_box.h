// A stateful firewall in the network: a router that lets through what its firewall does.
#pragma once

#include <string>
#include <vector>

#include "sim/nat/firewall.h"
#include "sim/net/router.h"

namespace natsim::nat {

// Contract:
// 1. It forwards by longest prefix like any router, addresses and ports unchanged. What passes
//    between its outside interface and another one is judged; what stays on one side is not.
// 2. A packet that does not fit or has no hops left dies of that before it is judged.
// 3. What is dropped has a reason and a note from the firewall's rules and flows.
class FirewallBox : public net::Router {
 public:
  // Precondition: validate(options) finds nothing.
  FirewallBox(net::Network& network, std::string name, const FirewallOptions& options);

  // Made with the box. All interfaces that are added are inside.
  [[nodiscard]] net::Interface& outside_interface() const { return outside_; }

  [[nodiscard]] const FirewallOptions& options() const { return firewall_.options(); }
  [[nodiscard]] std::vector<FlowSnapshot> flows() const { return firewall_.flows(world().now()); }
  void log_in(const IpAddress& host) { firewall_.log_in(host); }
  void log_in_all() { firewall_.log_in_all(); }
  void log_out_all() { firewall_.log_out_all(); }
  void flush() { firewall_.flush(); }

 protected:
  bool passes(const net::Packet& packet, net::Interface& in, net::Interface& out) override;

 private:
  void refuse_with_reset(const net::Packet& packet, net::Interface& in);

  Firewall firewall_;
  net::Interface& outside_;
};

}  // namespace natsim::nat
