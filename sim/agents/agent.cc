#include "sim/agents/agent.h"

#include <stdexcept>
#include <utility>

#include <fmt/format.h>

namespace natsim::agents {

Agent::Agent(net::Host& host, std::string_view role)
    : Named(host.world(), host.world().unique_name(fmt::format("{}/{}", host.label(), role))),
      Actor(host.world().scheduler(), id()),
      host_(host),
      wake_up_(*this) {}

Result<Endpoint> Agent::bind(const Endpoint& local) {
  auto socket = host_.open_udp(local, *this);
  if (!socket) return Error{socket.error()};
  const Endpoint bound = socket.value()->local();
  sockets_[bound] = std::move(socket.value());
  return bound;
}

void Agent::transmit(const Transmit& transmit) {
  const auto found = sockets_.find(transmit.local);
  if (found != sockets_.end()) found->second->send(transmit.remote, transmit.payload);
}

void Agent::discard(const net::Packet* packet, core::DropReason reason, std::string_view note) {
  if (packet != nullptr) return host_.discard(*packet, reason, note);
  tell("stream.discarded", {{"reason", core::name(reason)}, {"note", note}});
}

void Agent::pump() {
  drain();
  wake_up_.arm(next_timeout());
}

void Agent::receive(net::UdpSocket& socket, const net::Packet& packet) {
  take(socket.local(), packet);
  pump();
}

void Agent::receive_error(net::UdpSocket& socket, net::IcmpError error, const Endpoint& remote) {
  take_error(socket.local(), error, remote);
  pump();
}

void Agent::on_timer(core::Timer& /*timer*/) {
  if (host_.asleep()) return host_.defer(wake_up_);
  const Time now = world().now();
  if (std::exchange(last_wake_up_, now) != now) wake_ups_at_it_ = 0;
  if (++wake_ups_at_it_ > 1000) {
    throw std::logic_error(fmt::format("{} wakes up at {} without end", name(), to_string(now)));
  }
  handle_timeout(now);
  pump();
}

}  // namespace natsim::agents
