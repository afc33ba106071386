// The port-mapping server of a NAT device: NAT-PMP and PCP on port 5351.
#pragma once

#include <memory>

#include "sim/agents/agent.h"
#include "sim/agents/nat_gateway.h"
#include "stack/portmap/server.h"

namespace natsim::agents {

// Runs on a host that owns the NAT's inside addresses and stands behind it, and makes static
// mappings in the NAT.
//
// Events: "portmap.mapped" {protocol, internal, external, lifetime}, "portmap.kept" {protocol,
// internal, peer, external, lifetime}, "portmap.deleted" {protocol, internal}, "portmap.refused"
// {protocol, internal, result}.
class PortMapServer : public Agent {
 public:
  // Fails if its port is taken.
  static Result<std::unique_ptr<PortMapServer>> start(net::Host& host, nat::NatBox& box,
                                                      const portmap::ServerOptions& options);

  // Forgets all and begins the epoch anew, as a reboot of the device does.
  void restart() { machine_.restart(world().now()); }
  [[nodiscard]] std::size_t leases() const { return machine_.leases(); }

 private:
  PortMapServer(net::Host& host, nat::NatBox& box, const portmap::ServerOptions& options);

  void take(const Endpoint& local, const net::Packet& packet) override;
  void handle_timeout(Time now) override { machine_.handle_timeout(now); }
  [[nodiscard]] Time next_timeout() const override { return machine_.next_timeout(); }
  void drain() override;

  NatGateway gateway_;
  portmap::Server machine_;
};

}  // namespace natsim::agents
