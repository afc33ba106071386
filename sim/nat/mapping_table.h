// The mappings of a NAT and the ways to find them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/hash/hash.h>

#include "sim/nat/dense_pool.h"
#include "sim/nat/external_pool.h"
#include "sim/nat/idle_timers.h"
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
  // It lets in `first_remote` alone, whatever the filter would.
  bool strict = false;
  // It was asked for: it serves all remotes, admits anyone and lasts until it is removed.
  bool leased = false;
};

// Contract:
// 1. One table serves all kinds of NAT: the kind decides which part of the remote endpoint belongs
//    to a mapping's key. What is not part of it is zeroed.
// 2. A mapping holds the remotes that its internal endpoint has sent to through it, as finely as
//    mapping and filtering tell remotes apart. They go with the mapping; with
//    TimerScope::per_session those of UDP are its sessions and may go before.
// 3. A leased mapping has no remote in its key and no timer, and does not note remotes. Where
//    mappings depend on the remote, those of the same internal endpoint come before it. Without
//    NatOptions::mapped_ports_outbound no packet from inside belongs to it.
// 4. Each other mapping has an idle timer, which starts when it is added and anew by `refresh`, or
// its
//    sessions have. It may have a lifetime besides. The table tells whose time has run out;
//    removing it is the user's matter.
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
  [[nodiscard]] bool holds(MappingIndex index, const Endpoint& remote) const;
  // What became of a remote that is to be held.
  enum class Hold : std::uint8_t {
    held,    // it was already
    opened,  // it is now
    clash,   // it is not, because another mapping on the same external endpoint holds it
  };
  // A session that it opens is on `timer`.
  Hold hold(MappingIndex index, const Endpoint& remote, TimerClass timer, Time now);
  // Whether a mapping could share the external endpoint and hold `remote`.
  [[nodiscard]] bool can_share(ExternalKey external, const Endpoint& remote) const;

  void count_out(MappingIndex index) { ++mappings_[index].packets_out; }
  void count_in(MappingIndex index) { ++mappings_[index].packets_in; }

  // The leased mapping of an internal endpoint; no_index if it has none.
  [[nodiscard]] MappingIndex find_leased(Transport transport, const Endpoint& internal) const;

  // Names what has the idle timer for packets between a mapping and a remote; no_index: nothing, as
  // there is no such session or the mapping is leased.
  using TimerIndex = std::uint32_t;
  [[nodiscard]] TimerIndex timer_of(MappingIndex index, const Endpoint& remote) const {
    if (mappings_[index].leased) return no_index;
    return mappings_[index].has_sessions ? remotes_.find(scope_of(index), seen_by(finest_, remote))
                                         : index;
  }
  // The state of such a timer and when what it belongs to began.
  [[nodiscard]] IdleState& idle_state(MappingIndex index, TimerIndex timer) {
    return mappings_[index].has_sessions ? remotes_[timer].idle : mappings_[index].idle;
  }
  [[nodiscard]] Time opened(MappingIndex index, TimerIndex timer) const {
    return mappings_[index].has_sessions ? remotes_[timer].opened : births_[index].created;
  }
  // The mapping's timer is likely to be restarted: has fetched what that takes.
  void prefetch_timer(MappingIndex index) const {
    const Mapping& mapping = mappings_[index];
    if (!mapping.has_sessions && !mapping.leased) timers_.prefetch_neighbours(index);
  }
  // Starts such a timer anew, as one of class `to`.
  void refresh(MappingIndex index, TimerIndex timer, TimerClass to, Direction direction, Time now) {
    const bool session = mappings_[index].has_sessions;
    (session ? session_timers_ : timers_)
        .restart(timer, idle_state(index, timer), to, direction, now);
  }
  // The same of a mapping that has no sessions.
  void refresh(MappingIndex index, TimerClass timer, Time now) {
    timers_.restart(index, mappings_[index].idle, timer, Direction::outbound, now);
  }
  [[nodiscard]] TimerClass timer_class(MappingIndex index) const {
    return mappings_[index].idle.timer;
  }

  // A mapping or one of its sessions whose time runs out.
  struct Due {
    Time at = Time::never();
    MappingIndex mapping = no_index;
    std::uint32_t session = no_index;  // no_index: the mapping itself
  };
  // What runs out first unless it is refreshed; no mapping if there is none.
  [[nodiscard]] Due first_to_expire() const;
  // The same if it has run out by `now`; no mapping if nothing has.
  [[nodiscard]] Due due(Time now) {
    if (now < expiry_bound()) return {};
    return find_due(now);
  }
  // Nothing expires before it. Time::never() if there is nothing.
  [[nodiscard]] Time expiry_bound() const {
    return std::min({timers_.bound(), session_timers_.bound(), lifetimes_.bound()});
  }
  // When the mapping does, unless anything is refreshed: for one with sessions, with the last.
  [[nodiscard]] Time expires(MappingIndex index) const;
  // Ends a session and closes the filter for its remote, which is given; nullopt if it is the
  // mapping's last, which then stays.
  std::optional<Endpoint> end_session(std::uint32_t session);
  // Of the mappings that `suits` accepts, the one whose timer, or the one session that it has, was
  // last refreshed longest ago; no_index if there is none. With `unreplied` only mappings by which
  // nothing has come in are looked at. Ties go to mappings without sessions.
  template <typename Suits>
  [[nodiscard]] MappingIndex idle_for_longest(bool unreplied, Suits&& suits) const {
    constexpr auto bit = [](TimerClass timer) {
      return std::uint64_t{1} << static_cast<std::size_t>(timer);
    };
    std::uint64_t classes = ~bit(TimerClass::udp_mapping);
    if (unreplied) {
      classes &= ~(bit(TimerClass::udp_replied) | bit(TimerClass::udp_stream) |
                   bit(TimerClass::tcp_mapping_replied));
    }
    const auto fits = [&](MappingIndex index) {
      return (!unreplied || mappings_[index].packets_in == 0) && suits(index);
    };
    const MappingIndex mapping = timers_.oldest(classes, fits);
    const std::uint32_t session = session_timers_.oldest(classes, [&](std::uint32_t entry) {
      const RemoteSet::Entry& e = remotes_[entry];
      return e.older == no_index && e.newer == no_index && fits(e.mapping);
    });
    if (session == no_index) return mapping;
    if (mapping == no_index || session_timers_.started(session) < timers_.started(mapping)) {
      return remotes_[session].mapping;
    }
    return mapping;
  }
  // All mappings, in order of creation.
  [[nodiscard]] std::vector<MappingIndex> all() const;
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
  // When its timer, or the latest of its sessions', was last started.
  [[nodiscard]] Time refreshed(MappingIndex index) const;
  [[nodiscard]] MappingOrigin origin(MappingIndex index) const;
  // What the mapping is for: the part of its first remote that belongs to its key.
  [[nodiscard]] Endpoint key_remote(MappingIndex index) const { return key_of(index).remote; }
  // Calls `visit(remote)` for each remote that the mapping holds, the latest first.
  template <typename Visit>
  void each_remote(MappingIndex index, Visit&& visit) const {
    const Mapping& mapping = mappings_[index];
    if (mapping.leased) return;
    const Endpoint first = seen_by(finest_, mapping.first_remote());
    for (std::uint32_t e = mapping.further_remotes; e != no_index; e = remotes_[e].older) {
      const Endpoint remote = remotes_[e].remote();
      if (mapping.has_sessions || remote != first) visit(remote);
    }
    if (!mapping.has_sessions && finest_ != Dependence::endpoint_independent) visit(first);
  }

 private:
  struct Mapping;
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
    bool operator()(MappingIndex a, const Key& b) const {
      table->timers_.prefetch(a);  // while the mapping itself is fetched: most often it is the one
      return table->key_of(a) == b;
    }
    bool operator()(const Key& a, MappingIndex b) const { return (*this)(b, a); }
  };

  struct ExternalHash {
    using is_transparent = void;
    const MappingTable* table;
    std::size_t operator()(ExternalKey key) const { return absl::HashOf(key.packed()); }
    std::size_t operator()(MappingIndex index) const {
      return absl::HashOf(table->mappings_[index].packed_external);
    }
  };
  struct ExternalEqual {
    using is_transparent = void;
    const MappingTable* table;
    bool operator()(MappingIndex a, MappingIndex b) const { return a == b; }
    bool operator()(MappingIndex a, ExternalKey b) const {
      table->timers_.prefetch(a);
      return table->mappings_[a].packed_external == b.packed();
    }
    bool operator()(ExternalKey a, MappingIndex b) const { return (*this)(b, a); }
  };

  // As much of a remote as belongs to the mapping's key.
  [[nodiscard]] Dependence key_dependence(const Mapping& mapping) const {
    if (mapping.leased) return Dependence::endpoint_independent;
    return mapping.dedicated ? alone_ : mapping_;
  }
  [[nodiscard]] Key key_of(MappingIndex index) const;
  [[nodiscard]] MappingIndex find_key(const Key& key) const;
  [[nodiscard]] std::uint32_t scope_of(MappingIndex index) const;
  [[nodiscard]] bool lists_first(MappingIndex index) const {
    return !mappings_[index].leased && (shares_ports_ || mappings_[index].has_sessions);
  }
  [[nodiscard]] Due find_due(Time now);
  void add_remote(MappingIndex index, const Endpoint& remote, TimerClass timer, Time now);
  void count_contact(const Endpoint& internal, const Endpoint& remote, std::int32_t change);
  void join_port(MappingIndex index);
  bool leave_port(MappingIndex index);

  const Dependence mapping_;
  const Dependence filtering_;
  const Dependence finest_;      // the finer of the two: how finely remotes are held
  const Dependence alone_;       // how finely remotes of dedicated mappings are told apart
  const bool shares_ports_;      // RemoteSet's scope is the external endpoint, not the mapping
  const bool filters_endpoint_;  // contacts_ is kept
  const bool sessions_;          // UDP has sessions
  // In the place of the remote in leased mappings' keys. Nothing is sent to it where what the host
  // sends does not belong to them.
  const Endpoint leased_remote_;
  const Duration max_lifetime_;  // 0: none

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
    std::uint32_t packed_external;             // an ExternalKey
    std::uint32_t further_remotes = no_index;  // its list in remotes_
    IdleState idle;
    bool dedicated : 1;
    bool strict : 1;
    bool has_sessions : 1;
    bool leased : 1;

    [[nodiscard]] Endpoint internal() const { return {internal_address, internal_port}; }
    [[nodiscard]] Endpoint first_remote() const { return {remote_address, remote_port}; }
    [[nodiscard]] ExternalKey external() const { return ExternalKey::unpacked(packed_external); }
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
  IdleTimers timers_;          // numbered by index
  IdleTimers session_timers_;  // numbered by entry in remotes_
  TimerLists lifetimes_;       // numbered by index, if there is a max_lifetime_
  std::vector<Birth> births_;  // by index
  absl::flat_hash_set<MappingIndex, Hash, Equal> by_key_;
  // The first made on each external endpoint.
  absl::flat_hash_set<MappingIndex, ExternalHash, ExternalEqual> by_external_;
  // What mappings hold beyond their first remote; with shared ports or sessions, all.
  RemoteSet remotes_;
  // For FilterScope::per_endpoint: how many mappings of an internal endpoint admit a remote, as the
  // filter sees it.
  absl::flat_hash_map<std::pair<Endpoint, Endpoint>, std::int32_t> contacts_;
  std::uint32_t dedicated_ = 0;  // how many mappings are
  std::uint32_t leased_ = 0;     // the same
};

}  // namespace natsim::nat
