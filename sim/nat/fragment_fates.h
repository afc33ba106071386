// What became of the first fragments of datagrams, for the later ones, which have no ports.
#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <utility>

#include <absl/container/flat_hash_map.h>

#include "sim/nat/datagram_key.h"
#include "stack/base/time.h"

namespace natsim::nat {

// Contract:
// 1. A fate is known for `lifetime` from when it was told; a datagram that is told again has the
//    new one, for as long again.
// 2. At most `capacity` of them are known: the one that was told first gives way.
template <typename Fate>
class FragmentFates {
 public:
  // Precondition: both greater than zero.
  FragmentFates(std::size_t capacity, Duration lifetime)
      : capacity_(capacity), lifetime_(lifetime) {}

  void tell(const DatagramKey& datagram, Fate fate, Time now) {
    if (const auto known = places_.find(datagram); known != places_.end()) {
      known_.erase(known->second);
      places_.erase(known);
    }
    while (!known_.empty() && (known_.size() >= capacity_ || known_.front().ends <= now)) {
      places_.erase(known_.front().datagram);
      known_.pop_front();
    }
    known_.push_back({datagram, std::move(fate), now + lifetime_});
    places_.emplace(datagram, std::prev(known_.end()));
  }
  // Null if it is not known.
  [[nodiscard]] const Fate* find(const DatagramKey& datagram, Time now) const {
    const auto known = places_.find(datagram);
    if (known == places_.end() || known->second->ends <= now) return nullptr;
    return &known->second->fate;
  }
  void clear() {
    places_.clear();
    known_.clear();
  }

 private:
  struct Known {
    DatagramKey datagram;
    Fate fate;
    Time ends;
  };
  using List = std::list<Known>;

  std::size_t capacity_;
  Duration lifetime_;
  List known_;                                                        // in the order of telling
  absl::flat_hash_map<DatagramKey, typename List::iterator> places_;  // looked up, never walked
};

}  // namespace natsim::nat
