#include "stack/peer/negotiation.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace natsim::peer {
namespace {

Error invalid_state(std::string_view what, SignallingState state) {
  return {fmt::format("InvalidStateError: {} in the state {}", what, to_string(state))};
}

// 24 letters and digits, as browsers draw them.
std::string draw_name(Random& random) {
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string name;
  for (int i = 0; i < 24; ++i) name += letters[random.below(letters.size())];
  return name;
}

}  // namespace

Negotiation::Negotiation(NegotiationOptions options, Random random)
    : options_(options), random_(random), cname_(draw_name(random_)) {
  origin_.session_id = random_.next() >> 1;  // below 2^63
  origin_.version = 1;
}

TransceiverId Negotiation::add_transceiver(MediaKind kind, sdp::Direction direction,
                                           std::optional<Track> track,
                                           std::vector<SendEncoding> encodings) {
  Transceiver transceiver{.id = next_id_++,
                          .kind = kind,
                          .direction = direction,
                          .track = std::move(track),
                          .codecs = codecs_of(kind, options_.fec),
                          .encodings = std::move(encodings)};
  transceiver.ssrc = static_cast<std::uint32_t>(random_.next() >> 32);
  transceiver.rtx_ssrc = static_cast<std::uint32_t>(random_.next() >> 32);
  transceiver.fec_ssrc =
      static_cast<std::uint32_t>(random_.split("fec").split(transceiver.id).next() >> 32);
  SentSources sources{transceiver.ssrc, transceiver.rtx_ssrc, transceiver.fec_ssrc};
  Random further = random_.split("simulcast").split(transceiver.id);
  for (SendEncoding& encoding : transceiver.encodings) {
    encoding.sources = sources;
    for (std::uint32_t* ssrc : {&sources.ssrc, &sources.rtx_ssrc, &sources.fec_ssrc}) {
      *ssrc = static_cast<std::uint32_t>(further.next() >> 32);
    }
  }
  transceivers_.push_back(std::move(transceiver));
  return transceivers_.back().id;
}

TransceiverId Negotiation::add_track(MediaKind kind, Track track) {
  for (Transceiver& known : transceivers_) {
    const bool free = known.kind == kind && !known.stopped && !known.track &&
                      !(known.agreed.current && sdp::sends(*known.agreed.current));
    if (!free) continue;
    known.track = std::move(track);
    known.direction = sdp::direction_of(true, sdp::receives(known.direction));
    return known.id;
  }
  const TransceiverId id = add_transceiver(kind, sdp::Direction::sendrecv, std::move(track));
  transceivers_.back().may_take_section = true;
  return id;
}

bool Negotiation::remove_track(TransceiverId id) {
  Transceiver* transceiver = find_mutable(id);
  if (transceiver == nullptr || !transceiver->track) return false;
  transceiver->track.reset();
  transceiver->direction = sdp::direction_of(false, sdp::receives(transceiver->direction));
  return true;
}

bool Negotiation::set_direction(TransceiverId id, sdp::Direction direction) {
  Transceiver* transceiver = find_mutable(id);
  if (transceiver == nullptr || transceiver->stopped) return false;
  transceiver->direction = direction;
  return true;
}

bool Negotiation::prefer_codec(TransceiverId id, std::string_view name) {
  Transceiver* transceiver = find_mutable(id);
  if (transceiver == nullptr) return false;
  std::vector<Codec>& codecs = transceiver->codecs;
  const auto preferred = std::find_if(codecs.begin(), codecs.end(),
                                      [name](const Codec& codec) { return codec.is(name); });
  if (preferred == codecs.end()) return false;
  const std::uint8_t payload_type = preferred->payload_type;
  std::stable_partition(codecs.begin(), codecs.end(), [payload_type](const Codec& codec) {
    return codec.payload_type == payload_type || codec.repeats() == payload_type;
  });
  return true;
}

bool Negotiation::stop(TransceiverId id) {
  Transceiver* transceiver = find_mutable(id);
  if (transceiver == nullptr) return false;
  transceiver->stopped = true;
  return true;
}

const Transceiver* Negotiation::find(TransceiverId id) const {
  const auto found = std::find_if(transceivers_.begin(), transceivers_.end(),
                                  [id](const Transceiver& known) { return known.id == id; });
  return found == transceivers_.end() ? nullptr : &*found;
}

Transceiver* Negotiation::find_mutable(TransceiverId id) {
  return const_cast<Transceiver*>(std::as_const(*this).find(id));
}

const Transceiver* Negotiation::find_by_mid(std::string_view mid) const {
  const auto found = std::find_if(
      transceivers_.begin(), transceivers_.end(),
      [mid](const Transceiver& known) { return !mid.empty() && known.agreed.mid == mid; });
  return found == transceivers_.end() ? nullptr : &*found;
}

