#include "sim/agents/stun_server.h"

#include <stdexcept>

namespace natsim::agents {

Result<std::unique_ptr<StunServer>> StunServer::start(net::Host& host,
                                                      const stun::BindingServer::Options& options) {
  std::unique_ptr<StunServer> server;
  try {
    server.reset(new StunServer(host, options));
  } catch (const std::invalid_argument& error) {
    return Error{error.what()};
  }
  for (const Endpoint& socket : server->machine_.sockets()) {
    if (const auto bound = server->bind(socket); !bound) return Error{bound.error()};
  }
  return server;
}

StunServer::StunServer(net::Host& host, const stun::BindingServer::Options& options)
    : Agent(host, "stun"), primary_(options.primary), machine_(options) {}

void StunServer::take(const Endpoint& local, const net::Packet& packet) {
  const auto ignored = machine_.counters().ignored;
  machine_.receive(local, packet.source, packet.payload(), world().now());
  if (machine_.counters().ignored != ignored) {
    host().discard(packet, core::DropReason::agent_unexpected, "not a STUN Binding message");
  }
}

void StunServer::drain() {
  while (const auto out = machine_.poll_transmit()) transmit(*out);
}

}  // namespace natsim::agents
