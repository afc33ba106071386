// Later fragments that wait for the first one of their datagram (RFC 4787 REQ-14).
#pragma once

#include <cstddef>
#include <list>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "sim/nat/datagram_key.h"
#include "sim/net/packet.h"
#include "stack/base/time.h"

namespace natsim::nat {

// Contract:
// 1. Each waits for `patience` from when it came; then `take_due` gives it.
// 2. At most `capacity` wait (REQ-14a): `hold` gives the one back that has waited longest if there
//    were more.
class HeldFragments {
 public:
  // Precondition: both greater than zero.
  HeldFragments(std::size_t capacity, Duration patience)
      : capacity_(capacity), patience_(patience) {}

  // The one that makes room; null if none has to.
  net::PacketPtr hold(const DatagramKey& datagram, net::PacketPtr fragment, Time now);
  // Those of the datagram, in the order in which they came.
  std::vector<net::PacketPtr> take(const DatagramKey& datagram);
  // The first whose time is over by `now`; null if there is none.
  net::PacketPtr take_due(Time now);
  // When that of the first is; Time::never() if none waits.
  [[nodiscard]] Time next_deadline() const {
    return waiting_.empty() ? Time::never() : waiting_.front().deadline;
  }

 private:
  struct Waiting {
    DatagramKey datagram;
    net::PacketPtr fragment;
    Time deadline;
  };
  using List = std::list<Waiting>;

  net::PacketPtr take_first();

  std::size_t capacity_;
  Duration patience_;
  List waiting_;  // in the order in which they came
  absl::flat_hash_map<DatagramKey, std::vector<List::iterator>> by_datagram_;  // never walked
};

}  // namespace natsim::nat
