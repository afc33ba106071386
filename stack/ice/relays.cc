#include "stack/ice/relays.h"

#include <algorithm>
#include <utility>

namespace natsim::ice {
namespace {

GatherFailure reason_of(turn::Failure failure) {
  switch (failure) {
    case turn::Failure::timeout:
      return GatherFailure::timeout;
    case turn::Failure::bad_credentials:
      return GatherFailure::bad_credentials;
    case turn::Failure::not_authentic:
    case turn::Failure::bad_response:
      return GatherFailure::bad_response;
    case turn::Failure::port_mismatch:
      return GatherFailure::no_socket;
    case turn::Failure::connection_lost:
      return GatherFailure::no_connection;
    case turn::Failure::refused:
    case turn::Failure::redirect_refused:
    case turn::Failure::no_channel_left:
      break;
  }
  return GatherFailure::refused;
}

// Of the one relayed address, or of the first of two.
Family first_family(RelayFamilies families, const Endpoint& base) {
  if (families == RelayFamilies::own) return base.address.family();
  return families == RelayFamilies::ipv6 ? Family::ipv6 : Family::ipv4;
}

}  // namespace

bool Relays::Relay::has(CandidateId candidate) const {
  return std::any_of(candidates.begin(), candidates.end(),
                     [&](const RelayedCandidate& known) { return known.id == candidate; });
}

std::optional<CandidateId> Relays::Relay::candidate_of(Family family) const {
  for (const RelayedCandidate& known : candidates) {
    if (known.family == family) return known.id;
  }
  return std::nullopt;
}

void Relays::allocate(const Endpoint& base, const TurnServer& server,
                      std::uint16_t local_preference, const stun::TransactionTimers& timers,
                      Time now) {
  turn::ClientOptions options;
  options.local = base;
  options.server = server.address;
  options.transport = server.transport;
  options.username = server.username;
  options.password = server.password;
  options.family = first_family(server.families, base);
  options.mobility = server.mobility;
  options.dual = server.families == RelayFamilies::both;
  options.timers = timers;
  relays_.push_back({base,
                     server.address,
                     server.transport,
                     local_preference,
                     now,
                     {},
                     true,
                     {},
                     turn::Client(std::move(options), random_.split(relays_.size()))});
  if (is_stream(server.transport)) {
    relays_.back().connecting = true;
    events_.push(RelayNeedsSocket{base, server.address, server.transport, server.address});
    return;
  }
  relays_.back().client.start(now);
  drain(relays_.size() - 1, now);
}

bool Relays::replace_socket(const Endpoint& base, const Endpoint& server, Transport transport,
                            std::optional<Endpoint> fresh, Time now) {
  bool waited = false;
  for (std::size_t i = 0; i < relays_.size(); ++i) {
    Relay& relay = relays_[i];
    if (relay.base != base || relay.server != server || relay.transport != transport) continue;
    if (is_stream(transport)) {
      // It may have been given back in the meantime.
      const bool over = relay.client.state() == turn::Client::State::over;
      if (!std::exchange(relay.connecting, false) || over) continue;
      if (fresh) {
        relay.connection = {*fresh, relay.client.server()};
        relay.client.set_local(*fresh, now);
        relay.client.start(now);
      } else {
        relay.client.connection_lost(now);
      }
      drain(i, now);
      return true;  // another relay has asked for a connection of its own
    }
    if (relay.client.state() != turn::Client::State::needs_new_port) continue;
    waited = true;
    if (fresh) {
      relay.client.set_local(*fresh, now);
    } else {
      relay.client.close(now);
      give_up(relay, GatherFailure::no_socket,
              static_cast<int>(stun::ErrorNumber::allocation_mismatch), now);
    }
    drain(i, now);
  }
  return waited;
}

std::vector<Endpoint> Relays::sockets() const {
  std::vector<Endpoint> found;
  for (const Relay& relay : relays_) {
    const Endpoint& local = relay.client.local();
    if (is_stream(relay.transport) || relay.candidates.empty()) continue;
    if (std::find(found.begin(), found.end(), local) == found.end()) found.push_back(local);
  }
  return found;
}

std::size_t Relays::move(const Endpoint& from, const Endpoint& to, Time now) {
  std::size_t moved = 0;
  for (std::size_t i = 0; i < relays_.size(); ++i) {
    turn::Client& client = relays_[i].client;
    if (client.local() != from || !client.move(to, now)) continue;
    ++moved;
    drain(i, now);
  }
  return moved;
}

bool Relays::has_connection(const Endpoint& local, const Endpoint& remote) const {
  return std::any_of(relays_.begin(), relays_.end(), [&](const Relay& relay) {
    return relay.connection == Connection{local, remote};
  });
}

void Relays::connection_lost(const Endpoint& local, const Endpoint& remote, Time now) {
  for (std::size_t i = 0; i < relays_.size(); ++i) {
    Relay& relay = relays_[i];
    if (relay.connection != Connection{local, remote}) continue;
    relay.connection.reset();
    relay.client.connection_lost(now);
    drain(i, now);
  }
}

std::optional<Relays::Inbound> Relays::receive(const Endpoint& local, const Endpoint& remote,
                                               ByteView bytes, Time now, Transport transport) {
  for (std::size_t i = 0; i < relays_.size(); ++i) {
    Relay& relay = relays_[i];
    const bool is_its = is_stream(transport)
                            ? relay.connection == Connection{local, remote}
                            : relay.transport == Transport::udp && relay.client.is_at(local) &&
                                  relay.client.server() == remote;
    if (!is_its) continue;
    const turn::Inbound inbound = relay.client.receive(remote, bytes, now);
    if (inbound.kind == turn::Inbound::Kind::not_ours) continue;
    Inbound result;
    if (inbound.kind == turn::Inbound::Kind::data) {
      result = {relay.candidate_of(inbound.peer.address.family()), inbound.peer, inbound.payload};
    }
    drain(i, now);
    return result;
  }
  return std::nullopt;
}

bool Relays::send(CandidateId candidate, const Endpoint& peer, ByteView payload, Time now) {
  Relay* relay = find(candidate);
  if (relay == nullptr) return false;
  const turn::SendResult result = relay->client.send(peer, payload, now);
  drain(static_cast<std::size_t>(relay - relays_.data()), now);
  return result == turn::SendResult::sent || result == turn::SendResult::held;
}

void Relays::permit(CandidateId candidate, const IpAddress& peer, Time now) {
  Relay* relay = find(candidate);
  if (relay == nullptr) return;
  if (relay->client.has_permission(peer, now)) {
    events_.push(RelayPermission{candidate, peer});
    return;
  }
  if (std::find(relay->permitted.begin(), relay->permitted.end(), peer) == relay->permitted.end()) {
    relay->permitted.push_back(peer);
  }
  relay->client.add_peer(peer, now);
}

void Relays::bind_channel(CandidateId candidate, const Endpoint& peer, Time now) {
  if (Relay* relay = find(candidate)) relay->client.bind_channel(peer, now);
}

void Relays::release(std::optional<CandidateId> kept, const IpAddress& peer, Time now) {
  for (Relay& relay : relays_) {
    if (kept && relay.has(*kept)) {
      for (const RelayedCandidate& candidate : relay.candidates) {
        if (candidate.id != *kept) relay.client.release(candidate.family, now);
      }
      std::erase_if(relay.candidates, [&](const auto& known) { return known.id != *kept; });
      for (const IpAddress& other : relay.permitted) {
        if (other != peer) relay.client.remove_peer(other, now);
      }
      std::erase_if(relay.permitted, [&](const IpAddress& other) { return other != peer; });
    } else {
      relay.candidates.clear();
      relay.open = false;
      relay.client.close(now);
    }
  }
}

void Relays::handle_timeout(Time now) {
  for (Relay& relay : relays_) {
    if (relay.client.next_timeout() <= now) relay.client.handle_timeout(now);
  }
  flush(now);
}

void Relays::flush(Time now) {
  for (std::size_t i = 0; i < relays_.size(); ++i) drain(i, now);
}

Time Relays::next_timeout() const {
  Time next = Time::never();
  for (const Relay& relay : relays_) next = std::min(next, relay.client.next_timeout());
  return next;
}

std::size_t Relays::open() const {
  return static_cast<std::size_t>(
      std::count_if(relays_.begin(), relays_.end(), [](const Relay& relay) { return relay.open; }));
}

std::vector<CandidateId> Relays::candidates() const {
  std::vector<CandidateId> ids;
  for (const Relay& relay : relays_) {
    for (const RelayedCandidate& candidate : relay.candidates) ids.push_back(candidate.id);
  }
  return ids;
}

Relays::Relay* Relays::find(CandidateId candidate) {
  const auto found = std::find_if(relays_.begin(), relays_.end(),
                                  [&](const Relay& relay) { return relay.has(candidate); });
  return found == relays_.end() ? nullptr : &*found;
}

void Relays::drain(std::size_t index, Time now) {
  Relay& relay = relays_[index];
  while (auto transmit = relay.client.poll_transmit()) transmits_.push(std::move(*transmit));
  while (auto event = relay.client.poll_event()) {
    if (const auto* allocated = std::get_if<turn::Allocated>(&*event)) {
      relay.open = false;
      std::vector<Endpoint> relayed{allocated->relayed};
      if (allocated->additional) relayed.push_back(*allocated->additional);
      events_.push(RelayAllocated{index, relay.base, relay.server, relay.transport,
                                  relay.local_preference, std::move(relayed), allocated->mapped});
    } else if (const auto* failed = std::get_if<turn::Failed>(&*event)) {
      give_up(relay, reason_of(failed->why), failed->code, now);
      leave_connection(relay);
    } else if (std::holds_alternative<turn::NeedNewLocalPort>(*event)) {
      leave_connection(relay);
      relay.connecting = is_stream(relay.transport);
      events_.push(
          RelayNeedsSocket{relay.base, relay.server, relay.transport, relay.client.server()});
    } else if (const auto* expired = std::get_if<turn::Expired>(&*event)) {
      give_up(relay, GatherFailure::lost, expired->code, now);
      leave_connection(relay);
    } else if (std::holds_alternative<turn::Closed>(*event)) {
      leave_connection(relay);
    } else if (const auto* ready = std::get_if<turn::PermissionReady>(&*event)) {
      if (const auto candidate = relay.candidate_of(ready->peer.family())) {
        events_.push(RelayPermission{*candidate, ready->peer});
      }
    } else if (const auto* refused = std::get_if<turn::PermissionFailed>(&*event)) {
      if (const auto candidate = relay.candidate_of(refused->peer.family())) {
        events_.push(RelayPermission{*candidate, refused->peer, false, refused->code});
      }
    }
    // Redirections, channels and ICMP errors change no candidate: data finds its way by itself.
  }
}

void Relays::leave_connection(Relay& relay) {
  if (!relay.connection) return;
  events_.push(RelayLeavesConnection{relay.connection->local, relay.connection->remote});
  relay.connection.reset();
}

void Relays::give_up(Relay& relay, GatherFailure why, int code, Time now) {
  // One that was given back has nothing to tell.
  if (!relay.open && relay.candidates.empty()) return;
  relay.open = false;
  RelayFailed failed{relay.base, relay.server, relay.transport, why, code, now - relay.started, {}};
  for (const RelayedCandidate& lost : relay.candidates) failed.candidates.push_back(lost.id);
  relay.candidates.clear();
  events_.push(std::move(failed));
}

}  // namespace natsim::ice
