// How an agent stands, for reports: values that outlive it.
#pragma once

#include <cstdint>
#include <string_view>

#include "stack/base/time.h"
#include "stack/ice/candidate.h"
#include "stack/ice/candidate_pair.h"

namespace natsim::ice {

// What became of a remote candidate.
enum class RemoteCandidateResult : std::uint8_t {
  added,
  replaced,   // it was known as peer-reflexive and now is what was signalled (RFC 8838 §11.4)
  duplicate,  // its address was signalled before
  other_component,  // not of the agent's component
  unusable,         // port 0, or an address that nobody can send to
  too_many,         // Options::max_remote_candidates are there
  after_the_end,    // the peer had said that there are no more (RFC 8838 §13)
  agent_closed,
  kept,              // until the credentials tell whether it is of this generation
  other_generation,  // its username fragment is not the peer's present one (RFC 8838 §4.1)
};
std::string_view to_string(RemoteCandidateResult result);

// A pair as it stands.
struct PairSnapshot {
  PairId id = no_pair;
  Candidate local;  // what the peer saw once the pair is valid; before, what checks leave from
  Candidate remote;
  CandidateType sent_from = CandidateType::host;  // host, or relayed when it goes through a relay
  std::uint64_t priority = 0;                     // with `local`
  PairState state = PairState::frozen;
  bool valid = false;
  bool nominated = false;
  bool selected = false;
  std::uint32_t transmissions = 0;  // of checks, retransmissions included
  Time first_check = Time::never();
  Time succeeded_at = Time::never();
};

// When things happened; Time::never() for what has not.
struct Milestones {
  Time gathering_started = Time::never();
  Time gathering_ended = Time::never();
  Time first_check = Time::never();       // sent by us
  Time first_valid_pair = Time::never();  // data can be sent from here on
  Time nominated = Time::never();         // the first pair was nominated and selected
};

}  // namespace natsim::ice
