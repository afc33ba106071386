#include "stack/ice/generation.h"

#include <algorithm>
#include <utility>

namespace natsim::ice {
namespace {

Credentials draw_credentials(const Random& random) {
  Random stream = random.split("credentials");
  return Credentials::draw(stream);
}

// All that is drawn but for the credentials.
Random stream_of(const Random& random, std::uint8_t component) {
  return component == 1 ? random : random.split(component);
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
    case SendResult::no_connection:
      return "its TCP connection is gone";
  }
  return "";
}

Generation::Generation(Options options, const Random& random, const Servers& servers,
                       CheckListSet& set, std::uint32_t number, Fifo<Transmit>& transmits)
    : options_(std::move(options)),
      credentials_(draw_credentials(random)),
      servers_(servers),
      set_(set),
      foundations_(set.foundations_of(number)),
      transmits_(transmits),
      checker_(options_, credentials_, stream_of(random, options_.component), set.last_pair,
               *foundations_, events_),
      gatherer_(options_.keepalive, stream_of(random, options_.component).split("stun"),
                transmits_),
      relays_(stream_of(random, options_.component).split("turn"), transmits_),
      tcp_(events_, transmits_) {}

std::optional<AddressRefusal> Generation::add_local_address(const Endpoint& base, Time now) {
  if (const auto refusal = refusal_among(bases_, base)) return refusal;
  bases_.push_back(base);
  sockets_.push_back(base);
  if (!gathering_started_.is_never()) gather_from(bases_.size() - 1, now);
  return std::nullopt;
}

std::optional<AddressRefusal> Generation::add_tcp_address(const Endpoint& listener, Time now) {
  if (const auto refusal = refusal_among(listeners_, listener)) return refusal;
  listeners_.push_back(listener);
  if (!gathering_started_.is_never()) gather_tcp_from(listeners_.size() - 1, now);
  return std::nullopt;
}

std::optional<AddressRefusal> Generation::refusal_among(const std::vector<Endpoint>& known,
                                                        const Endpoint& fresh) const {
  if (const auto refusal = refusal_of(fresh)) return refusal;
  if (std::find(known.begin(), known.end(), fresh) != known.end()) return AddressRefusal::duplicate;
  if (!gathering_ended_.is_never()) return AddressRefusal::too_late;
  return std::nullopt;
}

void Generation::add_mapped_address(const Endpoint& base, const Endpoint& mapped) {
  mapped_addresses_.push_back({base, mapped});
}

void Generation::start_gathering(Time now) {
  if (!gathering_started_.is_never() || checker_.state() == AgentState::closed) return;
  gathering_started_ = now;
  for (std::size_t i = 0; i < bases_.size(); ++i) gather_from(i, now);
  for (std::size_t i = 0; i < listeners_.size(); ++i) gather_tcp_from(i, now);
  offer_mapped_addresses(now);
}

bool Generation::replace_turn_socket(const Endpoint& base, const Endpoint& server,
                                     Transport transport, std::optional<Endpoint> fresh, Time now) {
  if (fresh && !is_stream(transport)) sockets_.push_back(*fresh);
  return relays_.replace_socket(base, server, transport, fresh, now);
}

std::size_t Generation::move_relays(const Endpoint& from, const Endpoint& to, Time now) {
  const std::size_t moved = relays_.move(from, to, now);
  if (moved != 0) sockets_.push_back(to);
  return moved;
}

bool Generation::receive_from_server(const Endpoint& local, const Endpoint& remote, ByteView bytes,
                                     std::optional<ReceivedData>& data, Time now,
                                     Transport transport) {
  if (const auto inbound = relays_.receive(local, remote, bytes, now, transport)) {
    if (inbound->relay) data = deliver(*inbound->relay, inbound->peer, inbound->payload, now);
    return true;
  }
  return !is_stream(transport) && gatherer_.receive(local, remote, bytes, now);
}

bool Generation::connection_accepted(const Endpoint& local, const Endpoint& remote) {
  const auto sender = checker_.local().sender_at(local, Transport::tcp);
  return sender && checker_.state() != AgentState::closed && tcp_.accepted(*sender, local, remote);
}

bool Generation::expects(const Endpoint& local, const Endpoint& remote, ByteView bytes) const {
  const auto sender = checker_.local().sender_at(local);
  return sender && checker_.expects(*sender, remote, bytes);
}

std::optional<ReceivedData> Generation::receive_from_peer(const Endpoint& local,
                                                          const Endpoint& remote, ByteView bytes,
                                                          Time now, Transport transport) {
  if (const auto sender = is_stream(transport) ? tcp_.sender_of(local, remote)
                                               : checker_.local().sender_at(local)) {
    return deliver(*sender, remote, bytes, now);
  }
  events_.push(Ignored{IgnoreReason::no_candidate, local, remote, std::nullopt});
  return std::nullopt;
}

SendResult Generation::send(ByteView data, Time now) {
  const CandidatePair* pair = checker_.pair_in_use();
  if (pair == nullptr) return SendResult::no_valid_pair;
  const Candidate& local = checker_.local()[pair->local];
  const Endpoint& remote = checker_.remote()[pair->remote].address;
  if (local.transport == Transport::tcp) {
    if (!tcp_.send(pair->local, remote, data)) return SendResult::no_connection;
  } else if (local.type != CandidateType::relayed) {
    transmits_.push({local.base, remote, Bytes(data.begin(), data.end())});
  } else if (!relays_.send(pair->local, remote, data, now)) {
    return SendResult::relay_refused;
  }
  checker_.note_data_sent(now);
  return SendResult::sent;
}

void Generation::close(Time now) {
  checker_.close();
  inquiries_.clear();
  gatherer_.stop();
  relays_.release(std::nullopt, IpAddress(), now);
  relays_.flush(now);
  tcp_.release(std::nullopt, {});
}

void Generation::stop_gathering() {
  inquiries_.clear();
  gatherer_.stop();
}

void Generation::handle_timeout(Time now) {
  gatherer_.handle_timeout(now);
  relays_.handle_timeout(now);
  checker_.handle_timeout(now);
}

Time Generation::next_timeout() const {
  return std::min(
      {gatherer_.next_timeout(), relays_.next_timeout(), checker_.next_timeout(), release_at_});
}

Milestones Generation::milestones() const {
  Milestones milestones = checker_.milestones();
  milestones.gathering_started = gathering_started_;
  milestones.gathering_ended = gathering_ended_;
  return milestones;
}

std::optional<ReceivedData> Generation::deliver(CandidateId sender, const Endpoint& remote,
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

void Generation::attend(Time now) {
  drain(now);
  release_if_due(now);
  // Reflexive candidates are kept alive until ICE has ended (RFC 8445 §5.1.1.4).
  if (checker_.state() == AgentState::failed) gatherer_.stop();
  end_gathering_if_done(now);
}

void Generation::start_next(Time now) {
  if (!inquiries_.empty()) {
    start_inquiry(now);
  } else {
    checker_.start_check(now);
  }
}

void Generation::drain(Time now) {
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
    if (const auto lost = tcp_.poll_lost()) {
      checker_.connection_lost(lost->sender, lost->remote, now);
      continue;
    }
    // What an allocation tells may make pairs, and these need permissions.
    const auto event = relays_.poll_event();
    if (!event) return;
    handle(*event, now);
  }
}

void Generation::route(Outbound outbound, Time now) {
  const Candidate& sender = checker_.local()[outbound.sender];
  if (sender.type == CandidateType::relayed) {
    // A relay that does not take it is lost or will be: the check goes unanswered.
    relays_.send(outbound.sender, outbound.remote, outbound.payload, now);
  } else if (sender.transport == Transport::tcp) {
    tcp_.carry(outbound.sender, sender, outbound.remote, std::move(outbound.payload));
  } else {
    transmits_.push({sender.base, outbound.remote, std::move(outbound.payload)});
  }
}

void Generation::release_if_due(Time now) {
  if (checker_.selected() != no_pair && release_at_.is_never() && !released_ &&
      options_.release_after && !checker_.renominates()) {
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
  tcp_.release(kept, checker_.remote()[selected->remote].address);
  drain(now);
}

}  // namespace natsim::ice
