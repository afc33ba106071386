#include "sim/agents/signalling_server.h"

#include <utility>

namespace natsim::agents {

using signalling::ConnectionId;
using signalling::ServerEvent;
using signalling::StreamEnd;

Result<std::unique_ptr<SignallingServer>> SignallingServer::start(
    net::Host& host, const net::TcpBinding& binding, const signalling::ServerOptions& options,
    std::optional<TlsServerUse> tls) {
  std::unique_ptr<SignallingServer> server(new SignallingServer(host, options, std::move(tls)));
  auto listener = host.tcp().listen(binding, *server);
  if (!listener) return Error{listener.error()};
  server->listener_ = std::move(listener.value());
  return server;
}

SignallingServer::SignallingServer(net::Host& host, const signalling::ServerOptions& options,
                                   std::optional<TlsServerUse> tls)
    : Agent(host, "signalling-server"),
      machine_(options, world().random(label())),
      tls_(std::move(tls)) {}

void SignallingServer::restart() {
  tell("room.restarted", {{"connections", static_cast<std::int64_t>(machine_.connections())}});
  machine_.restart();
  pump();
}

void SignallingServer::accept(net::TcpListener& /*listener*/,
                              std::unique_ptr<net::TcpSocket> socket) {
  const ConnectionId id = ++last_stream_;
  std::optional<TlsLayer> layer;
  if (tls_) {
    layer.emplace(*this, tls_->authority->server(tls_->options, world().random(label()).split(id)));
  }
  std::unique_ptr<ByteStream>& stream = streams_[id];
  stream = ByteStream::accept(std::move(socket), *this, std::move(layer));
  numbers_[stream.get()] = id;
  machine_.open(id, world().now());
  pump();
}

void SignallingServer::on_bytes(ByteStream& stream, ByteView bytes) {
  machine_.receive(numbers_.at(&stream), bytes, world().now());
  pump();
}

void SignallingServer::on_end(ByteStream& stream, std::string_view why) {
  const ConnectionId id = numbers_.at(&stream);
  machine_.end(id, why, world().now());
  while (const auto told = machine_.poll_event()) tell_of(*told);  // while it is known whose
  numbers_.erase(&stream);
  streams_.erase(id);
  pump();
}

void SignallingServer::drain() {
  // What a stream tells while it is sent on comes back here, so nothing is held across it.
  for (bool quiet = false; !quiet;) {
    quiet = true;
    while (const auto event = machine_.poll_event()) tell_of(*event);
    while (auto out = machine_.poll_transmit()) {
      quiet = false;
      const auto found = streams_.find(out->connection);
      if (found == streams_.end()) continue;
      if (out->end == StreamEnd::abort) {
        const std::unique_ptr<ByteStream> stream = std::move(found->second);
        streams_.erase(found);
        numbers_.erase(stream.get());
        stream->abort();
        continue;
      }
      ByteStream& stream = *found->second;
      stream.send(out->bytes);
      if (out->end == StreamEnd::close && streams_.contains(out->connection)) stream.close();
    }
  }
}

void SignallingServer::tell_of(const ServerEvent& event) {
  const auto found = streams_.find(event.connection);
  const Endpoint client = found == streams_.end() ? Endpoint() : found->second->remote();
  const std::string_view room = event.room;
  const std::string_view name = event.name;
  const std::string_view reason = event.reason;
  switch (event.kind) {
    case ServerEvent::Kind::joined:
      return tell("room.joined", {{"room", room}, {"name", name}, {"client", client}});
    case ServerEvent::Kind::resumed:
      return tell("room.resumed", {{"room", room}, {"name", name}, {"client", client}});
    case ServerEvent::Kind::relayed:
      return tell("room.relayed",
                  {{"room", room}, {"name", name}, {"what", std::string_view(event.what)}});
    case ServerEvent::Kind::refused:
      return tell("room.refused", {{"client", client}, {"name", name}, {"reason", reason}});
    case ServerEvent::Kind::absent:
      return tell("room.absent", {{"room", room}, {"name", name}, {"reason", reason}});
    case ServerEvent::Kind::left:
      return tell("room.left", {{"room", room}, {"name", name}, {"reason", reason}});
    case ServerEvent::Kind::closed:
      return tell("room.closed", {{"client", client}, {"reason", reason}});
  }
}

}  // namespace natsim::agents
