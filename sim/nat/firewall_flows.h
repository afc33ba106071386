// What a firewall remembers of the traffic that it has let through.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "sim/nat/dense_pool.h"
#include "sim/nat/firewall_options.h"
#include "sim/nat/tcp_tracking.h"
#include "sim/nat/timer_lists.h"
#include "sim/nat/transport.h"
#include "sim/net/tcp_segment.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::nat {

// Names a live flow; no_index names none. The numbers are used again.
using FlowIndex = std::uint32_t;

struct FlowKey {
  Transport transport;
  Endpoint internal;
  Endpoint remote;
  bool operator==(const FlowKey&) const = default;

  template <typename H>
  friend H AbslHashValue(H h, const FlowKey& key) {
    return H::combine(std::move(h), key.transport, key.internal, key.remote);
  }
};

// A flow as a plain value.
struct FlowSnapshot {
  Transport transport;
  Endpoint internal;
  Endpoint remote;
  std::optional<TcpState> tcp_state;  // of TCP alone
  Time created;
  Time expires;  // unless it is refreshed before
};

// Contract:
// 1. A flow is what passes between an internal endpoint and a remote one. It opens the filter for
// as
//    much of the remote as the filter looks at.
// 2. A flow that has been idle for its timeout or more is gone as soon as `expire` is called.
// 3. The latest 64 that expired are remembered.
class FirewallFlows {
 public:
  explicit FirewallFlows(const FirewallOptions& options);

  void expire(Time now);
  // The flow that a packet between the two ends is part of.
  [[nodiscard]] FlowIndex find(Transport transport, const Endpoint& internal,
                               const Endpoint& remote) const;
  // Whether the filter admits what comes from `remote`: a flow to another one may do so too.
  [[nodiscard]] bool admits(Transport transport, const Endpoint& internal,
                            const Endpoint& remote) const;
  // `tracking` is what is taken for granted of a TCP connection. Precondition: it is not there.
  FlowIndex add(Transport transport, const Endpoint& internal, const Endpoint& remote, Time now,
                const TcpTracking& tracking = {});
  // Of UDP and ICMP queries: restarts the timer.
  void refresh(FlowIndex index, Time now) {
    const auto timer = timer_of(flows_[index].key.transport);
    timers_.restart(index, timer, timer, now);
  }
  // Of TCP: follows the connection, whose state says the timer. An RST does not put the end off
  // (RFC 7857 §8).
  void follow(FlowIndex index, TcpSide from, const net::TcpSegment& segment, Time now);
  void clear();

  // When the latest flow that would have admitted the remote expired; nullopt if none is known.
  [[nodiscard]] std::optional<Time> expired(Transport transport, const Endpoint& internal,
                                            const Endpoint& remote) const;
  [[nodiscard]] FlowSnapshot snapshot(FlowIndex index) const;
  // In order of creation.
  [[nodiscard]] std::vector<FlowSnapshot> snapshots(Time now) const;

 private:
  struct Flow {
    FlowKey key;
    TcpTracking tracking;  // of TCP alone
    TimerLists::Class timer;
    std::uint64_t number;  // in order of creation
    Time created;
  };
  struct Expiry {
    FlowKey key;
    Time at;
  };
  static constexpr std::size_t remembered = 64;

  static constexpr TimerLists::Class timer_of(Transport transport) {
    return transport == Transport::udp ? 0 : 1;
  }
  static constexpr TimerLists::Class timer_of(TcpState state) {
    return static_cast<TimerLists::Class>(2 + static_cast<int>(state));
  }
  [[nodiscard]] FlowKey seen(Transport transport, const Endpoint& internal,
                             const Endpoint& remote) const {
    return {transport, internal, seen_by(filtering_, remote)};
  }
  void remove(FlowIndex index);

  const Dependence filtering_;
  const Duration closed_timeout_;  // after an RST
  DensePool<Flow> flows_;
  TimerLists timers_;                              // numbered by index
  absl::flat_hash_map<FlowKey, FlowIndex> index_;  // walked only to make a sorted list
  // How many flows open the filter for what it sees of a remote.
  absl::flat_hash_map<FlowKey, std::uint32_t> openings_;
  std::vector<Expiry> expiries_;  // a ring
  std::size_t next_expiry_ = 0;   // the oldest, once the ring is full
  std::uint64_t made_ = 0;
};

}  // namespace natsim::nat
