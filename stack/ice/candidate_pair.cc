#include "stack/ice/candidate_pair.h"

#include <algorithm>

namespace natsim::ice {

std::string_view to_string(Role role) {
  return role == Role::controlling ? "controlling" : "controlled";
}

std::string_view to_string(PairState state) {
  switch (state) {
    case PairState::frozen:
      return "frozen";
    case PairState::waiting:
      return "waiting";
    case PairState::in_progress:
      return "in-progress";
    case PairState::succeeded:
      return "succeeded";
    case PairState::failed:
      return "failed";
    case PairState::removed:
      return "removed";
  }
  return "";
}

std::string_view to_string(PairReason reason) {
  switch (reason) {
    case PairReason::outranked:
      return "a better pair of its foundation goes first";
    case PairReason::formed:
      return "new foundation";
    case PairReason::unfrozen:
      return "its foundation is free to be checked";
    case PairReason::triggered:
      return "the peer's check arrived";
    case PairReason::role_switched:
      return "the role was switched";
    case PairReason::check_sent:
      return "check sent";
    case PairReason::response:
      return "success response";
    case PairReason::peer_nominated:
      return "the peer nominated it";
    case PairReason::both_lite:
      return "both agents are lite";
    case PairReason::timeout:
      return "no response";
    case PairReason::non_symmetric:
      return "the response did not come from where the check went";
    case PairReason::error_response:
      return "error response";
    case PairReason::malformed_response:
      return "malformed response";
    case PairReason::permission_refused:
      return "the TURN server gave no permission";
    case PairReason::connection_lost:
      return "there is no TCP connection";
    case PairReason::allocation_lost:
      return "the relay's allocation is gone";
    case PairReason::nomination_failed:
      return "no response to the nominating check";
    case PairReason::consent_expired:
      return "consent expired";
    case PairReason::other_nominated:
      return "another pair was nominated";
    case PairReason::list_full:
      return "the check list is full";
  }
  return "";
}

std::uint64_t pair_priority(Role own_role, std::uint32_t local, std::uint32_t remote) {
  const std::uint64_t g = own_role == Role::controlling ? local : remote;
  const std::uint64_t d = own_role == Role::controlling ? remote : local;
  return (std::min(g, d) << 32) + 2 * std::max(g, d) + (g > d ? 1 : 0);
}

}  // namespace natsim::ice
