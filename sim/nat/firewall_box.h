// A stateful firewall in the network: a router that lets through what its firewall does.
#pragma once

#include <string>
#include <vector>

#include "sim/core/scheduler.h"
#include "sim/nat/firewall.h"
#include "sim/nat/held_syns.h"
#include "sim/net/router.h"

namespace natsim::nat {

// Contract:
// 1. It forwards by longest prefix like any router, addresses and ports unchanged. What passes
//    between its outside interface and another one is judged; what stays on one side is not.
// 2. A packet that does not fit or has no hops left dies of that before it is judged.
// 3. What is dropped has a reason and a note from the firewall's rules and flows.
// 4. A SYN that is held (FirewallOptions::unsolicited_syn) is dropped in the end: silently when the
//    inside host sends a SYN of its own for the connection within HeldSyns::patience, otherwise
//    then, and its sender is told.
class FirewallBox : public net::Router, private core::Actor {
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
  void flush();

 protected:
  bool passes(net::PacketPtr& packet, net::Interface& in, net::Interface& out) override;

 private:
  void on_timer(core::Timer& timer) override;
  void drop(const net::Packet& packet, const FirewallVerdict& verdict, bool from_outside);
  void refuse(const net::Packet& packet, Refusal refusal, net::Interface& in);
  void refuse_with_reset(const net::Packet& packet, net::Interface& in);
  void turn_away_syn(net::PacketPtr& packet, const FirewallVerdict& verdict);
  void hold_syn(net::PacketPtr& packet, const FirewallVerdict& verdict);
  void withdraw_syn(const net::Packet& outbound);

  Firewall firewall_;
  net::Interface& outside_;
  HeldSyns held_syns_;
  core::Timer patience_;  // armed while SYNs are held
};

}  // namespace natsim::nat
