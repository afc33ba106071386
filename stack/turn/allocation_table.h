// All allocations of a TURN server: found by 5-tuple or relayed address, watched for expiry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>

#include "stack/base/bytes.h"
#include "stack/turn/allocation.h"

namespace natsim::turn {

// Contract: whoever changes an allocation's times calls `reschedule` on it afterwards; relaying
// data changes none. A pointer to an allocation is good until `remove`.
class AllocationTable {
 public:
  // Precondition: neither the 5-tuple nor the relayed address is in the table.
  Allocation& create(const FiveTuple& tuple, const Endpoint& relay, std::string username,
                     const stun::TransactionId& origin, Time expires);
  // Precondition: the allocation has none of its family, and no other allocation has it.
  void add_relay(Allocation& allocation, const Relayed& relay);
  // Precondition: another one is left.
  void remove_relay(Allocation& allocation, Family family);
  // From here on the allocation can move. Precondition: it could not, and the ticket is new.
  void set_ticket(Allocation& allocation, const MobilityTicket& ticket);
  // Who is there by `tuple` may use the allocation as well; a move that was under way is given up.
  // Precondition: it can move, nobody else has the tuple, and the ticket is new.
  void begin_move(Allocation& allocation, const FiveTuple& tuple, const MobilityTicket& ticket,
                  const stun::TransactionId& request);
  // The former 5-tuple and ticket are good no more. Precondition: a move is under way.
  void finish_move(Allocation& allocation);
  // Nullptr if there is none.
  [[nodiscard]] Allocation* find_by_ticket(ByteView ticket) const;
  [[nodiscard]] Allocation* find(const FiveTuple& tuple) const;
  [[nodiscard]] Allocation* find_by_relay(const Endpoint& relay) const;
  void remove(Allocation& allocation);
  void reschedule(Allocation& allocation);

  // The allocation with the earliest deadline, the oldest if several have it; nullptr when that
  // deadline is after `now`.
  [[nodiscard]] Allocation* first_due(Time now) const;
  // Time::never() if the table is empty.
  [[nodiscard]] Time next_deadline() const;
  [[nodiscard]] std::size_t count_of(const std::string& username) const;
  // Oldest first.
  [[nodiscard]] std::vector<const Allocation*> all() const;

 private:
  struct Entry {
    Allocation allocation;
    Time scheduled;  // its deadline in deadlines_
  };
  struct Deadline {
    Time at;
    std::uint64_t id;  // of the allocation: equal instants come in order of age
    Entry* entry;      // takes no part in the order
    bool operator<(const Deadline& other) const {
      return std::pair(at, id) < std::pair(other.at, other.id);
    }
  };

  [[nodiscard]] Entry& entry_of(const Allocation& allocation) const;
  void forget_former(Mobility& mobility);

  absl::flat_hash_map<std::uint64_t, std::unique_ptr<Entry>> by_id_;
  absl::flat_hash_map<FiveTuple, Entry*> by_tuple_;  // two for one that is moving
  absl::flat_hash_map<MobilityTicket, Entry*> by_ticket_;
  absl::flat_hash_map<Endpoint, Entry*> by_relay_;
  absl::flat_hash_map<std::string, std::size_t> per_user_;  // number of allocations
  absl::btree_set<Deadline> deadlines_;                     // one for each allocation
  std::uint64_t next_id_ = 0;                               // of the next allocation
};

}  // namespace natsim::turn
