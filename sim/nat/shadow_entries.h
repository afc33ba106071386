// What a NAT remembers of packets that it took for its own.
#pragma once

#include <cstdint>
#include <utility>

#include <absl/container/flat_hash_map.h>

#include "sim/nat/dense_pool.h"
#include "sim/nat/external_pool.h"
#include "sim/nat/timer_lists.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::nat {

// Linux' connection tracking makes an entry also for a packet that no inside host has asked for, if
// the box itself may take it. As long as it lives, no mapping on the same external endpoint can
// have the same remote: the box would not know whose the answers are.
//
// Contract: an entry is an external endpoint and a remote one; each packet that is `noted` starts
// its timer anew.
class ShadowEntries {
 public:
  explicit ShadowEntries(Duration lifetime) : lifetime_(lifetime), timers_({lifetime}) {}

  // True if the entry is new.
  bool note(ExternalKey external, const Endpoint& remote, Time now) {
    const auto [found, is_new] = index_.try_emplace(Key{external, remote}, no_index);
    if (is_new) {
      found->second = keys_.take(found->first);
      timers_.start(found->second, 0, now);
    } else {
      timers_.restart(found->second, 0, 0, now);
    }
    return is_new;
  }
  [[nodiscard]] bool contains(ExternalKey external, const Endpoint& remote) const {
    return !index_.empty() && index_.contains(Key{external, remote});
  }
  // Removes the entries whose timer has run out, with `tell(external, remote)` for each.
  template <typename Tell>
  void expire(Time now, Tell&& tell) {
    for (std::uint32_t entry = timers_.due(now); entry != no_index; entry = timers_.due(now)) {
      const Key key = keys_[entry];
      remove(entry);
      tell(key.external, key.remote);
    }
  }
  void clear() {
    for (std::uint32_t entry = timers_.first().timer; entry != no_index;
         entry = timers_.first().timer) {
      remove(entry);
    }
  }
  // When the first expires; Time::never() if there is none.
  [[nodiscard]] Time next_expiry() const { return timers_.first().deadline; }
  // A time that it is not before, and that costs less to tell.
  [[nodiscard]] Time expiry_bound() const { return timers_.bound(); }
  [[nodiscard]] Duration lifetime() const { return lifetime_; }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(index_.size()); }

 private:
  struct Key {
    ExternalKey external;
    Endpoint remote;
    bool operator==(const Key&) const = default;
    template <typename H>
    friend H AbslHashValue(H h, const Key& key) {
      return H::combine(std::move(h), key.external.packed(), key.remote);
    }
  };

  void remove(std::uint32_t entry) {
    timers_.stop(entry, 0);
    index_.erase(keys_[entry]);
    keys_.give_back(entry);
  }

  Duration lifetime_;
  absl::flat_hash_map<Key, std::uint32_t> index_;  // to the number of the entry
  DensePool<Key> keys_;                            // by number
  TimerLists timers_;
};

}  // namespace natsim::nat
