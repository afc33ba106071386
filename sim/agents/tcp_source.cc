#include "sim/agents/tcp_source.h"

#include <algorithm>
#include <utility>

namespace natsim::agents {

using net::TcpEvent;

Result<std::unique_ptr<TcpSource>> TcpSource::start(net::Host& host,
                                                    const TcpSourceOptions& options) {
  std::unique_ptr<TcpSource> source(new TcpSource(options));
  auto socket = host.tcp().connect(options.binding, options.to, *source);
  if (!socket) return Error{socket.error()};
  source->socket_ = std::move(socket.value());
  return source;
}

void TcpSource::on_event(net::TcpSocket& socket, TcpEvent event) {
  const Time now = socket.host().world().now();
  switch (event) {
    case TcpEvent::connected:
      connected_at_ = now;
      fill(socket);
      break;
    case TcpEvent::writable:
      fill(socket);
      break;
    case TcpEvent::readable:
      socket.read(socket.connection().readable());  // an answer is of no interest
      break;
    case TcpEvent::peer_finished:
      break;
    case TcpEvent::ended:
      ended_at_ = now;
      break;
  }
}

void TcpSource::fill(net::TcpSocket& socket) {
  const std::size_t room = socket.connection().room();
  const std::size_t size =
      left_ ? static_cast<std::size_t>(std::min<std::uint64_t>(room, *left_)) : room;
  socket.send(Bytes(size, 0));
  if (!left_) return;
  *left_ -= size;
  if (*left_ == 0) socket.close();
}

void TcpSource::stop() {
  left_ = 0;
  socket_->close();
}

double TcpSource::throughput() const {
  if (connected_at_.is_never()) return 0;
  const Time end = ended_at_.is_never() ? socket_->host().world().now() : ended_at_;
  const double span = (end - connected_at_).to_seconds();
  if (span <= 0) return 0;
  return static_cast<double>(socket_->connection().counters().bytes_acked) * 8 / span;
}

}  // namespace natsim::agents
