// One Binding transaction from a port of its own.
#pragma once

#include <memory>
#include <optional>

#include "sim/agents/agent.h"
#include "stack/stun/binding_client.h"

namespace natsim::script {

// Asks a STUN server for its socket's mapped address. It keeps the socket after the end.
class StunQuery : public agents::Agent {
 public:
  // Asks at once. Port 0 of `local` is any. Fails if the socket cannot be opened.
  static Result<std::unique_ptr<StunQuery>> start(net::Host& host, const Endpoint& local,
                                                  const Endpoint& server,
                                                  const stun::BindingClient::Options& options);

  [[nodiscard]] const Endpoint& local() const { return local_; }
  [[nodiscard]] Time started_at() const { return started_at_; }
  // Unset until the transaction has ended.
  [[nodiscard]] const std::optional<stun::BindingResult>& result() const { return result_; }

 private:
  explicit StunQuery(net::Host& host) : Agent(host, "stun-query") {}

  void take(const Endpoint& local, const net::Packet& packet) override;
  void handle_timeout(Time now) override { machine_->handle_timeout(now); }
  [[nodiscard]] Time next_timeout() const override { return machine_->next_timeout(); }
  void drain() override;

  Endpoint local_;
  Time started_at_;
  std::optional<stun::BindingClient> machine_;  // set once the socket is open
  std::optional<stun::BindingResult> result_;
};

}  // namespace natsim::script
