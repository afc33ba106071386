// Finds out how the NAT in front of a host behaves (RFC 5780).
#pragma once

#include <memory>

#include "sim/agents/agent.h"
#include "stack/stun/behaviour_discovery.h"

namespace natsim::agents {

// Runs stun::BehaviourDiscovery from the host's address of the server's family. Emits
// "stun.probe" {mapping, filtering, hairpin} at the end.
class NatProbe : public Agent {
 public:
  // Starts at once. Fails if the host has no address of the server's family.
  static Result<std::unique_ptr<NatProbe>> start(net::Host& host,
                                                 const stun::BehaviourDiscovery::Options& options);

  // Null until the probe has come to its end.
  [[nodiscard]] const stun::BehaviourReport* report() const { return machine_.report(); }

 private:
  NatProbe(net::Host& host, const stun::BehaviourDiscovery::Options& options,
           const IpAddress& address);

  void take(const Endpoint& local, const net::Packet& packet) override;
  void handle_timeout(Time now) override { machine_.handle_timeout(now); }
  [[nodiscard]] Time next_timeout() const override { return machine_.next_timeout(); }
  void drain() override;

  IpAddress address_;  // what the sockets are bound to
  stun::BehaviourDiscovery machine_;
  bool told_ = false;  // the report has been emitted
};

}  // namespace natsim::agents
