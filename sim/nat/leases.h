// Until when each of a NAT's static mappings lasts.
#pragma once

#include <cstdint>
#include <optional>

#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>

#include "sim/nat/dense_pool.h"
#include "stack/base/time.h"

namespace natsim::nat {

class Leases {
 public:
  struct Lease {
    Time until = Time::never();
    std::uint32_t mapping = no_index;

    auto operator<=>(const Lease&) const = default;
  };

  // Sets the end of a mapping that has a lease, or gives it one.
  void set(std::uint32_t mapping, Time until) {
    remove(mapping);
    until_[mapping] = until;
    in_order_.insert({until, mapping});
  }
  // Without effect if it has none.
  void remove(std::uint32_t mapping) {
    if (until_.empty()) return;
    const auto found = until_.find(mapping);
    if (found == until_.end()) return;
    in_order_.erase({found->second, mapping});
    until_.erase(found);
  }
  // nullopt if it has no lease.
  [[nodiscard]] std::optional<Time> until(std::uint32_t mapping) const {
    const auto found = until_.find(mapping);
    if (found == until_.end()) return std::nullopt;
    return found->second;
  }
  // The one that ends first; of several, that of the lowest mapping. no_index if there is none.
  [[nodiscard]] Lease first() const { return in_order_.empty() ? Lease() : *in_order_.begin(); }

 private:
  absl::btree_set<Lease> in_order_;
  absl::flat_hash_map<std::uint32_t, Time> until_;  // by mapping
};

}  // namespace natsim::nat
