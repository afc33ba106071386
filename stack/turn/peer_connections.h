// The TCP connections between a TURN server and its clients' peers (RFC 6062).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/container/btree_map.h>

#include "stack/base/address.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/stun/long_term_server.h"
#include "stack/stun/message.h"
#include "stack/turn/server_event.h"

namespace natsim::turn {

// CONNECTION-ID (RFC 6062 §6.2.1).
using ConnectionId = std::uint32_t;

struct PeerConnection {
  enum class State : std::uint8_t {
    connecting,  // by a Connect, which is answered when it is done
    unbound,     // waits for the client's ConnectionBind
    bound,       // carries the bytes of the client's data connection
  };
  FiveTuple control;  // of the allocation
  std::string username;
  Endpoint relay;
  Endpoint peer;
  State state = State::unbound;
  Time deadline = Time::never();  // of the connecting or of the ConnectionBind
  // The Connect that awaits its answer, and how that is protected.
  stun::TransactionId request{};
  stun::LongTermServer::Authenticated user{};
  std::optional<FiveTuple> data{};  // the client's data connection, when bound
};

class PeerConnections {
 public:
  explicit PeerConnections(Random random) : random_(random) {}

  // Under a new number, which nobody can guess.
  ConnectionId add(PeerConnection connection);
  // Nullptr if there is none.
  PeerConnection* find(ConnectionId id);
  // Whether the relayed address has a connection with the peer, or is making one.
  [[nodiscard]] bool connects(const Endpoint& relay, const Endpoint& peer) const;
  // Of the client's data connection; nullopt if nothing is bound to it.
  [[nodiscard]] std::optional<ConnectionId> bound_to(const FiveTuple& data) const;
  [[nodiscard]] std::vector<ConnectionId> of(const Endpoint& relay) const;
  void remove(ConnectionId id) { connections_.erase(id); }

  // One whose deadline has come; nullopt if there is none.
  [[nodiscard]] std::optional<ConnectionId> first_due(Time now) const;
  // Time::never() if none has one.
  [[nodiscard]] Time next_deadline() const;

 private:
  Random random_;
  absl::btree_map<ConnectionId, PeerConnection> connections_;
};

}  // namespace natsim::turn
