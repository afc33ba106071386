#include "stack/turn/peer_connections.h"

#include <algorithm>
#include <utility>

namespace natsim::turn {

ConnectionId PeerConnections::add(PeerConnection connection) {
  ConnectionId id = 0;
  do {
    id = static_cast<ConnectionId>(random_.below(std::uint64_t{1} << 32));
  } while (connections_.contains(id));
  connections_[id] = std::move(connection);
  return id;
}

PeerConnection* PeerConnections::find(ConnectionId id) {
  const auto it = connections_.find(id);
  return it == connections_.end() ? nullptr : &it->second;
}

bool PeerConnections::connects(const Endpoint& relay, const Endpoint& peer) const {
  return std::any_of(connections_.begin(), connections_.end(), [&](const auto& entry) {
    return entry.second.relay == relay && entry.second.peer == peer;
  });
}

std::optional<ConnectionId> PeerConnections::bound_to(const FiveTuple& data) const {
  for (const auto& [id, connection] : connections_) {
    if (connection.data == data) return id;
  }
  return std::nullopt;
}

std::vector<ConnectionId> PeerConnections::of(const Endpoint& relay) const {
  std::vector<ConnectionId> ids;
  for (const auto& [id, connection] : connections_) {
    if (connection.relay == relay) ids.push_back(id);
  }
  return ids;
}

std::optional<ConnectionId> PeerConnections::first_due(Time now) const {
  for (const auto& [id, connection] : connections_) {
    if (connection.deadline <= now) return id;
  }
  return std::nullopt;
}

Time PeerConnections::next_deadline() const {
  Time next = Time::never();
  for (const auto& [id, connection] : connections_) next = std::min(next, connection.deadline);
  return next;
}

}  // namespace natsim::turn
