// Renomination: pairs that work are kept and measured, and the controlling agent moves to a better
// one (draft-thatcher-ice-renomination).
#include <algorithm>

#include "stack/ice/checker.h"

namespace natsim::ice {
namespace {

// A round trip must be shorter by this much, or each would be preferred in its turn.
constexpr Duration least_gain = milliseconds(10);

}  // namespace

void Checker::set_remote_renomination(bool renomination) { remote_renominates_ = renomination; }

void Checker::renominate_if_due(Time now) {
  const bool controls = renominates() && role_ == Role::controlling && !out_of_use_;
  if (!controls || selected_ == no_pair) {
    measure_at_ = Time::never();
    return;
  }
  if (measure_at_.is_never()) measure_at_ = now + options_.renomination_interval;
  if (now < measure_at_) return;
  measure_at_ = now + options_.renomination_interval;
  const auto pairs = list_.pairs();
  const bool under_way =
      std::any_of(pairs.begin(), pairs.end(), [](const auto& pair) { return pair.nominating; });
  if (!under_way) {
    if (CandidatePair* better = better_than_selected(now)) {
      better->nominating = true;
      list_.enqueue(*better);
    }
  }
  for (CandidatePair& pair : pairs) {
    if (pair.valid && pair.state == PairState::succeeded) list_.enqueue(pair);
  }
}

// By what the last checks have told. One lost check is no reason to leave the selected pair.
CandidatePair* Checker::better_than_selected(Time now) {
  const CandidatePair& selected = *list_.find(selected_);
  const auto answered_within = [&](const CandidatePair& pair, Duration span) {
    return !pair.answered_at.is_never() && now - pair.answered_at <= span;
  };
  const auto is_relayed = [&](const CandidatePair& pair) {
    return local_[pair.local].type == CandidateType::relayed ||
           remote_[pair.remote].type == CandidateType::relayed;
  };
  const Duration interval = options_.renomination_interval;
  const CandidatePair* best = answered_within(selected, interval * 2) ? &selected : nullptr;
  for (const CandidatePair& pair : list_.pairs()) {
    if (!pair.valid || !pair.round_trip || !answered_within(pair, interval)) continue;
    if (best == nullptr) {
      best = &pair;
    } else if (is_relayed(pair) != is_relayed(*best)) {
      if (is_relayed(*best)) best = &pair;
    } else if (best->round_trip && *pair.round_trip + least_gain < *best->round_trip) {
      best = &pair;
    }
  }
  return best == nullptr || best == &selected ? nullptr : list_.find(best->id);
}

}  // namespace natsim::ice
