// What the peer's requests and responses do to the pairs (RFC 8445 §7.2.5, §7.3).
#include <algorithm>
#include <utility>

#include "stack/ice/checker.h"

namespace natsim::ice {

void Checker::receive(CandidateId sender, const Endpoint& remote, const stun::MessageView& message,
                      Time now) {
  if (message.method() != stun::Method::binding) {
    ignore(IgnoreReason::other_method, sender, remote, message);
  } else if (message.is_indication()) {
    ignore(IgnoreReason::indication, sender, remote, message);
  } else if (message.is_request()) {
    handle_request(sender, remote, message, now);
  } else {
    handle_response(sender, remote, message, now);
  }
  settle(now);
}

void Checker::handle_request(CandidateId sender, const Endpoint& remote,
                             const stun::MessageView& request, Time now) {
  CheckServer::Refusal refusal;
  const auto check = server_.examine(request, refusal);
  if (!check) {
    ignore(refusal.reason, sender, remote, request);
    respond(sender, remote, std::move(refusal.response));
    return;
  }
  const RoleVerdict verdict = resolve_roles(role_, tiebreaker_, *check);
  // A lite agent does not control a full one, which has missed that it does.
  const bool stays = options_.lite && !remote_lite_ && verdict == RoleVerdict::we_switch;
  if (verdict == RoleVerdict::peer_yields || stays) {
    const auto known = remote_.find(remote, local_[sender].transport);
    const CandidatePair* pair = known ? list_.find(sender, *known) : nullptr;
    const auto number = stun::ErrorNumber::role_conflict;
    events_.push(CheckReceived{pair != nullptr ? pair->id : no_pair, request.transaction_id(),
                               local_[sender].base, remote, check->use_candidate,
                               static_cast<int>(number)});
    respond(sender, remote, server_.error(request, number));
    return;
  }
  if (verdict == RoleVerdict::we_switch) switch_role(false);

  CandidatePair* pair = pair_of_request(sender, remote, request, *check, now);
  if (pair == nullptr) return;
  pair->authenticated = true;
  // The peer has connected again: it has lost the connection before, of which nothing came here.
  if (CandidatePair* selected = list_.find(selected_);
      selected != nullptr && selected != pair && selected->local == sender &&
      local_[sender].transport == Transport::tcp && !starts_checks(local_[sender]) &&
      remote_[selected->remote].address.address == remote.address) {
    selected->broken = true;
  }
  if (renominates() && check->use_candidate && role_ == Role::controlled) {
    pair->nomination = std::max(pair->nomination, check->nomination.value_or(0));
  }
  events_.push(CheckReceived{pair->id, request.transaction_id(), local_[sender].base, remote,
                             check->use_candidate});
  respond(sender, remote, server_.success(request, remote));
  if (options_.lite) {
    accept_as_lite(*pair, check->use_candidate, now);
  } else {
    trigger(*pair, *check, request, now);
  }
}

CandidatePair* Checker::pair_of_request(CandidateId sender, const Endpoint& remote,
                                        const stun::MessageView& request, const PeerCheck& check,
                                        Time now) {
  const Transport transport = local_[sender].transport;
  auto id = remote_.find(remote, transport);
  if (!id) {
    if (!check.priority) {
      ignore(IgnoreReason::bad_request, sender, remote, request);
      respond(sender, remote, server_.error(request, stun::ErrorNumber::bad_request));
      return nullptr;
    }
    id = remote_.add_peer_reflexive(remote, *check.priority, sender, transport);
    if (!id) {
      // An answer would make the pair valid for the peer, which might nominate it, and we could
      // not follow.
      ignore(IgnoreReason::peer_reflexive_cap, sender, remote, request);
      return nullptr;
    }
    events_.push(RemotePeerReflexive{*id, remote, local_[sender].base, *check.priority});
  }
  return form_pair(sender, *id, now);
}

void Checker::trigger(CandidatePair& pair, const PeerCheck& check, const stun::MessageView& request,
                      Time now) {
  if (state_ == AgentState::failed) {
    if (failure_ != StateReason::checks_failed) return;
    change_state(AgentState::checking);
  }
  const bool peer_nominates = role_ == Role::controlled && check.use_candidate;
  if (pair.state == PairState::succeeded) {
    if (peer_nominates) nominate(pair, now);
    return;
  }
  const bool concluded = !list_is_open() && !(nominates_aggressively() && outranks_selected(pair));
  if ((concluded || pair.state == PairState::removed) && !peer_nominates) {
    // Nothing is to be checked any more, or there is no room for the pair. A pair that this request
    // has formed goes as the others have gone.
    if (pair.state != PairState::failed) {
      set_state(pair, PairState::removed, PairReason::other_nominated);
    }
    return;
  }
  if (peer_nominates) pair.nominate_on_success = true;
  if (pair.triggered_checks == options_.max_triggered_checks) {
    ignore(IgnoreReason::triggered_cap, pair.local, remote_[pair.remote].address, request);
    return;
  }
  ++pair.triggered_checks;
  client_.cancel(pair.id);
  set_state(pair, PairState::waiting, PairReason::triggered);
  list_.enqueue(pair);
}

void Checker::accept_as_lite(CandidatePair& pair, bool use_candidate, Time now) {
  if (state_ == AgentState::failed) {
    if (failure_ != StateReason::checks_failed) return;
    change_state(AgentState::checking);
  }
  // The peer's requests for its own consent show that it is there. One with USE-CANDIDATE may be
  // the nomination's retransmission, after which a peer that asks for no consent says no more.
  if (pair.id == in_use_ && options_.consent && (consent_.is_on() || !use_candidate)) {
    consent_.renew(now);
  }
  if (use_candidate && role_ == Role::controlled) {
    take_unchecked(pair, PairReason::peer_nominated, now);
  }
}

void Checker::handle_response(CandidateId sender, const Endpoint& remote,
                              const stun::MessageView& response, Time now) {
  const Check* found = client_.find(response);
  if (found == nullptr) {
    ignore(IgnoreReason::unknown_transaction, sender, remote, response);
    return;
  }
  if (!client_.verify(response)) {
    ignore(IgnoreReason::unauthenticated_response, sender, remote, response);
    return;
  }
  const Check check = *found;
  const stun::TransactionId transaction = response.transaction_id();
  if (check.sender != sender || check.remote != remote) {
    // A pair that works is not given up for a stray response.
    if (list_.find(check.pair)->state == PairState::succeeded) {
      ignore(IgnoreReason::non_symmetric_response, sender, remote, response);
      return;
    }
    client_.finish(transaction);
    fail(check, PairReason::non_symmetric, 0);
    return;
  }
  const auto round_trip = client_.round_trip(transaction, now);
  client_.finish(transaction);

  const auto error = response.error_code();
  const auto mapped = response.xor_mapped_address();
  const bool well_formed = (response.is_success() ? mapped.has_value() : error.has_value()) &&
                           response.unknown_required(stun::Usage::stun | stun::Usage::ice).empty();
  if (!well_formed) {
    fail(check, PairReason::malformed_response, 0);
    return;
  }
  if (response.is_success()) {
    events_.push(CheckAnswered{check.pair, transaction, check.kind, 0, *mapped});
    if (round_trip) list_.find(check.pair)->round_trip = round_trip;
    succeed(check, *mapped, now);
    return;
  }
  const int code = static_cast<int>(error->number);
  events_.push(CheckAnswered{check.pair, transaction, check.kind, code, {}});
  if (error->number == stun::ErrorNumber::role_conflict) {
    role_conflict(check);
  } else {
    fail(check, PairReason::error_response, code);
  }
}

void Checker::succeed(const Check& check, const Endpoint& mapped, Time now) {
  CandidatePair& pair = *list_.find(check.pair);
  pair.answered_at = now;
  if (pair.id == in_use_ && consent_.is_on()) consent_.renew(now);
  mend(pair);
  if (check.kind == CheckKind::consent || check.kind == CheckKind::measuring) return;

  const Candidate& sender = local_[check.sender];
  auto valid_local = local_.find(mapped, sender.transport);
  // A connection leaves from a port of its own.
  const bool over_tcp = sender.transport == Transport::tcp;
  if (over_tcp && mapped.address == sender.base.address) valid_local = check.sender;
  if (!valid_local) {
    valid_local = local_.add_peer_reflexive(mapped, check.local, check.priority, sender.transport,
                                            sender.tcp_type);
    events_.push(LocalPeerReflexive{*valid_local, mapped, check.local, check.priority});
  }
  pair.valid = true;
  pair.valid_local = *valid_local;
  list_.rank(pair, local_[pair.local], local_[pair.valid_local], remote_[pair.remote], role_);
  if (pair.succeeded_at.is_never()) pair.succeeded_at = now;
  if (milestones_.first_valid_pair.is_never()) milestones_.first_valid_pair = now;
  if (pair.state != PairState::succeeded) {
    client_.cancel(pair.id);
    list_.dequeue(pair);
    set_state(pair, PairState::succeeded, PairReason::response);
  }
  if (list_is_open()) {
    for (CandidatePair& other : list_.pairs()) {
      if (other.state == PairState::frozen && other.foundation == pair.foundation) {
        set_state(other, PairState::waiting, PairReason::unfrozen);
      }
    }
  }
  const bool confirmed = role_ == Role::controlling ? check.role == role_ && check.use_candidate
                                                    : pair.nominate_on_success;
  if (confirmed) nominate(pair, now);
}

void Checker::fail(const Check& check, PairReason reason, int code) {
  CandidatePair& pair = *list_.find(check.pair);
  switch (check.kind) {
    case CheckKind::ordinary:
    case CheckKind::triggered:
      if (pair.state == PairState::in_progress) set_state(pair, PairState::failed, reason, code);
      return;
    case CheckKind::nominating:
      if (pair.nominating) lose_pair(pair, PairState::failed, PairReason::nomination_failed);
      return;
    case CheckKind::consent:
    case CheckKind::measuring:
      // Neither silence nor an error ends consent before its time, nor do they renew it.
      return;
  }
}

void Checker::role_conflict(const Check& check) {
  if (check.kind == CheckKind::consent || check.kind == CheckKind::measuring) return;
  // Only if the role is still the one that the check was made in: the peer's own check may have
  // switched it meanwhile. The new tiebreaker ends a conflict of equal ones (RFC 8445 §7.2.5.1).
  if (role_ == check.role) {
    tiebreaker_ = tiebreakers_.next();
    switch_role(true);
  }
  CandidatePair& pair = *list_.find(check.pair);
  if (pair.state != PairState::waiting && pair.state != PairState::in_progress) return;
  if (pair.triggered_checks == options_.max_triggered_checks) {
    set_state(pair, PairState::failed, PairReason::error_response,
              static_cast<int>(stun::ErrorNumber::role_conflict));
    return;
  }
  ++pair.triggered_checks;
  set_state(pair, PairState::waiting, PairReason::role_switched);
  list_.enqueue(pair);
}

void Checker::switch_role(bool by_response) {
  events_.push(RoleSwitched{opposite(role_), by_response});
  take_role(opposite(role_));
}

void Checker::adopt_role(Role role, std::uint64_t tiebreaker) {
  tiebreaker_ = tiebreaker;
  if (role != role_) take_role(role);
}

void Checker::take_role(Role role) {
  role_ = role;
  for (CandidatePair& pair : list_.pairs()) {
    pair.nominate_on_success = false;
    if (pair.nominating) {
      pair.nominating = false;
      client_.cancel(pair.id);
      list_.dequeue(pair);
    }
    // What is on its way says the old role, and so would its retransmissions.
    if (pair.state == PairState::in_progress) {
      client_.cancel(pair.id);
      set_state(pair, PairState::waiting, PairReason::role_switched);
    }
  }
  nomination_due_ = Time::never();
  rank_all();
}

void Checker::respond(CandidateId sender, const Endpoint& remote, Bytes response) {
  outbound_.push({sender, remote, std::move(response)});
}

}  // namespace natsim::ice
