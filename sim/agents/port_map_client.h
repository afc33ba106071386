// A program that keeps a port mapped at the gateway.
#pragma once

#include <memory>

#include "sim/agents/agent.h"
#include "sim/agents/port_keeper.h"
#include "stack/portmap/client.h"

namespace natsim::agents {

// Runs portmap::Client. Emits "portmap.client" {state, external or failure} at each change of state
// and each renewal; what does not apply is left empty.
class PortMapClient : public Agent, public PortKeeper {
 public:
  // Starts at once. Fails if the host has no address of the gateway's family, or no free port.
  static Result<std::unique_ptr<PortMapClient>> start(net::Host& host,
                                                      const portmap::ClientOptions& options);

  [[nodiscard]] Status status() const override;
  void remove() override;

 private:
  explicit PortMapClient(net::Host& host) : Agent(host, "portmap") {}

  void take(const Endpoint& local, const net::Packet& packet) override;
  void handle_timeout(Time now) override { machine_->handle_timeout(now); }
  [[nodiscard]] Time next_timeout() const override { return machine_->next_timeout(); }
  void drain() override;

  std::unique_ptr<portmap::Client> machine_;  // made once the socket is there
};

}  // namespace natsim::agents
