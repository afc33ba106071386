// The mappings of a NAT and the ways to find them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/hash/hash.h>

#include "sim/nat/dense_pool.h"
#include "sim/nat/external_pool.h"
#include "sim/nat/options.h"
#include "sim/nat/remote_set.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::nat {

// Names a live mapping; no_index names none. The numbers are used again.
using MappingIndex = std::uint32_t;

// What makes a mapping.
struct MappingOrigin {
  Endpoint internal;
  Endpoint first_remote;  // whom the packet that made the mapping went to
  ExternalKey external;
  std::uint64_t number;  // in order of creation, from 1; never used again
  Time created;
  // It serves `first_remote` alone, because the internal endpoint's other mapping shares its port
  // with a mapping that has the same remote.
  bool dedicated = false;
};

// Contract:
// 1. One table serves all kinds of NAT: the kind decides which part of the remote endpoint belongs
//    to a mapping's key. What is not part of it is zeroed.
// 2. A mapping holds the remotes that its internal endpoint has sent to through it, as finely as
//    mapping and filtering tell remotes apart. They go with the mapping.
// 3. The mapping with the earliest `refreshed` is the oldest; since all have one timeout, it is the
//    next to expire.
class MappingTable {
 public:
  explicit MappingTable(const NatOptions& options);
  MappingTable(const MappingTable&) = delete;  // the indexes refer to the mappings
  MappingTable& operator=(const MappingTable&) = delete;

  // The mapping that a packet from `internal` to `remote` belongs to.
  [[nodiscard]] MappingIndex find_inside(const Endpoint& internal, const Endpoint& remote) const;
  // The mapping that a packet from `remote` to `external` belongs to. Where several share the
  // endpoint, it is the one that holds the remote, otherwise the first made of those that admit it,
  // otherwise the first made.
  [[nodiscard]] MappingIndex find_outside(ExternalKey external, const Endpoint& remote) const;
  // The mapping by which a packet from `external` to `remote` has left, for errors about it.
  [[nodiscard]] MappingIndex find_sender(ExternalKey external, const Endpoint& remote) const;

  // Adds a mapping that holds its first remote and was refreshed when it was created. Precondition:
  // its key is not in the table.
  MappingIndex add(const MappingOrigin& origin);
  // Removes it; true if no other uses its external endpoint.
  bool remove(MappingIndex index);

  // Whether the filter lets a packet from `remote` in through the mapping.
  [[nodiscard]] bool admits(MappingIndex index, const Endpoint& remote) const;
  // What became of a remote that is to be held.
  enum class Hold : std::uint8_t {
    held,    // it was already
    opened,  // it is now
    clash,   // it is not, because another mapping on the same external endpoint holds it
  };
  Hold hold(MappingIndex index, const Endpoint& remote);
  // Whether a mapping could share the external endpoint and hold `remote`.
  [[nodiscard]] bool can_share(ExternalKey external, const Endpoint& remote) const;

