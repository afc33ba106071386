// The transport addresses that a TURN server may hand out as relayed addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "stack/base/address.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/stun/message.h"

namespace natsim::turn {

// Contract:
// 1. An address and port is with at most one allocation or reservation at a time, and for
//    `hold_off` after its release with none, so that late packets for one client never reach the
//    next (RFC 8656 §7.2).
// 2. Which one is handed out is random among the addresses of the family and the ports (RFC 8656
//    §7.2: not predictable).
class RelayPorts {
 public:
  enum class Parity : std::uint8_t {
    any,
    even,                // EVEN-PORT
    even_and_next_free,  // EVEN-PORT with the R bit
  };

  // Ports `first_port` to `last_port`, both included, on each address.
  RelayPorts(std::vector<IpAddress> addresses, std::uint16_t first_port, std::uint16_t last_port,
             Duration hold_off, Random random);

  [[nodiscard]] bool serves(Family family) const;
  // A free endpoint, which stays free; nullopt when all are taken.
  std::optional<Endpoint> pick(Family family, Parity parity, Time now);
  // What the token's holder may take; nullopt for a token that is not known, spent or too old.
  [[nodiscard]] std::optional<Endpoint> reserved(const stun::ReservationToken& token,
                                                 Time now) const;
  // Precondition: `endpoint` was just picked.
  void take(const Endpoint& endpoint);
  // Precondition: reserved() just gave an endpoint for `token`.
  void take_reserved(const stun::ReservationToken& token);
  // Keeps the port above `endpoint` for whoever shows the token within 30 s (RFC 8656 §7.2).
  // Precondition: `endpoint` was just picked with Parity::even_and_next_free.
  stun::ReservationToken reserve_next(const Endpoint& endpoint, Time now);
  void release(const Endpoint& endpoint, Time now);

 private:
  struct Reservation {
    Endpoint endpoint;
    Time ends;
  };

  [[nodiscard]] bool is_free(const Endpoint& endpoint, Time now) const;

  std::vector<IpAddress> addresses_;
  std::uint16_t first_port_;
  std::uint16_t last_port_;
  Duration hold_off_;
  Random random_;  // ports, addresses and tokens
  // Until when an endpoint is not free: never() while allocated, or the end of its reservation or
  // hold-off. Looked up by key alone.
  absl::flat_hash_map<Endpoint, Time> busy_until_;
  absl::flat_hash_map<stun::ReservationToken, Reservation> reservations_;
};

}  // namespace natsim::turn
