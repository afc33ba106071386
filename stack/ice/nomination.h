// When the controlling agent nominates which pair (RFC 8445 §8.1.1 leaves both to it).
#pragma once

#include "stack/base/time.h"
#include "stack/ice/candidate_pair.h"
#include "stack/ice/candidate_table.h"
#include "stack/ice/check_list.h"
#include "stack/ice/options.h"

namespace natsim::ice {

struct NominationContext {
  Time began;                 // when checks could begin
  Time first_valid;           // when the first pair became valid
  bool all_candidates_known;  // both sides have said that there are no more
  bool remote_ended;          // the peer has
};

struct NominationDecision {
  PairId nominate = no_pair;        // now
  Time reconsider = Time::never();  // otherwise: not later than this
};

// Regular nomination. The choice is always the valid pair with the highest priority; the question
// is when.
//
// 1. At once when nothing can be better: no pair of a higher priority is Frozen, Waiting or
//    In-Progress, and no more candidates will come.
// 2. Otherwise when the pair's patience has run out, counted from the first valid pair, or from
// when
//    the youngest of the better pairs that are still open was formed. It never begins anew for
//    pairs that are there. A direct pair waits for Options::direct_patience. By default that is
//    zero, since checks go out in the order of priority: a better pair has had its head start, and
//    most that are still open, like the host candidates of another network, never will be answered.
// 3. A pair that goes through a relay waits for Options::relay_patience, so that a direct path
//    which takes a retransmission or two is not lost, and all relayed pairs can be compared. A
//    remote candidate that the peer has not signalled yet may be its relay and waits as long.
// With Options::acceptance the pair is nominated when its types' waits are over, whatever else is
// there.
NominationDecision decide_nomination(const CheckList& list, const LocalCandidates& local,
                                     const RemoteCandidates& remote, const Options& options,
                                     const NominationContext& context, Time now);

}  // namespace natsim::ice
