// A STUN server on a simulated host.
#pragma once

#include <memory>
#include <optional>

#include "sim/agents/agent.h"
#include "stack/stun/binding_server.h"

namespace natsim::agents {

inline constexpr std::uint16_t default_stun_port = 3478;  // RFC 8489 §18.6

// Answers Binding requests; with an alternate endpoint also RFC 5780's behaviour discovery.
class StunServer : public Agent {
 public:
  // Fails if a socket cannot be opened. See BindingServer::Options for the rules of `alternate`.
  static Result<std::unique_ptr<StunServer>> start(net::Host& host,
                                                   const stun::BindingServer::Options& options);

  [[nodiscard]] const Endpoint& endpoint() const { return primary_; }
  [[nodiscard]] const stun::BindingServer::Counters& counters() const {
    return machine_.counters();
  }

 private:
  StunServer(net::Host& host, const stun::BindingServer::Options& options);

  void take(const Endpoint& local, const net::Packet& packet) override;
  void handle_timeout(Time now) override { machine_.handle_timeout(now); }
  [[nodiscard]] Time next_timeout() const override { return machine_.next_timeout(); }
  void drain() override;

  Endpoint primary_;
  stun::BindingServer machine_;
};

}  // namespace natsim::agents
