// The port-mapping server of a NAT device: NAT-PMP and PCP on port 5351.
#pragma once

#include <memory>
#include <variant>

#include "sim/agents/agent.h"
#include "sim/nat/nat_box.h"
#include "stack/portmap/gateway.h"
#include "stack/portmap/server.h"

namespace natsim::agents {

// Runs on a host that owns the NAT's inside addresses and stands behind it, and makes static
// mappings in the NAT.
//
// Events: "portmap.mapped" {protocol, internal, external, lifetime}, "portmap.kept" {protocol,
// internal, peer, external, lifetime}, "portmap.deleted" {protocol, internal}, "portmap.refused"
// {protocol, internal, result}.
class PortMapServer : public Agent, private portmap::Gateway {
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

  [[nodiscard]] IpAddress external_address(Family family) const override;
  std::variant<Endpoint, portmap::MapRefusal> map(const portmap::MapWish& wish) override;
  std::variant<portmap::KeptMapping, portmap::MapRefusal> keep(const Endpoint& internal,
                                                               const Endpoint& peer,
                                                               Time until) override;
  void unmap(portmap::MapProtocol protocol, const Endpoint& internal) override;

  nat::NatBox& box_;
  portmap::Server machine_;
};

}  // namespace natsim::agents
