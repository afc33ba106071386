// One allocation on a TURN server: its relayed address, permissions and channels.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include <absl/container/btree_map.h>
#include <absl/container/flat_hash_map.h>

#include "stack/base/address.h"
#include "stack/base/time.h"
#include "stack/stun/message.h"
#include "stack/turn/server_event.h"

namespace natsim::turn {

// A channel binding. It relays until `expires`; until `quarantine_ends` neither its number nor its
// peer may be bound in another combination (RFC 8656 §12.2).
struct Channel {
  Endpoint peer;
  Time expires;
  Time quarantine_ends;
  bool lapsed = false;  // its expiry has been reported
};

// Contract:
// 1. Anything that expires is over at its instant itself: a permission that expires at t does not
//    let a packet of t through, whether or not `lapse` has been called.
// 2. `lapse(now)` forgets and reports what is over; `next_deadline()` says when it has work next.
class Allocation {
 public:
  // `id` orders allocations by age; `origin` is the transaction that made this one.
  Allocation(std::uint64_t id, const FiveTuple& tuple, const Endpoint& relay, std::string username,
             const stun::TransactionId& origin, Time expires)
      : id_(id),
        tuple_(tuple),
        relay_(relay),
        username_(std::move(username)),
        origin_(origin),
        expires_(expires) {}

  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] const FiveTuple& tuple() const { return tuple_; }
  [[nodiscard]] const Endpoint& relay() const { return relay_; }
  [[nodiscard]] const std::string& username() const { return username_; }
  [[nodiscard]] const stun::TransactionId& origin() const { return origin_; }
  // The token for the port above `relay`, if one was reserved along with it.
  [[nodiscard]] const std::optional<stun::ReservationToken>& reservation() const {
    return reservation_;
  }
  void set_reservation(const stun::ReservationToken& token) { reservation_ = token; }
  [[nodiscard]] Time expires() const { return expires_; }
  void set_expires(Time expires) { expires_ = expires; }

  [[nodiscard]] bool permits(const IpAddress& peer, Time now) const;
  // Installs or prolongs the permission; true if it stood at `now` already.
  bool permit(const IpAddress& peer, Time expires, Time now);

  // True if `number` and `peer` are bound to each other, or both are free to be.
  [[nodiscard]] bool can_bind(std::uint16_t number, const Endpoint& peer, Time now) const;
  // Binds or prolongs; true if the binding stood at `now` already. Precondition: can_bind.
  bool bind(std::uint16_t number, const Endpoint& peer, Time expires, Time quarantine_ends,
            Time now);
  [[nodiscard]] std::optional<Endpoint> peer_of(std::uint16_t number, Time now) const;
  [[nodiscard]] std::optional<std::uint16_t> channel_of(const Endpoint& peer, Time now) const;

  void lapse(Time now, std::deque<ServerEvent>& events);
  // The earliest expiry of the allocation, a permission, a channel or its quarantine.
  [[nodiscard]] Time next_deadline() const;

  // By peer: when the permission expires. By number: the channel.
  [[nodiscard]] const absl::btree_map<IpAddress, Time>& permissions() const { return permissions_; }
  [[nodiscard]] const absl::btree_map<std::uint16_t, Channel>& channels() const {
    return channels_;
  }

 private:
  std::uint64_t id_;            // for order among allocations with equal deadlines
  FiveTuple tuple_;             // who may use it
  Endpoint relay_;              // the relayed transport address
  std::string username_;        // who made it; the only one who may change it
  stun::TransactionId origin_;  // tells a retransmitted Allocate from a second one
  std::optional<stun::ReservationToken> reservation_;  // to be repeated with the success
  Time expires_;                                       // unless refreshed

  // Ordered, so that what lapses at one instant is always reported in the same order.
  absl::btree_map<IpAddress, Time> permissions_;
  absl::btree_map<std::uint16_t, Channel> channels_;             // bound or in quarantine
  absl::flat_hash_map<Endpoint, std::uint16_t> number_of_peer_;  // inverse of channels_
};

// Several lines: the allocation, then a line for each permission and channel with what is left of
// its time.
std::string describe(const Allocation& allocation, Time now);

}  // namespace natsim::turn
