// The agent's TURN allocations, from which relayed candidates come (RFC 8445 §5.1.1.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "stack/base/datagram.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/ice/candidate.h"
#include "stack/ice/event.h"
#include "stack/ice/fifo.h"
#include "stack/ice/options.h"
#include "stack/turn/client.h"

namespace natsim::ice {

// What allocations tell the agent.
struct RelayAllocated {
  std::size_t relay = 0;  // to be given candidates by `Relays::assign`
  Endpoint base;
  Endpoint server;
  Transport transport = Transport::udp;
  std::uint16_t local_preference = 0;
  std::vector<Endpoint> relayed;  // one, or one of each family
  Endpoint mapped;
};
struct RelayFailed {
  Endpoint base;
  Endpoint server;
  Transport transport = Transport::udp;
  GatherFailure why = GatherFailure::timeout;
  int code = 0;
  Duration elapsed;                     // since the Allocate
  std::vector<CandidateId> candidates;  // those that stood and are lost
};
struct RelayNeedsSocket {
  Endpoint base;
  Endpoint server;
  Transport transport = Transport::udp;
  Endpoint remote;  // as SocketNeeded::remote
};
struct RelayPermission {
  CandidateId candidate = 0;
  IpAddress peer;
  bool granted = true;
  int code = 0;  // of the refusal; 0 if the server did not answer
};
// The connection from `local` to `remote` is of no use any more.
struct RelayLeavesConnection {
  Endpoint local;
  Endpoint remote;
};
using RelayEvent = std::variant<RelayAllocated, RelayFailed, RelayNeedsSocket, RelayPermission,
                                RelayLeavesConnection>;

// Contract:
// 1. `allocate` sends at once, or asks for a connection first; pacing is the caller's. What is sent
//    goes to the queue of the agent.
// 2. Relays are named by the candidates that `assign` gave them: one for each relayed address.
// 3. Permissions and channels asked for are requested by the next `flush`, so that several peers
//    share a request.
class Relays {
 public:
  Relays(Random random, Fifo<Transmit>& transmits) : random_(random), transmits_(transmits) {}

  void allocate(const Endpoint& base, const TurnServer& server, std::uint16_t local_preference,
                const stun::TransactionTimers& timers, Time now);
  // The answer to RelayNeedsSocket; nullopt gives the relay up. False if none waits for it.
  bool replace_socket(const Endpoint& base, const Endpoint& server, Transport transport,
                      std::optional<Endpoint> fresh, Time now);
  // The sockets that allocations over UDP are used from, each once.
  [[nodiscard]] std::vector<Endpoint> sockets() const;
  // What is used from `from` is to be used from `to`; how many allocations can be (RFC 8016).
  std::size_t move(const Endpoint& from, const Endpoint& to, Time now);
  [[nodiscard]] bool has_connection(const Endpoint& local, const Endpoint& remote) const;
  // The connection from `local` to `remote` has ended.
  void connection_lost(const Endpoint& local, const Endpoint& remote, Time now);
  // Of the allocation's relayed address of this family.
  void assign(std::size_t relay, Family family, CandidateId candidate) {
    relays_[relay].candidates.push_back({family, candidate});
  }

  struct Inbound {
    std::optional<CandidateId> relay;  // set for data from a peer
    Endpoint peer;
    ByteView payload;  // points into the datagram
  };
  // nullopt when the datagram is of no allocation.
  std::optional<Inbound> receive(const Endpoint& local, const Endpoint& remote, ByteView bytes,
                                 Time now, Transport transport);
  // False when it was not taken.
  bool send(CandidateId relay, const Endpoint& peer, ByteView payload, Time now);
  // RelayPermission follows, at once if the permission is there.
  void permit(CandidateId relay, const IpAddress& peer, Time now);
  // Data to `peer` is to go by a channel.
  void bind_channel(CandidateId relay, const Endpoint& peer, Time now);
  // Gives back every relayed address but that of `kept`, and of `kept` the permissions but
  // `peer`'s.
  void release(std::optional<CandidateId> kept, const IpAddress& peer, Time now);

  // Requests what has been asked for since the last time.
  void flush(Time now);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<RelayEvent> poll_event() { return events_.pop(); }

  // How many have neither been allocated nor failed.
  [[nodiscard]] std::size_t open() const;
  // The candidates of the allocations that stand.
  [[nodiscard]] std::vector<CandidateId> candidates() const;

 private:
  struct Connection {
    Endpoint local;
    Endpoint remote;
    bool operator==(const Connection&) const = default;
  };

  struct RelayedCandidate {
    Family family;
    CandidateId id;
  };

  struct Relay {
    Endpoint base;    // the agent's socket; the client's may be another one after 437
    Endpoint server;  // as configured
    Transport transport;
    std::uint16_t local_preference;
    Time started;
    std::vector<RelayedCandidate> candidates;  // while the allocation stands
    bool open;                                 // neither allocated nor failed yet
    std::vector<IpAddress> permitted;          // peers that were asked for
    turn::Client client;
    bool connecting = false;               // a connection was asked for and is awaited
    std::optional<Connection> connection;  // that the client uses; unset over UDP

    [[nodiscard]] bool has(CandidateId candidate) const;
    [[nodiscard]] std::optional<CandidateId> candidate_of(Family family) const;
  };

  Relay* find(CandidateId candidate);
  void drain(std::size_t index, Time now);
  void leave_connection(Relay& relay);
  void give_up(Relay& relay, GatherFailure why, int code, Time now);

  Random random_;              // one stream for each allocation
  Fifo<Transmit>& transmits_;  // of the agent
  Fifo<RelayEvent> events_;
  std::vector<Relay> relays_;
};

}  // namespace natsim::ice
