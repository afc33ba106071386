#include "sim/agents/tcp_service.h"

#include <utility>

namespace natsim::agents {

using net::TcpEvent;

Result<std::unique_ptr<TcpService>> TcpService::start(net::Host& host, TcpServiceKind kind,
                                                      const net::TcpBinding& binding) {
  std::unique_ptr<TcpService> service(new TcpService(host, kind));
  auto listener = host.tcp().listen(binding, *service);
  if (!listener) return Error{listener.error()};
  service->listener_ = std::move(listener.value());
  return service;
}

void TcpService::accept(net::TcpListener& /*listener*/, std::unique_ptr<net::TcpSocket> socket) {
  ++counters_.connections;
  socket->set_receiver(this);
  sockets_.push_back(std::move(socket));
}

void TcpService::on_event(net::TcpSocket& socket, TcpEvent event) {
  switch (event) {
    case TcpEvent::connected:
      break;
    case TcpEvent::readable:
    case TcpEvent::writable:
    case TcpEvent::peer_finished:
      take(socket);
      break;
    case TcpEvent::ended:
      std::erase_if(sockets_, [&](const auto& one) { return one.get() == &socket; });
      break;
  }
}

void TcpService::take(net::TcpSocket& socket) {
  const net::TcpConnection& connection = socket.connection();
  const bool echo = kind_ == TcpServiceKind::echo;
  const Bytes bytes = socket.read(echo ? connection.room() : connection.readable());
  if (!bytes.empty()) {
    counters_.bytes += bytes.size();
    counters_.last_byte = host_.world().now();
    if (counters_.first_byte.is_never()) counters_.first_byte = counters_.last_byte;
    if (echo) socket.send(bytes);
  }
  if (connection.peer_finished() && connection.readable() == 0) socket.close();
}

}  // namespace natsim::agents
