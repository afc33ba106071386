// A host's question to a DNS server.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "sim/agents/agent.h"
#include "stack/dns/resolver.h"

namespace natsim::agents {

// Runs dns::Resolver. Emits "dns.resolved" {name, addresses, reason} at the end: how many addresses
// came of it, and why there are none if nobody has answered.
class DnsLookup : public Agent {
 public:
  // Starts at once, from `local` or else from the address that the server is reached from. Fails if
  // the host has no address of the server's family, or no free port.
  static Result<std::unique_ptr<DnsLookup>> start(
      net::Host& host, const dns::ResolverOptions& options,
      const std::optional<IpAddress>& local = std::nullopt);

  [[nodiscard]] const std::optional<dns::Resolver::Outcome>& outcome() const {
    return machine_->outcome();
  }
  // Called once there is an outcome, and not to end this; may be empty.
  std::function<void()> on_outcome;

 private:
  DnsLookup(net::Host& host, std::string name) : Agent(host, "dns"), name_(std::move(name)) {}

  void take(const Endpoint& local, const net::Packet& packet) override;
  void handle_timeout(Time now) override { machine_->handle_timeout(now); }
  [[nodiscard]] Time next_timeout() const override { return machine_->next_timeout(); }
  void drain() override;

  std::string name_;                        // that it asks for
  std::unique_ptr<dns::Resolver> machine_;  // made once the socket is there
  bool told_ = false;
};

}  // namespace natsim::agents
