// Which external endpoints a NAT had in use before it lost its table, and why it did.
#pragma once

#include <cstdint>
#include <utility>

#include <absl/container/flat_hash_map.h>

#include "sim/core/drop_reason.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::nat {

// It is filled by one loss and forgotten at the next. It is searched for packets that are dropped
// anyway.
class LostMappings {
 public:
  struct Lost {
    core::DropReason reason;
    Endpoint internal;
    Time at;
  };

  void add(std::uint8_t protocol, const Endpoint& external, const Lost& lost) {
    lost_.insert_or_assign(std::pair(external, protocol), lost);
  }
  // The endpoint is in use again.
  void remove(std::uint8_t protocol, const Endpoint& external) {
    lost_.erase(std::pair(external, protocol));
  }
  void clear() { lost_.clear(); }
  // Null if it was not in use.
  [[nodiscard]] const Lost* find(std::uint8_t protocol, const Endpoint& external) const {
    const auto found = lost_.find(std::pair(external, protocol));
    return found == lost_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] bool empty() const { return lost_.empty(); }

 private:
  absl::flat_hash_map<std::pair<Endpoint, std::uint8_t>, Lost> lost_;
};

}  // namespace natsim::nat
