// A local and a remote candidate, and how far the checks between them have come (RFC 8445 §6.1.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "stack/base/time.h"
#include "stack/ice/candidate.h"

namespace natsim::ice {

enum class Role : std::uint8_t { controlling, controlled };
std::string_view to_string(Role role);
constexpr Role opposite(Role role) {
  return role == Role::controlling ? Role::controlled : Role::controlling;
}

// Names a pair in events and snapshots: 1, 2, 3 … in the order of their making, never used again.
using PairId = std::uint32_t;
inline constexpr PairId no_pair = 0;

enum class PairState : std::uint8_t {
  frozen,
  waiting,
  in_progress,
  succeeded,
  failed,
  // Not a state of RFC 8445 §6.1.2.6: taken off the check list, since another pair was nominated
  // (§8.1.2) or the list was full (§6.1.2.5). A removed pair still understands a late response.
  removed,
};
std::string_view to_string(PairState state);

// Why a pair changed its state.
enum class PairReason : std::uint8_t {
  // towards frozen
  outranked,  // a new pair of its foundation has a higher priority and is checked first
  // towards waiting
  formed,         // no other pair of its foundation is being checked
  unfrozen,       // a pair of the same foundation succeeded, or none is left to wait for
  triggered,      // the peer's check arrived on it (RFC 8445 §7.3.1.4)
  role_switched,  // its check carried the role given up and is made anew
  // towards in_progress
  check_sent,
  // towards succeeded
  response,        // a success response from where the check went
  peer_nominated,  // a lite agent takes the peer's word (RFC 8445 §7.3.2)
  both_lite,       // nobody checks (RFC 8445 §8.2)
  // towards failed
  timeout,             // no response to any transmission
  non_symmetric,       // the response came from, or to, another address (RFC 8445 §7.2.5.2.1)
  error_response,      // an error other than 487; the code says which
  malformed_response,  // without XOR-MAPPED-ADDRESS, or with attributes that are not understood
  permission_refused,  // the TURN server lets the relay not talk to this address
  connection_lost,     // the TCP connection could not be opened, or has ended
  allocation_lost,     // the relayed local candidate is gone
  nomination_failed,   // no response to the check with USE-CANDIDATE
  consent_expired,     // no consent response for the consent timeout (RFC 7675 §5.1)
  // towards removed
  other_nominated,  // another pair was nominated (RFC 8445 §8.1.2)
  list_full,        // more pairs than allowed, and this has the lowest priority
};
std::string_view to_string(PairReason reason);

// Pair priority: 2^32 * MIN(G,D) + 2 * MAX(G,D) + (G > D ? 1 : 0), G being the controlling and D
// the controlled agent's candidate (RFC 8445 §6.1.2.3).
std::uint64_t pair_priority(Role own_role, std::uint32_t local, std::uint32_t remote);

struct CandidatePair {
  PairId id = no_pair;
  CandidateId local = 0;  // host or relayed: its base is where checks leave from
  CandidateId remote = 0;
  std::uint64_t priority = 0;  // of local and remote, in the agent's present role
  PairState state = PairState::frozen;

  // The local candidate that the peer saw (the response's mapped address) and the priority with it
  // in `local`'s place: the valid pair that this check made (RFC 8445 §7.2.5.3.2). Good if `valid`.
  bool valid = false;
  CandidateId valid_local = 0;
  std::uint64_t valid_priority = 0;

  bool nominated = false;
  // Controlled: USE-CANDIDATE came before our own check was answered (RFC 8445 §7.3.1.5).
  bool nominate_on_success = false;
  // Controlling: the check with USE-CANDIDATE is queued or on its way.
  bool nominating = false;
  // The highest NOMINATION that it was nominated with; 0 without renomination.
  std::uint32_t nomination = 0;
  // Of the last check that was answered without having been sent again.
  std::optional<Duration> round_trip;
  // In the triggered-check queue.
  bool queued = false;
  std::uint16_t foundation = 0;  // equal for pairs of equal local and equal remote foundations
  // The relay may not send to the remote address yet: no check is made before (RFC 8656 §9).
  bool awaiting_permission = false;
  // The peer's check was authenticated on this path: data from it is let through (RFC 8445 §12.2).
  bool authenticated = false;
  // Selected, and its TCP connection is gone.
  bool broken = false;

  std::uint32_t transmissions = 0;     // of checks, retransmissions included
  std::uint32_t triggered_checks = 0;  // queued by the peer's checks, against endless chases
  Time formed_at{};
  Time first_check = Time::never();
  Time succeeded_at = Time::never();  // first
  Time answered_at = Time::never();   // last success response
};

}  // namespace natsim::ice
