#include "sim/agents/udp_echo.h"

#include <utility>

namespace natsim::agents {

Result<std::unique_ptr<UdpEcho>> UdpEcho::start(net::Host& host, const Endpoint& local) {
  std::unique_ptr<UdpEcho> echo(new UdpEcho);
  auto socket = host.open_udp(local, *echo);
  if (!socket) return Error{socket.error()};
  echo->socket_ = std::move(socket.value());
  return echo;
}

}  // namespace natsim::agents
