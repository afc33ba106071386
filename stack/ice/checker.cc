#include "stack/ice/checker.h"

#include <algorithm>
#include <utility>

#include "stack/stun/message_builder.h"

namespace natsim::ice {

Checker::Checker(const Options& options, const Credentials& local, Random random, PairId& last_pair,
                 Foundations& foundations, Fifo<Event>& events)
    : options_(options),
      events_(events),
      tiebreakers_(random.split("tiebreaker")),
      keepalives_(random.split("keepalive")),
      own_credentials_(local),
      foundations_(foundations),
      local_(foundations, options.component, options.hide_host_candidates,
             options.mdns == Mdns::gather),
      remote_(foundations, options.component, options.max_peer_reflexive),
      list_(options.max_pairs, last_pair, foundations),
      client_(random.split("transaction")),
      server_(local),
      consent_(options, random.split("consent")),
      role_(options.lite ? Role::controlled : options.role),
      tiebreaker_(options.tiebreaker ? *options.tiebreaker : tiebreakers_.next()) {}

std::optional<CandidateId> Checker::add_local(const Candidate& candidate,
                                              std::uint16_t local_preference, Time now) {
  const auto id = local_.add(candidate, local_preference);
  if (!id) return std::nullopt;
  rank_all();  // it may have been known as peer-reflexive
  if (starts_checks(candidate) && list_is_open() && !options_.lite) {
    for (std::size_t i = 0; i < remote_.all().size(); ++i) {
      const auto remote = static_cast<CandidateId>(i);
      // A peer-reflexive candidate is paired only with the address that it was seen at
      // (RFC 8445 §7.3.1.4).
      if (remote_.is_signalled(remote)) form_pair(*id, remote, now);
    }
  }
  settle(now);
  return id;
}

void Checker::end_of_local(Time now) {
  local_ended_ = true;
  settle(now);
}

void Checker::permission_ready(CandidateId relay, const IpAddress& peer, Time now) {
  for (CandidatePair& pair : list_.pairs()) {
    if (pair.local == relay && remote_[pair.remote].address.address == peer) {
      pair.awaiting_permission = false;
    }
  }
  settle(now);
}

void Checker::permission_failed(CandidateId relay, const IpAddress& peer, int code, Time now) {
  for (CandidatePair& pair : list_.pairs()) {
    if (pair.local != relay || remote_[pair.remote].address.address != peer) continue;
    if (!pair.awaiting_permission) continue;
    pair.awaiting_permission = false;
    if (pair.state == PairState::removed) continue;
    list_.dequeue(pair);
    set_state(pair, PairState::failed, PairReason::permission_refused, code);
  }
  settle(now);
}

void Checker::set_remote_lite(bool lite) {
  remote_lite_ = lite;
  // Between full agents a check may have settled the roles already.
  if (!options_.lite && !lite) return;
  role_ = options_.lite == remote_lite_ ? options_.role
          : options_.lite               ? Role::controlled
                                        : Role::controlling;
  rank_all();
}

void Checker::set_remote_credentials(const Credentials& remote, Time now) {
  client_.set_credentials(own_credentials_, remote);
  remote_ufrag_ = remote.ufrag;
  began_ = now;
  pac_ends_ = now + options_.pac;
  settle(now);
}

RemoteCandidateResult Checker::add_remote(const Candidate& candidate, Time now) {
  if (state_ == AgentState::closed) return RemoteCandidateResult::agent_closed;
  if (remote_ended_) return RemoteCandidateResult::after_the_end;
  if (candidate.component != options_.component) return RemoteCandidateResult::other_component;
  if (candidate.address.port == 0 || candidate.address.address.is_any() ||
      candidate.address.address.is_multicast()) {
    return RemoteCandidateResult::unusable;
  }
  if (remote_.signalled() >= options_.max_remote_candidates) return RemoteCandidateResult::too_many;

  const RemoteCandidates::Signalled signalled = remote_.add_signalled(candidate);
  if (!signalled.is_new && !signalled.replaced) return RemoteCandidateResult::duplicate;
  if (signalled.replaced) {
    events_.push(PeerReflexiveSignalled{signalled.id, candidate.address, candidate.type});
    rank_all();
  }
  if (list_is_open() && !options_.lite) {
    for (std::size_t i = 0; i < local_.all().size(); ++i) {
      const auto local = static_cast<CandidateId>(i);
      if (starts_checks(local_[local])) form_pair(local, signalled.id, now);
    }
  }
  settle(now);
  return signalled.is_new ? RemoteCandidateResult::added : RemoteCandidateResult::replaced;
}

void Checker::end_of_remote(Time now) {
  remote_ended_ = true;
  settle(now);
}

std::optional<PairId> Checker::accepts_data(CandidateId sender, const Endpoint& remote) const {
  const auto trusted = [&](const CandidatePair& pair) {
    return pair.local == sender && (pair.valid || pair.authenticated) &&
           remote_[pair.remote].address == remote;
  };
  if (const CandidatePair* pair = pair_in_use(); pair != nullptr && trusted(*pair)) return pair->id;
  for (const CandidatePair& pair : list_.pairs()) {
    if (trusted(pair)) return pair.id;
  }
  return std::nullopt;
}

bool Checker::expects(CandidateId sender, const Endpoint& remote, ByteView bytes) const {
  const auto message = stun::MessageView::parse(bytes);
  if (!message) return accepts_data(sender, remote).has_value();
  if (message->is_request()) return server_.is_for_us(*message);
  return message->is_response() && client_.find(*message) != nullptr;
}

void Checker::start_check(Time now) {
  if (CandidatePair* pair = list_.take_triggered()) {
    const CheckKind of_state =
        pair->state == PairState::succeeded ? CheckKind::measuring : CheckKind::triggered;
    start(*pair, pair->nominating ? CheckKind::nominating : of_state, now);
    return;
  }
  while (CandidatePair* thawed = list_.thawed()) {
    set_state(*thawed, PairState::waiting, PairReason::unfrozen);
  }
  CandidatePair* pair = list_.best_waiting();
  if (pair == nullptr) {
    pair = list_.best_unfreezable();
    if (pair == nullptr) return;
    set_state(*pair, PairState::waiting, PairReason::unfrozen);
  }
  start(*pair, CheckKind::ordinary, now);
}

void Checker::handle_timeout(Time now) {
  if (state_ == AgentState::closed) return;
  while (auto due = client_.advance(now)) {
    if (due->retransmission) {
      transmit(std::move(*due->retransmission));
    } else {
      time_out(*due);
    }
  }
  run_consent(now);
  send_keepalive(now);
  settle(now);
}

Time Checker::next_timeout() const {
  if (state_ == AgentState::closed) return Time::never();
  Time next = std::min({client_.next_timeout(), nomination_due_, measure_at_,
                        consent_.next_request(), consent_.expires(), keepalive_due()});
  if (!pac_over_) next = std::min(next, pac_ends_);
  if (state_ != AgentState::disconnected) next = std::min(next, consent_.disconnects());
  return next;
}

PairSnapshot Checker::snapshot(const CandidatePair& pair) const {
  PairSnapshot snapshot;
  snapshot.id = pair.id;
  snapshot.local = local_[pair.valid ? pair.valid_local : pair.local];
  snapshot.remote = remote_[pair.remote];
  snapshot.sent_from = local_[pair.local].type;
  snapshot.priority = pair.valid ? pair.valid_priority : pair.priority;
  snapshot.state = pair.state;
  snapshot.valid = pair.valid;
  snapshot.nominated = pair.nominated;
  snapshot.selected = pair.id == selected_;
  snapshot.transmissions = pair.transmissions;
  snapshot.first_check = pair.first_check;
  snapshot.succeeded_at = pair.succeeded_at;
  return snapshot;
}

CandidatePair* Checker::form_pair(CandidateId local, CandidateId remote, Time now) {
  if (!can_pair(local_[local], remote_[remote])) return nullptr;
  if (CandidatePair* known = list_.find(local, remote)) return known;
  const CheckList::Addition addition =
      list_.add(local, local_[local], remote, remote_[remote], role_);
  CandidatePair& pair = *list_.find(addition.pair);
  pair.formed_at = now;
  events_.push(PairAdded{pair.id, local_[local].type, remote_[remote].type, local_[local].base,
                         remote_[remote].address, pair.priority, pair.state,
                         local_[local].transport});
  if (const CandidatePair* frozen = list_.find(addition.frozen)) {
    events_.push(
        PairStateChanged{frozen->id, PairState::waiting, PairState::frozen, PairReason::outranked});
  }
  if (const CandidatePair* displaced = list_.find(addition.displaced)) {
    events_.push(PairStateChanged{displaced->id, addition.displaced_from, PairState::removed,
                                  PairReason::list_full});
  }
  if (pair.state != PairState::removed && local_[local].type == CandidateType::relayed) {
    pair.awaiting_permission = true;
    permissions_.push({local, remote_[remote].address.address});
  }
  return &pair;
}

void Checker::set_state(CandidatePair& pair, PairState state, PairReason reason, int code) {
  if (pair.state == state) return;
  events_.push(PairStateChanged{pair.id, pair.state, state, reason, code});
  list_.set_state(pair, state);
}

void Checker::rank_all() {
  for (CandidatePair& pair : list_.pairs()) {
    list_.rank(pair, local_[pair.local], local_[pair.valid_local], remote_[pair.remote], role_);
  }
}

void Checker::start(CandidatePair& pair, CheckKind kind, Time now) {
  const bool of_list = kind == CheckKind::ordinary || kind == CheckKind::triggered;
  if (of_list) set_state(pair, PairState::in_progress, PairReason::check_sent);

  const Candidate& local = local_[pair.local];
  Check check;
  check.pair = pair.id;
  check.kind = kind;
  check.sender = pair.local;
  check.local = local.base;
  check.remote = remote_[pair.remote].address;
  check.priority = peer_reflexive_priority(local.priority);
  check.role = role_;
  check.tiebreaker = tiebreaker_;
  check.use_candidate = role_ == Role::controlling &&
                        (kind == CheckKind::nominating || (of_list && nominates_aggressively()));

  if (kind == CheckKind::nominating && renominates()) {
    check.nomination = pair.nomination = ++nominations_;
  }

  stun::TransactionTimers timers = options_.check_timers;
  if (kind == CheckKind::consent) {
    // One transmission; the answer counts as long as consent can last (RFC 7675 §5.1).
    timers = stun::TransactionTimers::reliable(options_.consent_timeout);
  } else if (kind == CheckKind::measuring) {
    timers = stun::TransactionTimers::reliable(options_.renomination_interval);
  } else {
    timers.rto = std::max(timers.rto, options_.ta * foundations_.active());
    if (local.transport == Transport::tcp) {
      timers = options_.check_limit ? stun::TransactionTimers::reliable(*options_.check_limit)
                                    : stun::TransactionTimers::reliable();
    } else if (options_.check_limit) {
      timers.rc = static_cast<int>(std::max<std::int64_t>(1, *options_.check_limit / timers.rto));
    }
    if (pair.first_check.is_never()) pair.first_check = now;
    if (milestones_.first_check.is_never()) milestones_.first_check = now;
  }
  transmit(client_.start(check, timers, now));
}

void Checker::transmit(Transmission transmission) {
  const Check& check = transmission.check;
  if (check.kind != CheckKind::consent) ++list_.find(check.pair)->transmissions;
  events_.push(CheckSent{check.pair, transmission.transaction, check.local, check.remote,
                         check.kind, check.use_candidate, transmission.number});
  outbound_.push({check.sender, check.remote, std::move(transmission.payload)});
}

void Checker::time_out(const CheckClient::Due& due) {
  events_.push(CheckTimedOut{due.check.pair, due.transaction, due.check.kind});
  fail(due.check, PairReason::timeout, 0);
}

void Checker::send_keepalive(Time now) {
  if (now < keepalive_due()) return;
  const CandidatePair& pair = *pair_in_use();
  stun::MessageBuilder indication(stun::MessageClass::indication, stun::Method::binding,
                                  stun::TransactionId::draw(keepalives_));
  events_.push(KeepaliveSent{pair.id});
  outbound_.push({pair.local, remote_[pair.remote].address, indication.fingerprint().take()});
  last_sent_ = now;
}

Time Checker::keepalive_due() const {
  return asks_for_consent() || in_use_ == no_pair ? Time::never() : last_sent_ + options_.keepalive;
}

void Checker::ignore(IgnoreReason reason, CandidateId sender, const Endpoint& remote,
                     const stun::MessageView& message) {
  events_.push(Ignored{reason, local_[sender].base, remote, message.transaction_id()});
}

}  // namespace natsim::ice
