// The connections of one generation's TCP candidates (RFC 6544).
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/datagram.h"
#include "stack/ice/candidate.h"
#include "stack/ice/event.h"
#include "stack/ice/fifo.h"

namespace natsim::ice {

// Contract:
// 1. A path is a local candidate and a remote address; it has one connection at most. That of an
//    active candidate is opened for the first check on it, and again for the next one after it was
//    lost; that of a passive one is the peer's to open.
// 2. The host opens and closes connections as the events say, and carries whole messages. Checks
//    wait for their connection; data does not.
// 3. What a path loses is given by `poll_lost`, but for what was released.
class TcpPaths {
 public:
  TcpPaths(Fifo<Event>& events, Fifo<Transmit>& transmits)
      : events_(events), transmits_(transmits) {}

  // A check or an answer from `local`, which is the candidate `sender`. Without a connection, and
  // without a way to one, it is lost.
  void carry(CandidateId sender, const Candidate& local, const Endpoint& remote, Bytes message);
  // False if it is lost: there is no connection now.
  bool send(CandidateId sender, const Endpoint& remote, ByteView data);

  // The answer to ConnectionNeeded. False if nothing waits for it.
  bool opened(const Endpoint& base, const Endpoint& remote, const std::optional<Endpoint>& fresh);
  // The peer has connected to the candidate `sender`. False if there are too many connections.
  bool accepted(CandidateId sender, const Endpoint& local, const Endpoint& remote);
  void lost(const Endpoint& local, const Endpoint& remote);

  // The candidate that the connection of the two belongs to.
  [[nodiscard]] std::optional<CandidateId> sender_of(const Endpoint& local,
                                                     const Endpoint& remote) const;
  // Gives all connections back but that of the path from `kept` to `remote`; all if it is nullopt.
  void release(std::optional<CandidateId> kept, const Endpoint& remote);

  struct Lost {
    CandidateId sender = 0;
    Endpoint remote;
  };
  std::optional<Lost> poll_lost() { return lost_.pop(); }

 private:
  struct Path {
    CandidateId sender;
    Endpoint base;  // of the candidate
    Endpoint remote;
    std::optional<Endpoint> local;  // of the connection; unset while it is being opened
    std::vector<Bytes> waiting;     // for the connection
  };

  Path* find(CandidateId sender, const Endpoint& remote);

  Fifo<Event>& events_;        // of the generation
  Fifo<Transmit>& transmits_;  // of the agent
  std::vector<Path> paths_;
  Fifo<Lost> lost_;
};

}  // namespace natsim::ice
