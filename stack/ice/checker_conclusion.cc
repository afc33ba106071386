// Nomination, the pair in use with its consent, and the state of the whole (RFC 8445 §8, §12,
// RFC 7675, RFC 8863).
#include <algorithm>

#include "stack/ice/checker.h"
#include "stack/ice/nomination.h"

namespace natsim::ice {
namespace {

// The pair of the highest valid priority among those that `eligible` accepts.
template <typename Eligible>
PairId best_valid(const CheckList& list, Eligible eligible) {
  const CandidatePair* best = nullptr;
  for (const CandidatePair& pair : list.pairs()) {
    if (!pair.valid || !eligible(pair)) continue;
    if (best == nullptr || pair.valid_priority > best->valid_priority) best = &pair;
  }
  return best == nullptr ? no_pair : best->id;
}

}  // namespace

void Checker::lose_relay(CandidateId relay, PairReason reason, Time now) {
  const CandidatePair* selected = list_.find(selected_);
  const bool selected_is_lost = selected != nullptr && selected->local == relay;
  const PairState state =
      reason == PairReason::allocation_lost ? PairState::failed : PairState::removed;
  for (CandidatePair& pair : list_.pairs()) {
    if (pair.local == relay && pair.state != PairState::removed) lose_pair(pair, state, reason);
  }
  if (selected_is_lost) stop_without_alternative(StateReason::allocation_lost);
  settle(now);
}

void Checker::revoke_consent() {
  if (in_use_ == no_pair) return;
  events_.push(ConsentLost{in_use_, true, pair_in_use()->answered_at});
  stop(StateReason::consent_revoked);
}

void Checker::stop_using() {
  out_of_use_ = true;
  measure_at_ = Time::never();
  in_use_ = no_pair;
  consent_.end();
}

void Checker::close() {
  if (state_ == AgentState::closed) return;
  in_use_ = no_pair;
  consent_.end();
  change_state(AgentState::closed, StateReason::closed_by_host);
}

void Checker::settle(Time now) {
  if (now >= pac_ends_) pac_over_ = true;
  if (state_ == AgentState::failed || state_ == AgentState::closed) return;
  nominate_if_due(now);
  renominate_if_due(now);
  agree_as_lite(now);
  choose_pair_in_use(now);
  const bool nothing_to_wait_for = options_.lite || list_.is_settled();
  if (in_use_ == no_pair && pac_over_ && local_ended_ && remote_ended_ && nothing_to_wait_for) {
    stop(StateReason::checks_failed);
    return;
  }
  if (in_use_ != no_pair) {
    const bool unanswered = state_ == AgentState::disconnected && now >= consent_.disconnects();
    if (unanswered) return;
    change_state(
        selected_ != no_pair ? AgentState::completed : AgentState::connected,
        state_ == AgentState::disconnected ? StateReason::consent_answered : StateReason::progress);
  } else if (client_.has_credentials() && (options_.lite || !list_.pairs().empty())) {
    change_state(AgentState::checking);
  }
}

void Checker::nominate_if_due(Time now) {
  nomination_due_ = Time::never();
  if (role_ != Role::controlling || nominates_aggressively() || selected_ != no_pair) {
    return;
  }
  const auto pairs = list_.pairs();
  if (std::any_of(pairs.begin(), pairs.end(), [](const auto& pair) { return pair.nominating; })) {
    return;
  }
  const NominationDecision decision = decide_nomination(
      list_, local_, remote_, options_,
      {began_, milestones_.first_valid_pair, local_ended_ && remote_ended_, remote_ended_}, now);
  nomination_due_ = decision.reconsider;
  if (CandidatePair* pair = list_.find(decision.nominate)) {
    pair->nominating = true;
    list_.enqueue(*pair);
  }
}

void Checker::nominate(CandidatePair& pair, Time now) {
  pair.nominating = false;
  pair.nominate_on_success = false;
  if (pair.nominated && (!renominates() || pair.id == selected_)) return;
  if (!pair.nominated) events_.push(PairNominated{pair.id});
  pair.nominated = true;
  if (milestones_.nominated.is_never()) milestones_.nominated = now;

  // Several can be nominated only by an agent that nominates aggressively, and the best of them
  // counts (RFC 5245 §8.1.1.2), or by one that renominates, and the last of them counts.
  std::uint32_t last = 0;
  for (const CandidatePair& p : list_.pairs()) {
    if (p.nominated && p.valid) last = std::max(last, p.nomination);
  }
  const PairId best = best_valid(
      list_, [last](const CandidatePair& p) { return p.nominated && p.nomination == last; });
  if (best != selected_) {
    events_.push(SelectedPairChanged{selected_, best});
    selected_ = best;
  }
  conclude_list();
}

void Checker::take_unchecked(CandidatePair& pair, PairReason reason, Time now) {
  if (!pair.valid) {
    pair.valid = true;
    pair.valid_local = pair.local;
    list_.rank(pair, local_[pair.local], local_[pair.local], remote_[pair.remote], role_);
    pair.succeeded_at = now;
    if (milestones_.first_valid_pair.is_never()) milestones_.first_valid_pair = now;
    set_state(pair, PairState::succeeded, reason);
  }
  nominate(pair, now);
}

void Checker::agree_as_lite(Time now) {
  const bool both = options_.lite && remote_lite_;
  if (!both || !local_ended_ || !remote_ended_ || selected_ != no_pair) return;
  if (!client_.has_credentials()) return;
  // RFC 6724 §2.1 has IPv6 before IPv4; of one family ICE's priorities tell.
  for (const Family family : {Family::ipv6, Family::ipv4}) {
    PairId best = no_pair;
    std::uint64_t highest = 0;
    for (std::size_t l = 0; l < local_.all().size(); ++l) {
      if (local_.all()[l].address.address.family() != family) continue;
      for (std::size_t r = 0; r < remote_.all().size(); ++r) {
        if (is_stream(local_.all()[l].transport)) continue;  // nobody would connect
        const CandidatePair* pair =
            form_pair(static_cast<CandidateId>(l), static_cast<CandidateId>(r), now);
        if (pair == nullptr || pair->priority <= highest) continue;
        highest = pair->priority;
        best = pair->id;
      }
    }
    if (best != no_pair) return take_unchecked(*list_.find(best), PairReason::both_lite, now);
  }
}

bool Checker::nominates_aggressively() const {
  // To a lite peer only one pair may be nominated: it takes each at its word.
  return role_ == Role::controlling && options_.nomination == Nomination::aggressive &&
         !remote_lite_;
}

bool Checker::outranks_selected(const CandidatePair& pair) const {
  return pair.priority > list_.find(selected_)->valid_priority;
}

void Checker::conclude_list() {
  if (renominates()) return;
  for (CandidatePair& pair : list_.pairs()) {
    const bool in_progress = pair.state == PairState::in_progress;
    const bool untried = pair.state == PairState::waiting || pair.state == PairState::frozen;
    if (!in_progress && !untried) continue;
    // A better one that is, or will be, nominated as well goes on and may take over.
    const bool will_be_nominated =
        pair.nominate_on_success || (in_progress && nominates_aggressively());
    if (will_be_nominated && outranks_selected(pair)) continue;
    if (in_progress) client_.cancel(pair.id);
    set_state(pair, PairState::removed, PairReason::other_nominated);
  }
}

void Checker::choose_pair_in_use(Time now) {
  if (out_of_use_) return;
  const PairId best = selected_ != no_pair
                          ? selected_
                          : best_valid(list_, [](const CandidatePair&) { return true; });
  if (best == in_use_) return;
  in_use_ = best;
  last_sent_ = now;
  consent_.end();
  if (in_use_ != no_pair && asks_for_consent()) consent_.begin(now);
}

void Checker::lose_pair(CandidatePair& pair, PairState state, PairReason reason) {
  pair.valid = false;
  pair.nominated = false;
  pair.nominating = false;
  client_.cancel(pair.id);
  list_.dequeue(pair);
  set_state(pair, state, reason);
  if (pair.id == selected_) {
    events_.push(SelectedPairChanged{selected_, no_pair});
    selected_ = no_pair;
  }
}

void Checker::stop_without_alternative(StateReason reason) {
  const auto pairs = list_.pairs();
  const bool alternative =
      std::any_of(pairs.begin(), pairs.end(), [](const auto& pair) { return pair.valid; });
  if (renominates() && alternative) {
    in_use_ = no_pair;  // until settling has chosen another one
    consent_.end();
  } else {
    stop(reason);
  }
}

void Checker::stop(StateReason reason) {
  failure_ = reason;
  in_use_ = no_pair;
  consent_.end();
  nomination_due_ = measure_at_ = Time::never();
  change_state(AgentState::failed, reason);
}

void Checker::run_consent(Time now) {
  if (!consent_.is_on()) return;
  CandidatePair& pair = *list_.find(in_use_);
  if (now >= consent_.expires()) {
    events_.push(ConsentLost{pair.id, false, pair.answered_at});
    lose_pair(pair, PairState::failed, PairReason::consent_expired);
    stop_without_alternative(StateReason::consent_expired);
    return;
  }
  if (now >= consent_.next_request()) {
    consent_.sent(now);
    start(pair, CheckKind::consent, now);
  }
  if (now >= consent_.disconnects()) {
    change_state(AgentState::disconnected, StateReason::unanswered);
  }
}

void Checker::change_state(AgentState state, StateReason reason) {
  if (state == state_) return;
  events_.push(StateChanged{state_, state, reason});
  state_ = state;
}

}  // namespace natsim::ice
