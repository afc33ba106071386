// A short memory of mappings that are gone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/nat/external_pool.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::nat {

// Remembers the latest 64. It is searched for packets that are dropped anyway and for new mappings
// that are to have the port that they had.
class RecentExpiries {
 public:
  struct Expiry {
    ExternalKey external;
    Endpoint internal;
    Time at;
  };

  void add(const Expiry& expiry) {
    if (ring_.size() < capacity) {
      ring_.push_back(expiry);
    } else {
      ring_[next_] = expiry;
      next_ = (next_ + 1) % capacity;
    }
  }
  // The latest of the endpoint; null if it is not known.
  [[nodiscard]] const Expiry* find(ExternalKey external) const {
    for (std::size_t i = ring_.size(); i-- > 0;) {
      const Expiry& expiry = ring_[(next_ + i) % ring_.size()];
      if (expiry.external == external) return &expiry;
    }
    return nullptr;
  }
  // The latest that the internal endpoint had; null if it is not known.
  [[nodiscard]] const Expiry* find(Transport transport, const Endpoint& internal) const {
    for (std::size_t i = ring_.size(); i-- > 0;) {
      const Expiry& expiry = ring_[(next_ + i) % ring_.size()];
      if (expiry.external.transport == transport && expiry.internal == internal) return &expiry;
    }
    return nullptr;
  }
  void clear() {
    ring_.clear();
    next_ = 0;
  }

 private:
  static constexpr std::size_t capacity = 64;

  std::vector<Expiry> ring_;
  std::size_t next_ = 0;  // the oldest, once the ring is full
};

}  // namespace natsim::nat
