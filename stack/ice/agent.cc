#include "stack/ice/agent.h"

#include <algorithm>
#include <utility>

namespace natsim::ice {
namespace {

Credentials draw_credentials(const Random& random) {
  Random stream = random.split("credentials");
  return Credentials::draw(stream);
}

}  // namespace

std::string_view to_string(SendResult result) {
  switch (result) {
    case SendResult::sent:
      return "sent";
    case SendResult::no_valid_pair:
      return "there is no valid pair";
    case SendResult::relay_refused:
      return "the relay did not take it";
  }
  return "";
}

Agent::Agent(Options options, Random random)
    : options_(std::move(options)),
      credentials_(draw_credentials(random)),
      checker_(options_, credentials_, random, events_),
      gatherer_(options_.keepalive, random.split("stun"), transmits_),
      relays_(random.split("turn"), transmits_) {}

std::optional<AddressRefusal> Agent::add_local_address(const Endpoint& base, Time now) {
  if (const auto refusal = refusal_of(base)) return refusal;
  if (std::find(bases_.begin(), bases_.end(), base) != bases_.end()) {
    return AddressRefusal::duplicate;
  }
  if (!gathering_ended_.is_never()) return AddressRefusal::too_late;
  bases_.push_back(base);
  if (!gathering_started_.is_never()) {
    gather_from(bases_.size() - 1, now);
    advance(now);
  }
  return std::nullopt;
}

void Agent::add_mapped_address(const Endpoint& base, const Endpoint& mapped) {
  mapped_addresses_.push_back({base, mapped});
}

void Agent::set_servers(std::vector<Endpoint> stun, std::vector<TurnServer> turn) {
  stun_servers_ = std::move(stun);
  turn_servers_ = std::move(turn);
}

void Agent::start_gathering(Time now) {
  if (!gathering_started_.is_never() || state() == AgentState::closed) return;
  gathering_started_ = now;
  for (std::size_t i = 0; i < bases_.size(); ++i) gather_from(i, now);
  offer_mapped_addresses(now);
  advance(now);
}

void Agent::replace_turn_socket(const Endpoint& base, const Endpoint& server,
                                std::optional<Endpoint> fresh, Time now) {
  relays_.replace_socket(base, server, fresh, now);
  advance(now);
}

bool Agent::set_remote_credentials(const Credentials& credentials, Time now) {
  if (!credentials.is_valid() || checker_.has_remote_credentials()) return false;
  checker_.set_remote_credentials(credentials, now);
  advance(now);
  return true;
}

RemoteCandidateResult Agent::add_remote_candidate(const Candidate& candidate, Time now) {
  const RemoteCandidateResult result = checker_.add_remote(candidate, now);
  advance(now);
  return result;
}

void Agent::end_of_remote_candidates(Time now) {
  checker_.end_of_remote(now);
  advance(now);
}

std::optional<ReceivedData> Agent::receive(const Endpoint& local, const Endpoint& remote,
                                           ByteView bytes, Time now) {
  std::optional<ReceivedData> data;
  if (const auto inbound = relays_.receive(local, remote, bytes, now)) {
    if (inbound->relay) data = deliver(*inbound->relay, inbound->peer, inbound->payload, now);
  } else if (!gatherer_.receive(local, remote, bytes, now)) {
    if (const auto sender = checker_.local().sender_at(local)) {
      data = deliver(*sender, remote, bytes, now);
    } else {
      events_.push(Ignored{IgnoreReason::no_candidate, local, remote, std::nullopt});
    }
  }
  advance(now);
  return data;
}

SendResult Agent::send(ByteView data, Time now) {
  const CandidatePair* pair = checker_.pair_in_use();
  if (pair == nullptr) return SendResult::no_valid_pair;
  const Candidate& local = checker_.local()[pair->local];
  const Endpoint& remote = checker_.remote()[pair->remote].address;
  if (local.type != CandidateType::relayed) {
    transmits_.push({local.base, remote, Bytes(data.begin(), data.end())});
  } else if (!relays_.send(pair->local, remote, data, now)) {
    return SendResult::relay_refused;
  }
  checker_.note_data_sent(now);
  return SendResult::sent;
}

void Agent::revoke_consent(Time now) {
  checker_.revoke_consent();
  advance(now);
}

void Agent::close(Time now) {
  checker_.close();
  inquiries_.clear();
  gatherer_.stop();
  relays_.release(std::nullopt, IpAddress(), now);
  relays_.flush(now);
}

void Agent::handle_timeout(Time now) {
  gatherer_.handle_timeout(now);
  relays_.handle_timeout(now);
  checker_.handle_timeout(now);
  advance(now);
}

Time Agent::next_timeout() const {
  Time next = std::min(
      {gatherer_.next_timeout(), relays_.next_timeout(), checker_.next_timeout(), release_at_});
  if (!inquiries_.empty() || checker_.has_check()) next = std::min(next, next_start_);
  return next;
}

Milestones Agent::milestones() const {
  Milestones milestones = checker_.milestones();
  milestones.gathering_started = gathering_started_;
  milestones.gathering_ended = gathering_ended_;
  return milestones;
}

std::vector<PairSnapshot> Agent::pairs() const {
  std::vector<PairSnapshot> snapshots;
  for (const CandidatePair& pair : checker_.list().pairs()) {
    snapshots.push_back(checker_.snapshot(pair));
  }
  std::stable_sort(snapshots.begin(), snapshots.end(),
                   [](const auto& a, const auto& b) { return a.priority > b.priority; });
  return snapshots;
}

std::optional<PairSnapshot> Agent::selected_pair() const {
  const CandidatePair* pair = checker_.list().find(checker_.selected());
  if (pair == nullptr) return std::nullopt;
  return checker_.snapshot(*pair);
}

std::optional<ReceivedData> Agent::deliver(CandidateId sender, const Endpoint& remote,
                                           ByteView bytes, Time now) {
  const Endpoint& local = checker_.local()[sender].base;
  const auto ignore = [&](IgnoreReason reason) {
    events_.push(Ignored{reason, local, remote, std::nullopt});
  };
  if (checker_.state() == AgentState::closed) {
    ignore(IgnoreReason::closed);
    return std::nullopt;
  }
  if (stun::looks_like_stun(bytes)) {
    if (const auto message = stun::MessageView::parse(bytes)) {
      checker_.receive(sender, remote, *message, now);
    } else {
      ignore(IgnoreReason::malformed_stun);
    }
    return std::nullopt;
  }
  // The first byte of STUN belongs to nothing else (RFC 7983 §7).
  if (!bytes.empty() && bytes[0] < 4) {
    ignore(IgnoreReason::malformed_stun);
    return std::nullopt;
  }
  const auto pair = checker_.accepts_data(sender, remote);
  if (!pair) {
    ignore(IgnoreReason::unvalidated_source);
    return std::nullopt;
  }
  return ReceivedData{*pair, bytes};
}

void Agent::advance(Time now) {
  for (;;) {
    drain(now);
    release_if_due(now);
    // Reflexive candidates are kept alive until ICE has ended (RFC 8445 §5.1.1.4).
    if (state() == AgentState::failed) gatherer_.stop();
    end_gathering_if_done(now);
    if (now < next_start_) return;
    if (!inquiries_.empty()) {
      start_inquiry(now);
    } else if (checker_.has_check()) {
      checker_.start_check(now);
    } else {
      return;
    }
    next_start_ = now + options_.ta;
  }
}

void Agent::drain(Time now) {
  while (auto result = gatherer_.poll_result()) handle(*result, now);
  for (;;) {
    while (auto request = checker_.poll_permission()) {
      relays_.permit(request->relay, request->peer, now);
    }
    if (const PairId selected = checker_.selected();
        selected != no_pair && selected != channel_pair_) {
      channel_pair_ = selected;
      const CandidatePair& pair = *checker_.list().find(selected);
      relays_.bind_channel(pair.local, checker_.remote()[pair.remote].address, now);
    }
    relays_.flush(now);
    while (auto outbound = checker_.poll_outbound()) route(std::move(*outbound), now);
    // What an allocation tells may make pairs, and these need permissions.
    const auto event = relays_.poll_event();
    if (!event) return;
    handle(*event, now);
  }
}

void Agent::route(Outbound outbound, Time now) {
  const Candidate& sender = checker_.local()[outbound.sender];
  if (sender.type == CandidateType::relayed) {
    // A relay that does not take it is lost or will be: the check goes unanswered.
    relays_.send(outbound.sender, outbound.remote, outbound.payload, now);
  } else {
    transmits_.push({sender.base, outbound.remote, std::move(outbound.payload)});
  }
}

void Agent::release_if_due(Time now) {
  if (checker_.selected() != no_pair && release_at_.is_never() && !released_ &&
      options_.release_after) {
    release_at_ = now + *options_.release_after;
  }
  if (now < release_at_) return;
  release_at_ = Time::never();
  released_ = true;
  inquiries_.clear();
  gatherer_.stop();
  const CandidatePair* selected = checker_.list().find(checker_.selected());
  if (selected == nullptr) return;
  const CandidateId kept = selected->local;
  const IpAddress peer = checker_.remote()[selected->remote].address.address;
  for (const CandidateId relay : relays_.candidates()) {
    if (relay != kept) checker_.lose_relay(relay, PairReason::other_nominated, now);
  }
  relays_.release(kept, peer, now);
  drain(now);
}

}  // namespace natsim::ice