std::optional<Error> Negotiation::set_local_description(const SessionDescription& description) {
  using enum SignallingState;
  const bool final = description.type == SdpType::answer;
  switch (description.type) {
    case SdpType::rollback:
      if (state_ != have_local_offer && state_ != have_local_pranswer) {
        return invalid_state("set_local_description(rollback)", state_);
      }
      roll_back();
      return std::nullopt;
    case SdpType::offer:
      if (state_ == stable || state_ == have_local_offer) break;
      return invalid_state("set_local_description(offer)", state_);
    case SdpType::pranswer:
    case SdpType::answer:
      if (state_ == have_remote_offer || state_ == have_local_pranswer) break;
      return invalid_state(fmt::format("set_local_description({})", to_string(description.type)),
                           state_);
  }
  // A provisional answer is a final one that is not meant so yet.
  const SdpType made = description.type == SdpType::offer ? SdpType::offer : SdpType::answer;
  if (!draft_ || draft_->text.type != made || draft_->text.sdp != description.sdp) {
    return Error{fmt::format("InvalidModificationError: this is not the {} that was created last",
                             to_string(made))};
  }
  exchange_.sections = draft_->session.sections;
  exchange_.local = Local{description.type, draft_->session};
  if (description.type == SdpType::offer) {
    apply_local_offer();
    enter(have_local_offer);
  } else {
    apply_local_answer();
    if (final) settle();
    enter(final ? stable : have_local_pranswer);
  }
  if (description.type != SdpType::pranswer) draft_.reset();
  return std::nullopt;
}

std::optional<Error> Negotiation::set_remote_description(const SessionDescription& description) {
  using enum SignallingState;
  const std::string_view type = to_string(description.type);
  if (state_ == closed)
    return invalid_state(fmt::format("set_remote_description({})", type), state_);
  if (description.type == SdpType::rollback) {
    if (state_ != have_remote_offer && state_ != have_remote_pranswer) {
      return invalid_state("set_remote_description(rollback)", state_);
    }
    roll_back();
    return std::nullopt;
  }
  const bool offer = description.type == SdpType::offer;
  const bool fits =
      offer ? state_ == stable || state_ == have_remote_offer || state_ == have_local_offer
            : state_ == have_local_offer || state_ == have_remote_pranswer;
  if (!fits) return invalid_state(fmt::format("set_remote_description({})", type), state_);

  auto parsed = sdp::parse(description.sdp);
  if (!parsed) return Error{fmt::format("OperationError: {}: {}", type, parsed.error())};
  auto session = read_session(parsed.value());
  if (!session) return Error{fmt::format("OperationError: {}: {}", type, session.error())};

  const auto fault = offer ? fault_of_offer(session.value()) : fault_of_answer(session.value());
  if (fault) return Error{fmt::format("OperationError: {}: {}", type, fault->message)};
  Remote remote{description, std::move(session.value())};
  if (offer) {
    if (state_ == have_local_offer || state_ == have_remote_offer) roll_back();
    apply_remote_offer(std::move(remote));
    enter(have_remote_offer);
    return std::nullopt;
  }
  apply_remote_answer(std::move(remote));
  const bool final = description.type == SdpType::answer;
  if (final) settle();
  enter(final ? stable : have_remote_pranswer);
  return std::nullopt;
}

void Negotiation::close() {
  for (Transceiver& transceiver : transceivers_) transceiver.stopped = true;
  enter(SignallingState::closed);
}

std::optional<NegotiationEvent> Negotiation::poll_event() {
  if (events_.empty()) return std::nullopt;
  std::optional<NegotiationEvent> event(std::move(events_.front()));
  events_.pop_front();
  return event;
}

void Negotiation::enter(SignallingState to) {
  if (to != state_) events_.push_back(SignallingStateChanged{state_, to});
  state_ = to;
}

void Negotiation::settle() {
  settled_.exchange = exchange_;
  settled_.agreements.clear();
  for (const Transceiver& transceiver : transceivers_) {
    settled_.agreements.emplace_back(transceiver.id, transceiver.agreed);
  }
}

void Negotiation::roll_back() {
  exchange_ = settled_.exchange;
  draft_.reset();
  for (Transceiver& transceiver : transceivers_) {
    const auto before =
        std::find_if(settled_.agreements.begin(), settled_.agreements.end(),
                     [&](const auto& settled) { return settled.first == transceiver.id; });
    const bool sent = transceiver.agreed.remote_sends;
    transceiver.agreed = before == settled_.agreements.end() ? Agreement{} : before->second;
    if (sent && !transceiver.agreed.remote_sends) events_.push_back(TrackRemoved{transceiver.id});
  }
  std::erase_if(transceivers_, [&](const Transceiver& transceiver) {
    return transceiver.by_remote_offer && transceiver.agreed.mid.empty() && !transceiver.track;
  });
  // One that was given a track is offered as one's own (RFC 9429 §4.1.10.2).
  for (Transceiver& transceiver : transceivers_) {
    if (transceiver.agreed.mid.empty()) transceiver.by_remote_offer = false;
  }
  enter(SignallingState::stable);
}

