// The TCP connections that go through a NAT's mappings, each with its own timer.
#pragma once

#include <cstdint>
#include <utility>

#include <absl/container/flat_hash_map.h>

#include "sim/nat/dense_pool.h"
#include "sim/nat/mapping_table.h"
#include "sim/nat/options.h"
#include "sim/nat/tcp_tracking.h"
#include "sim/nat/timer_lists.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::nat {

// Names a live session; no_index names none. The numbers are used again.
using SessionIndex = std::uint32_t;

// Contract:
// 1. A session is one connection: a mapping and a remote endpoint. It is on the timer of its state,
//    restarted by every segment but an RST, which can only bring the end forward (RFC 7857 §8), to
//    now if it refuses the connection and that is to end it.
// 2. It says whose timer has run out; removing them, and mappings that have none left, is the
//    user's matter.
class TcpSessions {
 public:
  explicit TcpSessions(const NatOptions& options);

  [[nodiscard]] SessionIndex find(MappingIndex mapping, const Endpoint& remote) const;
  // Precondition: it is not there.
  SessionIndex add(MappingIndex mapping, const Endpoint& remote, const TcpTracking& tracking,
                   Time now);
  void receive(SessionIndex index, TcpSide from, const net::TcpSegment& segment, Time now);
  // True if its mapping has no other.
  bool remove(SessionIndex index);
  void remove_all_of(MappingIndex mapping);

  [[nodiscard]] MappingIndex mapping(SessionIndex index) const { return sessions_[index].mapping; }
  [[nodiscard]] Endpoint remote(SessionIndex index) const { return sessions_[index].remote; }
  [[nodiscard]] const TcpTracking& tracking(SessionIndex index) const {
    return sessions_[index].tracking;
  }
  // When it expires unless a segment comes before.
  [[nodiscard]] Time expires(SessionIndex index) const {
    return timers_.deadline(index, static_cast<TimerLists::Class>(sessions_[index].timer));
  }
  [[nodiscard]] bool has(MappingIndex mapping) const { return rings_.contains(mapping); }
  // When the last of a mapping's does. Precondition: it has one.
  [[nodiscard]] Time last_expiry(MappingIndex mapping) const;
  // One whose timer has run out by `now`, the earliest first; no_index if none has.
  [[nodiscard]] SessionIndex due(Time now) { return timers_.due(now); }
  [[nodiscard]] SessionIndex first_to_expire() const { return timers_.first().timer; }
  // When the first expires; Time::never() if there is none.
  [[nodiscard]] Time next_expiry() const { return timers_.first().deadline; }
  // A time that it is not before, and that costs less to tell.
  [[nodiscard]] Time expiry_bound() const { return timers_.bound(); }

 private:
  struct Session {
    MappingIndex mapping;
    Endpoint remote;
    TcpTracking tracking;
    TimerClass timer;
    // Neighbours in the ring of its mapping's sessions.
    SessionIndex next;
    SessionIndex previous;
  };

  const Duration closed_;  // how long a session stays after an RST
  const bool revives_;
  const bool ends_when_refused_;
  DensePool<Session> sessions_;
  TimerLists timers_;  // numbered by index
  absl::flat_hash_map<std::pair<MappingIndex, Endpoint>, SessionIndex> index_;
  absl::flat_hash_map<MappingIndex, SessionIndex> rings_;  // one session of each mapping's ring
};

}  // namespace natsim::nat