  void count_out(MappingIndex index) { ++mappings_[index].packets_out; }
  void count_in(MappingIndex index) { ++mappings_[index].packets_in; }
  void refresh(MappingIndex index, Time now);
  [[nodiscard]] MappingIndex oldest() const { return oldest_; }
  [[nodiscard]] MappingIndex newer_than(MappingIndex index) const { return ages_[index].newer; }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(by_key_.size()); }

  [[nodiscard]] Endpoint internal(MappingIndex index) const { return mappings_[index].internal(); }
  [[nodiscard]] ExternalKey external(MappingIndex index) const { return mappings_[index].external; }
  [[nodiscard]] std::uint64_t packets_out(MappingIndex index) const {
    return mappings_[index].packets_out;
  }
  [[nodiscard]] std::uint64_t packets_in(MappingIndex index) const {
    return mappings_[index].packets_in;
  }
  // When its timer was last restarted.
  [[nodiscard]] Time refreshed(MappingIndex index) const { return ages_[index].refreshed; }
  [[nodiscard]] MappingOrigin origin(MappingIndex index) const;
  // What the mapping is for: the part of its first remote that belongs to its key.
  [[nodiscard]] Endpoint key_remote(MappingIndex index) const { return key_of(index).remote; }
  // Calls `visit(remote)` for each remote that the mapping holds, the latest first.
  template <typename Visit>
  void each_remote(MappingIndex index, Visit&& visit) const {
    const Mapping& mapping = mappings_[index];
    const Endpoint first = seen_by(finest_, mapping.first_remote());
    for (std::uint32_t e = mapping.further_remotes; e != no_index; e = remotes_[e].next) {
      if (remotes_[e].remote != first) visit(remotes_[e].remote);
    }
    if (finest_ != Dependence::endpoint_independent) visit(first);
  }

 private:
  struct Key {
    Endpoint internal;
    Endpoint remote;  // the part that belongs to the key
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    using is_transparent = void;
    const MappingTable* table;
    std::size_t operator()(const Key& key) const { return absl::HashOf(key.internal, key.remote); }
    std::size_t operator()(MappingIndex index) const { return (*this)(table->key_of(index)); }
  };
  struct Equal {
    using is_transparent = void;
    const MappingTable* table;
    bool operator()(MappingIndex a, MappingIndex b) const { return a == b; }
    bool operator()(MappingIndex a, const Key& b) const { return table->key_of(a) == b; }
    bool operator()(const Key& a, MappingIndex b) const { return table->key_of(b) == a; }
  };

  [[nodiscard]] Key key_of(MappingIndex index) const;
  [[nodiscard]] MappingIndex find_key(const Key& key) const;
  [[nodiscard]] bool holds(MappingIndex index, const Endpoint& remote) const;
  [[nodiscard]] std::uint32_t scope_of(MappingIndex index) const;
  void add_remote(MappingIndex index, const Endpoint& remote);
  void count_contact(const Endpoint& internal, const Endpoint& remote, std::int32_t change);
  void append_newest(MappingIndex index);
  void unlink(MappingIndex index);
  void join_port(MappingIndex index);
  bool leave_port(MappingIndex index);

  const Dependence mapping_;
  const Dependence filtering_;
  const Dependence finest_;      // the finer of the two: how finely remotes are held
  const bool shares_ports_;      // RemoteSet's scope is the external endpoint, not the mapping
  const bool filters_endpoint_;  // contacts_ is kept

  // A mapping is in three parts: what each of its packets looks at, in one cache line; its place
  // among the others by age, so small that moving it, which touches the neighbours' too, stays in
  // the cache; and what is read when it begins or ends.
  struct alignas(64) Mapping {
    IpAddress internal_address;
    IpAddress remote_address;
    std::uint64_t packets_out = 0;
    std::uint64_t packets_in = 0;
    std::uint16_t internal_port;
    std::uint16_t remote_port;
    ExternalKey external;
    std::uint32_t further_remotes = no_index;  // its list in remotes_
    bool dedicated;

    [[nodiscard]] Endpoint internal() const { return {internal_address, internal_port}; }
    [[nodiscard]] Endpoint first_remote() const { return {remote_address, remote_port}; }
  };
  static_assert(sizeof(Mapping) == 64);
  struct Age {
    Time refreshed;
    MappingIndex older = no_index;
    MappingIndex newer = no_index;
  };
  struct Birth {
    std::uint64_t number;
    Time created;
    // Neighbours in the ring of those that share the external endpoint, in order of creation.
    MappingIndex next_on_port;
    MappingIndex previous_on_port;
  };

  DensePool<Mapping> mappings_;
  std::vector<Age> ages_;      // by index, as are
  std::vector<Birth> births_;  // these
  absl::flat_hash_set<MappingIndex, Hash, Equal> by_key_;
  absl::flat_hash_map<std::uint32_t, MappingIndex> by_external_;  // the first made on each endpoint
  RemoteSet remotes_;  // what mappings hold beyond their first remote; with shared ports, all
  // For FilterScope::per_endpoint: how many mappings of an internal endpoint admit a remote, as the
  // filter sees it.
  absl::flat_hash_map<std::pair<Endpoint, Endpoint>, std::int32_t> contacts_;
  MappingIndex oldest_ = no_index;
  MappingIndex newest_ = no_index;
  std::uint32_t dedicated_ = 0;  // how many mappings are
};

}  // namespace natsim::nat
