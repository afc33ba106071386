// One allocation on a TURN server: its relayed addresses, permissions and channels.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/btree_map.h>
#include <absl/container/flat_hash_map.h>

#include "stack/base/address.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/stun/error_code.h"
#include "stack/stun/message.h"
#include "stack/turn/server_event.h"

namespace natsim::turn {

// What LIFETIME says of a lifetime.
constexpr std::uint32_t whole_seconds(Duration duration) {
  return static_cast<std::uint32_t>(duration / seconds(1));
}

// A relayed transport address of an allocation. Those of a dual one are refreshed, deleted and
// expire each for itself (RFC 8656 §8.1).
struct Relayed {
  Endpoint address;
  Time expires;  // unless refreshed
};

// By which a client proves from another address that an allocation is its own (RFC 8016). It is
// random and means nothing by itself.
using MobilityTicket = std::array<std::uint8_t, 16>;
MobilityTicket draw_ticket(Random& random);

// How an allocation that can move stands.
struct Mobility {
  MobilityTicket ticket;
  // During a move: where the client is going, what it asked by, and the ticket that it may still
  // believe to be good, should the answer have been lost.
  std::optional<FiveTuple> next{};
  std::optional<MobilityTicket> former{};
  // The Refresh that the allocation last moved by, which may come again.
  std::optional<stun::TransactionId> moved_by{};
};

// The family of which an Allocate for two got no address, and why.
struct MissingFamily {
  Family family;
  stun::ErrorNumber why;
};

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
// 2. It has one relayed address, or as a dual allocation one of each family at most. A permission
//    or a channel goes by the address of its peer's family, and ends with it.
// 3. `lapse(now)` forgets and reports what is over; `next_deadline()` says when it has work next.
class Allocation {
 public:
  // `id` orders allocations by age; `origin` is the transaction that made this one.
  Allocation(std::uint64_t id, const FiveTuple& tuple, const Endpoint& relay, std::string username,
             const stun::TransactionId& origin, Time expires)
      : id_(id),
        tuple_(tuple),
        relays_{{relay, expires}},
        username_(std::move(username)),
        origin_(origin) {}

  [[nodiscard]] std::uint64_t id() const { return id_; }
  // Where what peers send goes to.
  [[nodiscard]] const FiveTuple& tuple() const { return tuple_; }
  [[nodiscard]] const std::optional<Mobility>& mobility() const { return mobility_; }
  // The older of the two in a dual allocation, which is the IPv4 one as long as it stands.
  [[nodiscard]] const Endpoint& relay() const { return relays_.front().address; }
  [[nodiscard]] const std::vector<Relayed>& relays() const { return relays_; }
  // Nullptr if it has none of this family.
  [[nodiscard]] const Relayed* relay_of(Family family) const;
  // Precondition: it has none of its family.
  void add_relay(const Relayed& relay) { relays_.push_back(relay); }
  // Ends the permissions and channels of the family as well. Precondition: another one is left.
  void remove_relay(Family family);
  [[nodiscard]] const std::string& username() const { return username_; }
  [[nodiscard]] const stun::TransactionId& origin() const { return origin_; }
  // The token for the port above `relay`, if one was reserved along with it.
  [[nodiscard]] const std::optional<stun::ReservationToken>& reservation() const {
    return reservation_;
  }
  void set_reservation(const stun::ReservationToken& token) { reservation_ = token; }
  // Peers are connected with by TCP (RFC 6062).
  [[nodiscard]] bool relays_tcp() const { return relays_tcp_; }
  void set_relays_tcp() { relays_tcp_ = true; }
  [[nodiscard]] const std::optional<MissingFamily>& missing() const { return missing_; }
  void set_missing(const MissingFamily& missing) { missing_ = missing; }
  // When the last relayed address expires.
  [[nodiscard]] Time expires() const;
  void set_expires(Family family, Time expires);

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
  friend class AllocationTable;  // which finds it by the 5-tuples and tickets

  std::uint64_t id_;  // for order among allocations with equal deadlines
  FiveTuple tuple_;   // who may use it
  std::optional<Mobility> mobility_;
  std::vector<Relayed> relays_;  // one or two
  std::string username_;         // who made it; the only one who may change it
  stun::TransactionId origin_;   // tells a retransmitted Allocate from a second one
  // To be repeated with the success.
  std::optional<stun::ReservationToken> reservation_;
  std::optional<MissingFamily> missing_;
  bool relays_tcp_ = false;

  // Ordered, so that what lapses at one instant is always reported in the same order.
  absl::btree_map<IpAddress, Time> permissions_;
  absl::btree_map<std::uint16_t, Channel> channels_;             // bound or in quarantine
  absl::flat_hash_map<Endpoint, std::uint16_t> number_of_peer_;  // inverse of channels_
};

// Several lines: the allocation, then a line for each permission and channel with what is left of
// its time.
std::string describe(const Allocation& allocation, Time now);

}  // namespace natsim::turn
