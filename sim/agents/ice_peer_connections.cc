// An ICE peer's ways to TURN servers: its connections to them over TCP and TLS, and other sockets
// when its addresses have changed.
#include <algorithm>
#include <utility>

#include "sim/agents/ice_peer.h"

namespace natsim::agents {

void IcePeer::connect(const ice::SocketNeeded& needed) {
  TurnConnection connection{needed.base, needed.server, needed.transport};
  auto tls =
      needed.transport == Transport::tls ? std::optional(tls_to(needed.server)) : std::nullopt;
  auto stream =
      TurnStream::connect(host(), needed.base.address, needed.remote, *this, std::move(tls));
  if (!stream) {
    tell_connection(connection, "failed", stream.error());
    session_.replace_turn_socket(needed.base, needed.server, needed.transport, std::nullopt,
                                 world().now());
    return;
  }
  connection.stream = std::move(stream.value());
  tell_connection(connection, "connecting", {});
  connections_.push_back(std::move(connection));
}

// After a redirection the server still has to be who it was to be (RFC 8489 §10).
TlsLayer IcePeer::tls_to(const Endpoint& server) {
  const TlsClientUse& use = options_.turn_tls.at(server);
  const Random random = world().random(label()).split("tls").split(tls_connections_++);
  return {*this, use.authority->client(use.options, random)};
}

std::size_t IcePeer::move_relays() {
  std::size_t moved = 0;
  for (const Endpoint& from : session_.relay_sockets()) {
    if (is_usable(from.address)) continue;
    const auto to = open_socket(from.address.family());
    if (!to) continue;
    const std::size_t here = session_.move_relays(from, *to, world().now());
    if (here == 0) unbind(*to);
    moved += here;
  }
  pump();
  return moved;
}

bool IcePeer::is_usable(const IpAddress& address) const {
  for (const auto& interface : host().interfaces()) {
    const auto& own = interface->addresses();
    if (interface->up() && std::find(own.begin(), own.end(), address) != own.end()) return true;
  }
  return false;
}

std::optional<Endpoint> IcePeer::open_socket(Family family) {
  for (const auto& interface : host().interfaces()) {
    if (!interface->up()) continue;
    for (const IpAddress& address : interface->addresses()) {
      if (address.family() != family) continue;
      if (auto bound = bind({address, 0})) return bound.value();
    }
  }
  return std::nullopt;
}

void IcePeer::on_open(TurnStream& stream) {
  const auto connection = connection_of(stream);
  connection->open = true;
  tell_connection(*connection, "open", {});
  if (!session_.replace_turn_socket(connection->base, connection->server, connection->transport,
                                    stream.local(), world().now())) {
    stream.close();
  }
  pump();
}

void IcePeer::on_message(TurnStream& stream, ByteView message) {
  take_message(stream.local(), stream.remote(), message, connection_of(stream)->transport);
  pump();
}

void IcePeer::on_end(TurnStream& stream, std::string_view why) {
  const auto found = connection_of(stream);
  const TurnConnection connection = std::move(*found);
  connections_.erase(found);
  tell_connection(connection, connection.open ? "closed" : "failed", why);
  if (connection.open) {
    session_.connection_lost(stream.local(), stream.remote(), world().now());
  } else {
    session_.replace_turn_socket(connection.base, connection.server, connection.transport,
                                 std::nullopt, world().now());
  }
  pump();
}

void IcePeer::on(const ice::ConnectionReleased& event) {
  if (tcp_) tcp_->close(event.local, event.remote);
  for (const TurnConnection& connection : connections_) {
    if (connection.stream->local() != event.local) continue;
    if (connection.stream->remote() == event.remote) connection.stream->close();
  }
}

void IcePeer::send_by_connection(const Transmit& message) {
  const auto found =
      std::find_if(connections_.begin(), connections_.end(), [&](const TurnConnection& connection) {
        return connection.stream->local() == message.local &&
               connection.stream->remote() == message.remote;
      });
  if (found == connections_.end()) return;  // it has ended, of which the machine was told
  if (!found->stream->send(message.payload)) {
    discard(nullptr, core::DropReason::queue_overflow, "TCP to the TURN server takes no more");
  }
}

std::vector<IcePeer::TurnConnection>::iterator IcePeer::connection_of(const TurnStream& stream) {
  return std::find_if(
      connections_.begin(), connections_.end(),
      [&](const TurnConnection& connection) { return connection.stream.get() == &stream; });
}

void IcePeer::tell_connection(const TurnConnection& connection, std::string_view state,
                              std::string_view reason) {
  tell("ice.connection", {{"server", connection.server},
                          {"transport", to_string(connection.transport)},
                          {"state", state},
                          {"reason", reason}});
}

}  // namespace natsim::agents
