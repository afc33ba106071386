#include "sim/agents/signalling_server.h"

#include <algorithm>
#include <utility>

namespace natsim::agents {

using net::TcpEvent;
using signalling::ConnectionId;
using signalling::ServerEvent;
using signalling::StreamEnd;

Result<std::unique_ptr<SignallingServer>> SignallingServer::start(
    net::Host& host, const net::TcpBinding& binding, const signalling::ServerOptions& options) {
  std::unique_ptr<SignallingServer> server(new SignallingServer(host, options));
  auto listener = host.tcp().listen(binding, *server);
  if (!listener) return Error{listener.error()};
  server->listener_ = std::move(listener.value());
  return server;
}

SignallingServer::SignallingServer(net::Host& host, const signalling::ServerOptions& options)
    : Agent(host, "signalling-server"), machine_(options, world().random(label())) {}

void SignallingServer::restart() {
  tell("room.restarted", {{"connections", static_cast<std::int64_t>(machine_.connections())}});
  machine_.restart();
  pump();
}

void SignallingServer::accept(net::TcpListener& /*listener*/,
                              std::unique_ptr<net::TcpSocket> socket) {
  const ConnectionId id = ++last_stream_;
  streams_.try_emplace(id, *this, id, std::move(socket));
  machine_.open(id, world().now());
  pump();
}

void SignallingServer::on_event(ConnectionId id, TcpEvent event) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  net::TcpSocket& socket = *found->second.socket;
  switch (event) {
    case TcpEvent::connected:
      break;
    case TcpEvent::writable:
      send(id);
      break;
    case TcpEvent::readable:
    case TcpEvent::peer_finished: {
      const Bytes bytes = socket.read(socket.connection().readable());
      machine_.receive(id, bytes, world().now());
      if (event == TcpEvent::peer_finished) {
        machine_.end(id, "the stream was closed", world().now());
      }
      break;
    }
    case TcpEvent::ended: {
      const std::string_view how = net::name(socket.connection().end());
      machine_.end(id, how, world().now());
      while (const auto told = machine_.poll_event()) tell_of(*told);  // while it is known whose
      streams_.erase(found);
      break;
    }
  }
  pump();
}

void SignallingServer::drain() {
  // What a socket tells while it is sent on comes back here, so nothing is held across it.
  for (bool quiet = false; !quiet;) {
    quiet = true;
    while (const auto event = machine_.poll_event()) tell_of(*event);
    while (auto out = machine_.poll_transmit()) {
      quiet = false;
      const auto found = streams_.find(out->connection);
      if (found == streams_.end()) continue;
      Stream& stream = found->second;
      if (out->end == StreamEnd::abort) {
        const std::unique_ptr<net::TcpSocket> socket = std::move(stream.socket);
        socket->set_receiver(nullptr);
        streams_.erase(found);
        socket->abort();
        continue;
      }
      stream.unsent.insert(stream.unsent.end(), out->bytes.begin(), out->bytes.end());
      stream.closing = out->end == StreamEnd::close;
      send(out->connection);
    }
  }
}

void SignallingServer::send(ConnectionId id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  Stream& stream = found->second;
  net::TcpSocket& socket = *stream.socket;
  const std::size_t size = std::min(stream.unsent.size(), socket.connection().room());
  const auto end = stream.unsent.begin() + static_cast<std::ptrdiff_t>(size);
  const Bytes bytes(stream.unsent.begin(), end);
  stream.unsent.erase(stream.unsent.begin(), end);
  const bool closes = stream.closing && stream.unsent.empty();
  if (!bytes.empty()) socket.send(bytes);
  if (closes) socket.close();
}

void SignallingServer::tell_of(const ServerEvent& event) {
  const auto found = streams_.find(event.connection);
  const Endpoint client = found == streams_.end() ? Endpoint() : found->second.socket->remote();
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
