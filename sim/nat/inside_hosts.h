// The hosts behind a NAT that have mappings, and their shares.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <absl/container/flat_hash_set.h>
#include <absl/hash/hash.h>

#include "sim/core/drop_reason.h"
#include "sim/nat/dense_pool.h"
#include "sim/nat/options.h"
#include "sim/nat/transport.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::nat {

// Names such a host; no_index names none. The numbers are used again.
using HostIndex = std::uint32_t;

// Contract: a host is known while it has mappings, and what was counted is forgotten with it.
class InsideHosts {
 public:
  explicit InsideHosts(const NatOptions& options);
  InsideHosts(const InsideHosts&) = delete;  // the index refers to the hosts
  InsideHosts& operator=(const InsideHosts&) = delete;

  [[nodiscard]] HostIndex find(const IpAddress& address) const {
    const auto found = index_.find(address);
    return found == index_.end() ? no_index : *found;
  }
  // Why a host may not have one more mapping; `none` if it may.
  [[nodiscard]] core::DropReason refusal(HostIndex host, Transport transport, Time now) const;

  // It has one more mapping. One that was not known is from now on, with `external` for its own.
  void add_mapping(const IpAddress& address, Transport transport, std::uint16_t external, Time now);
  // It has one less.
  void remove_mapping(const IpAddress& address, Transport transport);

  // The external address of its first mapping, as an index in the pool.
  [[nodiscard]] std::uint16_t external(HostIndex host) const { return hosts_[host].external; }
  [[nodiscard]] std::uint32_t mappings(HostIndex host, Transport transport) const {
    return hosts_[host].mappings[static_cast<std::size_t>(transport)];
  }

 private:
  struct Host {
    IpAddress address;
    std::array<std::uint32_t, transport_count> mappings{};  // by transport
    std::uint16_t external;
  };
  struct Hash {
    using is_transparent = void;
    const DensePool<Host>* hosts;
    std::size_t operator()(const IpAddress& address) const { return absl::HashOf(address); }
    std::size_t operator()(HostIndex host) const { return absl::HashOf((*hosts)[host].address); }
  };
  struct Equal {
    using is_transparent = void;
    const DensePool<Host>* hosts;
    bool operator()(HostIndex a, HostIndex b) const { return a == b; }
    bool operator()(HostIndex a, const IpAddress& b) const { return (*hosts)[a].address == b; }
    bool operator()(const IpAddress& a, HostIndex b) const { return (*hosts)[b].address == a; }
  };

  const std::uint32_t limit_;                                // 0: none; so are
  const std::array<std::uint32_t, transport_count> limits_;  // these, by transport
  const Duration interval_;  // between new mappings in the long run; 0: as many as one likes
  DensePool<Host> hosts_;
  absl::flat_hash_set<HostIndex, Hash, Equal> index_;  // looked up, never walked
  // When, at interval_, the mappings that a host has made so far would all be made; by host, if
  // there is an interval_ (the generic cell rate algorithm).
  std::vector<Time> rate_ends_;
};

}  // namespace natsim::nat
