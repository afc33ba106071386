#include "sim/agents/dns_server.h"

#include <utility>

namespace natsim::agents {

Result<std::unique_ptr<DnsServer>> DnsServer::start(net::Host& host, const Endpoint& local,
                                                    dns::ServerOptions options) {
  std::unique_ptr<DnsServer> server(new DnsServer(std::move(options)));
  auto socket = host.open_udp(local, *server);
  if (!socket) return Error{socket.error()};
  server->socket_ = std::move(socket.value());
  return server;
}

void DnsServer::receive(net::UdpSocket& socket, const net::Packet& packet) {
  const auto answer = machine_.answer(packet.payload());
  if (!answer) {
    return socket.host().discard(packet, core::DropReason::agent_unexpected, "no DNS query");
  }
  ++answered_;
  socket.send(packet.source, *answer);
}

}  // namespace natsim::agents
