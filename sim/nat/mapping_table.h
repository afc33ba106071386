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
#include "sim/nat/timer_class.h"
#include "sim/nat/timer_lists.h"
#include "sim/nat/transport.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::nat {

// Names a live mapping; no_index names none. The numbers are used again.
using MappingIndex = std::uint32_t;

// What makes a mapping.
struct MappingOrigin {
  Endpoint internal;
  Endpoint first_remote;  // whom the packet that made the mapping went to
  ExternalKey external;   // and its transport
  TimerClass timer;       // that it is on at first
  std::uint64_t number;   // in order of creation, from 1; never used again
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
// 3. Each mapping is on the timer of one class, which starts when it is added and anew by
// `refresh`.
//    The table tells whose timer has run out; removing it is the user's matter.
class MappingTable {
 public:
  explicit MappingTable(const NatOptions& options);
  MappingTable(const MappingTable&) = delete;  // the indexes refer to the mappings
  MappingTable& operator=(const MappingTable&) = delete;

  // The mapping that a packet from `internal` to `remote` belongs to.
  [[nodiscard]] MappingIndex find_inside(Transport transport, const Endpoint& internal,
                                         const Endpoint& remote) const;
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
  // Notes a packet from outside.
  void mark_replied(MappingIndex index) { mappings_[index].replied = true; }
  [[nodiscard]] bool replied(MappingIndex index) const { return mappings_[index].replied; }

  // Starts its timer anew, on that of `timer` from now on.
  void refresh(MappingIndex index, TimerClass timer, Time now) {
    Mapping& mapping = mappings_[index];
    timers_.restart(index, class_number(mapping.timer), class_number(timer), now);
    mapping.timer = timer;
  }
  [[nodiscard]] TimerClass timer_class(MappingIndex index) const { return mappings_[index].timer; }
  // A mapping whose timer has run out by `now`, that of the earliest first; no_index if none has.
  [[nodiscard]] MappingIndex due(Time now) { return timers_.due(now); }
  // The one that expires first unless it is refreshed; no_index if there is none.
  [[nodiscard]] MappingIndex first_to_expire() const { return timers_.first().timer; }
  // No mapping expires before it. Time::never() if there is none.
  [[nodiscard]] Time expiry_bound() const { return timers_.bound(); }
  [[nodiscard]] Time expires(MappingIndex index) const {
    return timers_.deadline(index, class_number(mappings_[index].timer));
  }
  // Calls `visit(index)` for each mapping, in no order that means anything.
  template <typename Visit>
  void each(Visit&& visit) const {
    for (const MappingIndex index : by_key_) visit(index);
  }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(by_key_.size()); }

  [[nodiscard]] Endpoint internal(MappingIndex index) const { return mappings_[index].internal(); }
  [[nodiscard]] ExternalKey external(MappingIndex index) const {
    return mappings_[index].external();
  }
  [[nodiscard]] std::uint64_t packets_out(MappingIndex index) const {
    return mappings_[index].packets_out;
  }
  [[nodiscard]] std::uint64_t packets_in(MappingIndex index) const {
    return mappings_[index].packets_in;
  }
  [[nodiscard]] Time created(MappingIndex index) const { return births_[index].created; }
  // When its timer was last restarted.
  [[nodiscard]] Time refreshed(MappingIndex index) const { return timers_.started(index); }
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
    Transport transport;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    using is_transparent = void;
    const MappingTable* table;
    std::size_t operator()(const Key& key) const {
      const std::uint64_t rest = std::uint64_t{key.internal.port} << 32 |
                                 std::uint64_t{key.remote.port} << 8 |
                                 static_cast<std::uint8_t>(key.transport);
      return absl::HashOf(key.internal.address, key.remote.address, rest);
    }
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
  void join_port(MappingIndex index);
  bool leave_port(MappingIndex index);

  const Dependence mapping_;
  const Dependence filtering_;
  const Dependence finest_;      // the finer of the two: how finely remotes are held
  const bool shares_ports_;      // RemoteSet's scope is the external endpoint, not the mapping
  const bool filters_endpoint_;  // contacts_ is kept

  static constexpr TimerLists::Class class_number(TimerClass timer) {
    return static_cast<TimerLists::Class>(timer);
  }

  // A mapping is in three parts: what each of its packets looks at, in one cache line; its timer,
  // so small that moving it, which touches the neighbours' too, stays in the cache; and what is
  // read when it begins or ends.
  struct alignas(64) Mapping {
    IpAddress internal_address;
    IpAddress remote_address;
    std::uint64_t packets_out = 0;
    std::uint64_t packets_in = 0;
    std::uint16_t internal_port;
    std::uint16_t remote_port;
    std::uint16_t external_address;  // as in ExternalKey
    std::uint16_t external_port;
    std::uint32_t further_remotes = no_index;  // its list in remotes_
    Transport transport;
    TimerClass timer;
    bool replied = false;  // a packet has come in by it
    bool dedicated;

    [[nodiscard]] Endpoint internal() const { return {internal_address, internal_port}; }
    [[nodiscard]] Endpoint first_remote() const { return {remote_address, remote_port}; }
    [[nodiscard]] ExternalKey external() const {
      return {external_address, external_port, transport};
    }
  };
  static_assert(sizeof(Mapping) == 64);
  struct Birth {
    std::uint64_t number;
    Time created;
    // Neighbours in the ring of those that share the external endpoint, in order of creation.
    MappingIndex next_on_port;
    MappingIndex previous_on_port;
  };

  DensePool<Mapping> mappings_;
  TimerLists timers_;          // numbered by index
  std::vector<Birth> births_;  // by index
  absl::flat_hash_set<MappingIndex, Hash, Equal> by_key_;
  absl::flat_hash_map<std::uint32_t, MappingIndex> by_external_;  // the first made on each endpoint
  RemoteSet remotes_;  // what mappings hold beyond their first remote; with shared ports, all
  // For FilterScope::per_endpoint: how many mappings of an internal endpoint admit a remote, as the
  // filter sees it.
  absl::flat_hash_map<std::pair<Endpoint, Endpoint>, std::int32_t> contacts_;
  std::uint32_t dedicated_ = 0;  // how many mappings are
};

}  // namespace natsim::nat