SessionDescription Negotiation::draft(SdpType type, LocalSession session,
                                      const LocalTransport& transport) {
  session.cname = cname_;
  session.origin = origin_;
  LocalTransport bare = transport;
  bare.candidates.clear();
  bare.complete = false;
  session.origin.version = 0;
  sdp::Description description = write_session(session, bare, transceivers_);
  if (last_written_ && description != *last_written_) ++origin_.version;
  last_written_ = description;
  session.origin.version = origin_.version;
  if (transport.candidates.empty() && !transport.complete) {
    description.origin.version = origin_.version;
  } else {
    description = write_session(session, transport, transceivers_);
  }
  SessionDescription text{type, sdp::to_string(description)};
  draft_ = Draft{text, std::move(session)};
  return text;
}

std::optional<SessionDescription> Negotiation::local_description(
    const LocalTransport& transport) const {
  if (!exchange_.local) return std::nullopt;
  return SessionDescription{
      exchange_.local->type,
      sdp::to_string(write_session(exchange_.local->session, transport, transceivers_))};
}

std::optional<SessionDescription> Negotiation::remote_description() const {
  return exchange_.remote ? std::optional(exchange_.remote->text) : std::nullopt;
}

std::optional<RemoteTransport> Negotiation::remote_transport() const {
  return exchange_.remote ? exchange_.remote->session.transport : std::nullopt;
}

std::string Negotiation::tagged_mid() const {
  const auto found = std::find_if(exchange_.sections.begin(), exchange_.sections.end(),
                                  [](const LocalSection& section) { return !section.rejected; });
  return found == exchange_.sections.end() ? "" : found->mid;
}

bool Negotiation::knows_section(std::string_view mid, std::optional<std::size_t> index) const {
  if (!exchange_.remote) return false;
  const auto& sections = exchange_.remote->session.sections;
  if (mid.empty()) return index && *index < sections.size();
  return std::any_of(sections.begin(), sections.end(),
                     [mid](const RemoteSection& section) { return section.mid == mid; });
}

bool Negotiation::needed() const {
  if (state_ != SignallingState::stable) return false;
  return std::any_of(transceivers_.begin(), transceivers_.end(), [&](const Transceiver& t) {
    const auto section = std::find_if(
        exchange_.sections.begin(), exchange_.sections.end(),
        [&](const LocalSection& known) { return !known.rejected && known.transceiver == t.id; });
    const bool present = section != exchange_.sections.end();
    if (t.stopped) return present;
    if (!present) return true;
    if (sdp::sends(t.direction) && t.agreed.sent_track != t.track) return true;
    if (exchange_.local && exchange_.local->type == SdpType::offer) {
      return section->direction != t.direction && t.agreed.current != t.direction;
    }
    const auto index = static_cast<std::size_t>(section - exchange_.sections.begin());
    const RemoteSection& offered = exchange_.remote->session.sections[index];
    return section->direction != sdp::answer_to(offered.direction, t.direction);
  });
}

void Negotiation::announce(Transceiver& transceiver, const RemoteSection& section) {
  const bool sends = !section.rejected && sdp::sends(section.direction);
  transceiver.agreed.remote_streams = section.streams;
  transceiver.agreed.remote_sources = section.sources;
  if (sends == std::exchange(transceiver.agreed.remote_sends, sends)) return;
  if (sends) {
    events_.push_back(TrackAdded{transceiver.id, section.streams.empty()
                                                     ? sdp::MediaStreamId{"-", ""}
                                                     : section.streams.front()});
  } else {
    events_.push_back(TrackRemoved{transceiver.id});
  }
}

void Negotiation::agree(Transceiver& transceiver, const LocalSection& own,
                        const RemoteSection& theirs, sdp::Direction current) {
  Agreement& agreed = transceiver.agreed;
  agreed.mid = own.mid;
  agreed.current = current;
  agreed.codecs = common_codecs(theirs.codecs, own.codecs);
  for (Codec& codec : agreed.codecs) {
    // What the receiver can do and wants.
    codec.parameters = find_codec(theirs.codecs, codec.payload_type)->parameters;
  }
  agreed.received_codecs = common_codecs(own.codecs, theirs.codecs);
  agreed.extensions = common_extensions(theirs.extensions, transceiver.kind);
  agreed.reduced_size = own.reduced_size && theirs.reduced_size;
  agreed.sent_rids.clear();
  for (const std::string& rid : own.sent_rids) {
    const bool taken =
        std::any_of(theirs.rids.begin(), theirs.rids.end(),
                    [&](const sdp::RtpStreamId& their) { return !their.sent && their.id == rid; });
    if (taken && theirs.simulcast) agreed.sent_rids.push_back(rid);
  }
  agreed.received_rids.clear();
  for (const sdp::RtpStreamId& their : theirs.rids) {
    const bool asked = std::find(own.received_rids.begin(), own.received_rids.end(), their.id) !=
                       own.received_rids.end();
    if (their.sent && asked && theirs.simulcast) agreed.received_rids.push_back(their.id);
  }
}

// Its section is rejected: the transceiver is of no use any more (RFC 9429 §5.10).
void Negotiation::end(Transceiver& transceiver) {
  transceiver.stopped = true;
  if (transceiver.agreed.remote_sends) events_.push_back(TrackRemoved{transceiver.id});
  transceiver.agreed = {};
}

}  // namespace natsim::peer
