// TCP between a server and its clients' peers (RFC 6062 §5).
#include <utility>

#include "stack/turn/server.h"

namespace natsim::turn {
namespace {

// Also how long a client has to bind what has been connected (RFC 6062 §5.2, §5.4).
constexpr Duration peer_connection_timeout = seconds(30);

}  // namespace

void Server::connect(const Request& request) {
  using enum stun::ErrorNumber;
  const Allocation* allocation = allocation_of(request);
  if (allocation == nullptr) return;
  if (!allocation->relays_tcp()) return refuse(request, bad_request, "the allocation is for UDP");
  const auto peer = request.message.xor_peer_address();
  if (!peer || peer->port == 0) return refuse(request, bad_request, "no valid XOR-PEER-ADDRESS");
  const Relayed* relay = allocation->relay_of(peer->address.family());
  if (relay == nullptr) {
    return refuse(request, peer_address_family_mismatch, "a peer of the other address family");
  }
  if (is_denied(*peer)) return refuse(request, forbidden, "a denied peer");
  if (peer_connections_.connects(relay->address, *peer)) {
    return refuse(request, connection_already_exists, "there is one to this peer");
  }
  if (peer_connections_.of(relay->address).size() >= options_.max_peer_connections) {
    return refuse(request, insufficient_capacity, "too many connections");
  }
  const ConnectionId id = peer_connections_.add({.control = request.tuple,
                                                 .username = request.user.username(),
                                                 .relay = relay->address,
                                                 .peer = *peer,
                                                 .state = PeerConnection::State::connecting,
                                                 .deadline = request.now + peer_connection_timeout,
                                                 .request = request.message.transaction_id(),
                                                 .user = request.user});
  events_.emplace_back(ConnectPeer{id, relay->address, *peer});
}

void Server::peer_connected(ConnectionId id, Time now) {
  handle_timeout(now);
  PeerConnection* connection = peer_connections_.find(id);
  if (connection == nullptr || connection->state != PeerConnection::State::connecting) return;
  connection->state = PeerConnection::State::unbound;
  connection->deadline = now + peer_connection_timeout;
  stun::MessageBuilder response(stun::MessageClass::success_response, stun::Method::connect,
                                connection->request);
  response.connection_id(id);
  answer_connect(*connection, std::move(response));
}

void Server::answer_connect(const PeerConnection& connection, stun::MessageBuilder response) {
  if (!options_.software.empty()) response.software(options_.software);
  // Credentials that have expired in the meantime protect nothing any more.
  if (credentials_.knows(connection.username)) connection.user.protect(response);
  send(connection.control, response.take());
}

std::optional<ConnectionId> Server::accept_peer(const Endpoint& relay, const Endpoint& peer,
                                                Time now) {
  handle_timeout(now);
  PacketDropped drop{.from = peer, .to = relay, .peer = peer};
  const Allocation* allocation = allocations_.find_by_relay(relay);
  const auto obstacle = [&]() -> std::optional<DropReason> {
    if (allocation == nullptr) return DropReason::no_allocation;
    if (!allocation->permits(peer.address, now)) return DropReason::no_permission;
    if (peer_connections_.connects(relay, peer) ||
        peer_connections_.of(relay).size() >= options_.max_peer_connections) {
      return DropReason::too_many_connections;
    }
    return std::nullopt;
  }();
  if (obstacle) {
    drop.why = *obstacle;
    events_.emplace_back(drop);
    return std::nullopt;
  }
  const FiveTuple& control = allocation->tuple();
  const ConnectionId id = peer_connections_.add({.control = control,
                                                 .username = allocation->username(),
                                                 .relay = relay,
                                                 .peer = peer,
                                                 .deadline = now + peer_connection_timeout});
  stun::MessageBuilder attempt(stun::MessageClass::indication, stun::Method::connection_attempt,
                               stun::TransactionId::draw(random_));
  send(control, attempt.xor_peer_address(peer).connection_id(id).take());
  return id;
}

void Server::connection_bind(const Request& request) {
  using enum stun::ErrorNumber;
  if (!is_stream(request.tuple.transport)) {
    return refuse(request, bad_request, "a data connection is over TCP");
  }
  const auto id = request.message.connection_id();
  PeerConnection* connection = id ? peer_connections_.find(*id) : nullptr;
  if (connection == nullptr || connection->state != PeerConnection::State::unbound) {
    return refuse(request, bad_request, "no connection waits under this CONNECTION-ID");
  }
  if (connection->username != request.user.username()) {
    return refuse(request, wrong_credentials, "the connection is another user's");
  }
  if (allocations_.find(request.tuple) != nullptr || peer_connections_.bound_to(request.tuple)) {
    return refuse(request, bad_request, "the client's connection serves for something else");
  }
  connection->state = PeerConnection::State::bound;
  connection->deadline = Time::never();
  connection->data = request.tuple;
  stun::MessageBuilder response = stun::MessageBuilder::success_response(request.message);
  response.connection_id(*id);
  respond(request, std::move(response));
  events_.emplace_back(JoinStreams{*id, request.tuple});
}

void Server::peer_closed(ConnectionId id, Time now) {
  handle_timeout(now);
  if (peer_connections_.find(id) != nullptr) end_peer_connection(id);
}

void Server::end_peer_connection(ConnectionId id) {
  const PeerConnection connection = *peer_connections_.find(id);
  peer_connections_.remove(id);
  if (connection.state == PeerConnection::State::connecting) {
    const auto number = stun::ErrorNumber::connection_timeout_or_failure;
    stun::MessageBuilder response(stun::MessageClass::error_response, stun::Method::connect,
                                  connection.request);
    response.error_code(number, stun::reason_phrase(number));
    answer_connect(connection, std::move(response));
    events_.emplace_back(RequestRefused{connection.control, stun::Method::connect, number,
                                        stun::reason_phrase(number)});
  }
  events_.emplace_back(ClosePeer{id, connection.data});
}

}  // namespace natsim::turn
