// Data between clients and peers (RFC 8656 §11 and §12.4–12.7).
#include <algorithm>
#include <utility>

#include "stack/turn/channel_data.h"
#include "stack/turn/server.h"

namespace natsim::turn {
namespace {

// The ICMP errors that are passed on (RFC 8656 §11.5): destination unreachable and time exceeded,
// and for IPv6 also packet too big.
bool is_passed_on(Family family, std::uint8_t type) {
  return family == Family::ipv4 ? type == 3 || type == 11 : type >= 1 && type <= 3;
}

// Data goes by unauthenticated indications, and whose they are is known by the 5-tuple alone.
stun::MessageBuilder data_indication(Random& random) {
  return {stun::MessageClass::indication, stun::Method::data, stun::TransactionId::draw(random)};
}

}  // namespace

Allocation* Server::allocation_with_data(const FiveTuple& tuple) {
  Allocation* const allocation = allocations_.find(tuple);
  if (allocation == nullptr) return nullptr;
  const auto& mobility = allocation->mobility();
  if (mobility && mobility->next == tuple) finish_move(*allocation);
  return allocation;
}

void Server::finish_move(Allocation& allocation) {
  const FiveTuple from = allocation.tuple();
  allocations_.finish_move(allocation);
  for (const Relayed& relay : allocation.relays()) {
    events_.emplace_back(AllocationMoved{from, allocation.tuple(), relay.address});
  }
}

void Server::receive_indication(const stun::MessageView& message, const FiveTuple& tuple,
                                std::size_t size, Time now) {
  PacketDropped drop{.from = tuple.client, .to = tuple.server, .size = size};
  const auto dropped = [&](DropReason why) {
    drop.why = why;
    events_.emplace_back(drop);
  };
  // A Binding indication is a keepalive: it did its work on the way here.
  if (message.method() == stun::Method::binding) return;
  if (message.method() != stun::Method::send) return dropped(DropReason::unknown_method);
  // DONT-FRAGMENT is not supported here and so counts as unknown (RFC 8656 §11.2).
  if (message.dont_fragment() ||
      !message.unknown_required(stun::Usage::stun | stun::Usage::turn).empty()) {
    return dropped(DropReason::unknown_attribute);
  }
  const auto peer = message.xor_peer_address();
  const auto data = message.data();
  if (!peer || peer->port == 0 || !data) return dropped(DropReason::malformed);
  drop.peer = *peer;
  const Allocation* allocation = allocation_with_data(tuple);
  if (allocation == nullptr) return dropped(DropReason::no_allocation);
  if (const auto obstacle = obstacle_to(*allocation, *peer, now)) return dropped(*obstacle);
  const Endpoint& relay = allocation->relay_of(peer->address.family())->address;
  transmits_.push_back({relay, *peer, Bytes(data->begin(), data->end())});
}

void Server::receive_channel_data(const FiveTuple& tuple, ByteView bytes, Time now) {
  PacketDropped drop{.from = tuple.client, .to = tuple.server, .size = bytes.size()};
  const auto dropped = [&](DropReason why) {
    drop.why = why;
    events_.emplace_back(drop);
  };
  const auto message = ChannelData::parse(bytes, options_.highest_channel);
  if (!message) return dropped(DropReason::malformed);
  drop.channel = message->number;
  const Allocation* allocation = allocation_with_data(tuple);
  if (allocation == nullptr) return dropped(DropReason::no_allocation);
  const auto peer = allocation->peer_of(message->number, now);
  if (!peer) return dropped(DropReason::channel_unknown);
  drop.peer = *peer;
  // The binding outlives the permission that it came with, unless that is refreshed.
  if (const auto obstacle = obstacle_to(*allocation, *peer, now)) return dropped(*obstacle);
  const Endpoint& relay = allocation->relay_of(peer->address.family())->address;
  transmits_.push_back({relay, *peer, Bytes(message->payload.begin(), message->payload.end())});
}

void Server::receive_from_peer(const Endpoint& relay, const Endpoint& peer, ByteView payload,
                               Time now) {
  handle_timeout(now);
  PacketDropped drop{.from = peer, .to = relay, .peer = peer, .size = payload.size()};
  const Allocation* allocation = allocations_.find_by_relay(relay);
  const auto obstacle = [&]() -> std::optional<DropReason> {
    if (allocation == nullptr) return DropReason::no_allocation;
    if (!allocation->permits(peer.address, now)) return DropReason::no_permission;
    if (payload.size() > max_application_data) return DropReason::too_large;
    return std::nullopt;
  }();
  if (obstacle) {
    drop.why = *obstacle;
    events_.emplace_back(drop);
    return;
  }
  const FiveTuple& tuple = allocation->tuple();
  if (const auto number = allocation->channel_of(peer, now)) {
    return send(tuple, encode_channel_data(*number, payload, tuple.transport));
  }
  send(tuple, data_indication(random_).xor_peer_address(peer).data(payload).take());
}

void Server::receive_icmp_error(const Endpoint& relay, const Endpoint& peer,
                                const stun::IcmpError& error, Time now) {
  handle_timeout(now);
  PacketDropped drop{.from = peer, .to = relay, .peer = peer};
  const Allocation* allocation = allocations_.find_by_relay(relay);
  const auto obstacle = [&]() -> std::optional<DropReason> {
    if (allocation == nullptr) return DropReason::no_allocation;
    if (!is_passed_on(relay.address.family(), error.type)) return DropReason::icmp_irrelevant;
    if (!allocation->permits(peer.address, now)) return DropReason::no_permission;
    return std::nullopt;
  }();
  if (obstacle) {
    drop.why = *obstacle;
    events_.emplace_back(drop);
    return;
  }
  send(allocation->tuple(), data_indication(random_).xor_peer_address(peer).icmp(error).take());
}

std::optional<DropReason> Server::obstacle_to(const Allocation& allocation, const Endpoint& peer,
                                              Time now) const {
  if (allocation.relays_tcp()) return DropReason::relays_tcp;
  if (allocation.relay_of(peer.address.family()) == nullptr) return DropReason::peer_family;
  if (is_denied(peer)) return DropReason::peer_denied;
  if (!allocation.permits(peer.address, now)) return DropReason::no_permission;
  return std::nullopt;
}

bool Server::is_denied(const Endpoint& peer) const {
  const auto is_one_of = [&](const std::vector<Endpoint>& own) {
    return std::find(own.begin(), own.end(), peer) != own.end();
  };
  return is_denied(peer.address) || is_one_of(options_.listening) ||
         is_one_of(options_.stream_listening);
}

bool Server::is_denied(const IpAddress& peer) const {
  return std::any_of(options_.denied_peers.begin(), options_.denied_peers.end(),
                     [&](const Prefix& prefix) { return prefix.contains(peer); });
}

}  // namespace natsim::turn
