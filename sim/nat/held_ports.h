// Ports that rest between two hosts.
#pragma once

#include <cstdint>
#include <iterator>

#include <absl/container/flat_hash_map.h>
#include <boost/container/deque.hpp>

#include "sim/nat/external_pool.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::nat {

// A port that is held is held for the host that had it last (RFC 6888 REQ-8).
class HeldPorts {
 public:
  void hold(ExternalKey key, const IpAddress& host, Time until) {
    held_[key.packed()] = {host, until};
    // At the end, but for ports that were freed before what was already seen.
    auto place = order_.end();
    while (place != order_.begin() && std::prev(place)->until > until) --place;
    order_.insert(place, {key.packed(), until});
  }
  // The host that it is held for; null if it is not held.
  [[nodiscard]] const IpAddress* holder(ExternalKey key) const {
    if (held_.empty()) return nullptr;
    const auto found = held_.find(key.packed());
    return found == held_.end() ? nullptr : &found->second.host;
  }
  // It is used again.
  void forget(ExternalKey key) { held_.erase(key.packed()); }
  // Calls `release(key, host)` for each port whose time is over.
  template <typename Release>
  void expire(Time now, Release&& release) {
    for (; !order_.empty() && order_.front().until <= now; order_.pop_front()) {
      // What was used and held again since is further back.
      const auto found = held_.find(order_.front().key);
      if (found == held_.end() || found->second.until != order_.front().until) continue;
      const IpAddress host = found->second.host;
      held_.erase(found);
      release(ExternalKey::unpacked(order_.front().key), host);
    }
  }

 private:
  struct Held {
    IpAddress host;
    Time until;
  };
  struct Turn {
    std::uint32_t key;
    Time until;
  };

  absl::flat_hash_map<std::uint32_t, Held> held_;
  boost::container::deque<Turn> order_;  // by `until`; without memory while it is empty
};

}  // namespace natsim::nat
