#include "sim/agents/candidate_connections.h"

#include <algorithm>
#include <utility>

namespace natsim::agents {
namespace {

// A connection is given up after 31 s (1 + 2 + 4 + 8 + 16), a little before the check that waits
// for it.
constexpr net::TcpOptions connection_options{.syn_retries = 4, .nagle = false};

}  // namespace

Result<Endpoint> CandidateConnections::listen(const Endpoint& local) {
  auto listener = host_.tcp().listen({.local = local, .options = connection_options}, *this);
  if (!listener) return Error{listener.error()};
  listeners_.push_back(std::move(listener.value()));
  return listeners_.back()->local();
}

bool CandidateConnections::listens(const Endpoint& local) const {
  return std::any_of(listeners_.begin(), listeners_.end(),
                     [&](const auto& listener) { return listener->local() == local; });
}

void CandidateConnections::stop_listening(const Endpoint& local) {
  std::erase_if(listeners_, [&](const auto& listener) { return listener->local() == local; });
}

void CandidateConnections::connect(const Endpoint& base, const Endpoint& remote) {
  auto connection = std::make_unique<Connection>();
  connection->base = base;
  connection->asked = remote;
  auto stream = ByteStream::connect(
      host_, {.local = {base.address, 0}, .options = connection_options}, remote, *this);
  if (!stream) {
    user_.on_connection(base, remote, std::nullopt, stream.error());
    return;
  }
  connection->stream = std::move(stream.value());
  connections_.push_back(std::move(connection));
}

bool CandidateConnections::has(const Endpoint& local, const Endpoint& remote) const {
  return find(local, remote) != nullptr;
}

bool CandidateConnections::send(const Endpoint& local, const Endpoint& remote, ByteView message) {
  Connection* connection = find(local, remote);
  if (connection == nullptr || message.size() > ice::max_framed) return false;
  if (connection->stream->unsent() + message.size() > max_unsent) return false;
  connection->stream->send(ice::frame(message));
  return true;
}

void CandidateConnections::close(const Endpoint& local, const Endpoint& remote) {
  if (Connection* connection = find(local, remote)) connection->stream->close();
}

void CandidateConnections::on_open(ByteStream& stream) {
  Connection& connection = of(stream);
  if (!connection.base) return;  // accepted, which has been told
  const Endpoint base = *std::exchange(connection.base, std::nullopt);
  if (!user_.on_connection(base, connection.asked, stream.local(), {})) stream.close();
}

void CandidateConnections::on_bytes(ByteStream& stream, ByteView bytes) {
  const Endpoint local = stream.local();
  const Endpoint remote = stream.remote();
  of(stream).framing.receive(bytes);
  // What a message does may end the stream.
  while (Connection* connection = find(local, remote)) {
    const auto message = connection->framing.poll_message();
    if (!message) return;
    user_.on_framed(local, remote, *message);
  }
}

void CandidateConnections::on_end(ByteStream& stream, std::string_view why) {
  const auto found =
      std::find_if(connections_.begin(), connections_.end(),
                   [&](const auto& connection) { return connection->stream.get() == &stream; });
  const std::unique_ptr<Connection> connection = std::move(*found);
  connections_.erase(found);
  if (connection->base) {
    user_.on_connection(*connection->base, connection->asked, std::nullopt, why);
  } else {
    user_.on_connection_end(stream.local(), stream.remote(), why);
  }
}

void CandidateConnections::accept(net::TcpListener& /*listener*/,
                                  std::unique_ptr<net::TcpSocket> socket) {
  auto connection = std::make_unique<Connection>();
  connection->stream = ByteStream::accept(std::move(socket), *this);
  ByteStream& stream = *connection->stream;
  connections_.push_back(std::move(connection));
  if (!user_.on_accept(stream.local(), stream.remote())) stream.close();
}

CandidateConnections::Connection* CandidateConnections::find(const Endpoint& local,
                                                             const Endpoint& remote) const {
  for (const auto& connection : connections_) {
    if (connection->stream->local() == local && connection->stream->remote() == remote) {
      return connection.get();
    }
  }
  return nullptr;
}

CandidateConnections::Connection& CandidateConnections::of(const ByteStream& stream) const {
  return **std::find_if(connections_.begin(), connections_.end(), [&](const auto& connection) {
    return connection->stream.get() == &stream;
  });
}

}  // namespace natsim::agents
