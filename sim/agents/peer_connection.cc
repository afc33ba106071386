#include "sim/agents/peer_connection.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "stack/ice/candidate_line.h"

namespace natsim::agents {

std::string_view to_string(ConnectionState state) {
  constexpr std::string_view names[] = {"new",          "connecting", "connected",
                                        "disconnected", "failed",     "closed"};
  return names[static_cast<std::size_t>(state)];
}

namespace {

dtls::Certificate given_or_new(const std::variant<dtls::KeyType, dtls::Certificate>& certificate,
                               const Random& random) {
  if (const auto* given = std::get_if<dtls::Certificate>(&certificate)) return *given;
  return dtls::Certificate::generate(random, std::get<dtls::KeyType>(certificate));
}

}  // namespace

PeerConnection::PeerConnection(net::Host& host, PeerConnectionOptions options)
    : Agent(host, "peer"),
      options_(std::move(options)),
      certificate_(
          given_or_new(options_.certificate, host.world().random(label()).split("certificate"))),
      ice_(host, options_.ice),
      negotiation_({options_.negotiation.answer_setup, options_.media.fec},
                   host.world().random(label()).split("negotiation")),
      transport_(options_.security, certificate_, host.world().random(label()).split("dtls")),
      media_(options_.media, negotiation_.cname(), host.world().random(label()).split("media")) {
  ice_.connect(*this);
  ice_.on_data = [this](const net::Packet* packet, ByteView data) { take_data(packet, data); };
  ice_.on_change = [this] { take_ice_change(); };
}

peer::LocalTransport PeerConnection::local_transport() const {
  return {.credentials = ice_.machine().local_credentials(),
          .lite = options_.ice.ice.lite,
          .renomination = options_.ice.ice.renomination,
          .fingerprint = *certificate_.fingerprint("sha-256"),
          .candidates = candidates_,
          .complete = !ice_.machine().milestones().gathering_ended.is_never()};
}

Result<peer::SessionDescription> PeerConnection::create_offer() {
  return negotiation_.create_offer(local_transport());
}

Result<peer::SessionDescription> PeerConnection::create_answer() {
  return negotiation_.create_answer(local_transport());
}

std::optional<peer::SessionDescription> PeerConnection::local_description() const {
  return negotiation_.local_description(local_transport());
}

std::optional<Error> PeerConnection::set_local_description(
    const peer::SessionDescription& description) {
  if (auto error = negotiation_.set_local_description(description)) return error;
  restarting_ = false;
  tell_negotiation();
  apply_role();
  if (description.type != peer::SdpType::rollback && !ice_.started()) {
    // Who offers first is controlling (RFC 8445 §6.1.1).
    ice_.set_role(description.type == peer::SdpType::offer ? ice::Role::controlling
                                                           : ice::Role::controlled);
    if (auto error = start_ice()) return error;
  }
  pump();
  return std::nullopt;
}

std::optional<Error> PeerConnection::set_remote_description(
    const peer::SessionDescription& description) {
  if (auto error = negotiation_.set_remote_description(description)) return error;
  tell_negotiation();
  apply_remote_transport();
  apply_role();
  pump();
  return std::nullopt;
}

std::optional<Error> PeerConnection::start_ice() {
  if (const auto begun = ice_.start(); !begun) return Error{"OperationError: " + begun.error()};
  return std::nullopt;
}

// ICE learns the peer's credentials before the own side starts, which it does with the answer.
void PeerConnection::apply_remote_transport() {
  const auto remote = negotiation_.remote_transport();
  if (!remote) return;
  const std::string& known = ice_.remote_ufrag();
  if (!known.empty() && known != remote->credentials.ufrag) {
    if (negotiation_.state() == peer::SignallingState::stable) {
      // An answer cannot restart ICE: the other side has given an offer up for ours that did, and
      // what is left of it is for us to offer.
      restart_is_due_ = true;
      return;
    }
    candidates_.clear();
    restarting_ = true;
    ice_.follow_restart(ice_.generation() + 1);
  }
  ice_.learn(remote->credentials, remote->lite, remote->renomination);
  for (const std::string& line : remote->candidates) add_ice_candidate(line, "", 0);
  if (remote->end_of_candidates) ice_.learn(EndOfCandidates{});
}

void PeerConnection::apply_role() {
  const auto role = negotiation_.dtls_role();
  const auto remote = negotiation_.remote_transport();
  if (!role || !remote || negotiation_.state() == peer::SignallingState::have_remote_offer) return;
  if (transport_.associated() && expected_ == remote->fingerprints) return;
  expected_ = remote->fingerprints;
  secured_at_ = Time::never();
  transport_.associate(*role, remote->fingerprints, world().now());
  tell("dtls.state",
       {{"state", std::string_view("connecting")},
        {"role", std::string_view(*role == dtls::Role::client ? "client" : "server")}});
}

std::optional<Error> PeerConnection::add_ice_candidate(std::string_view line, std::string_view mid,
                                                       std::optional<std::size_t> index) {
  if (!negotiation_.knows_section(mid, index)) {
    return Error{fmt::format(
        "OperationError: the remote description has no section with the mid \"{}\"", mid)};
  }
  ice::CandidateLineError fault{};
  const auto candidate = ice::parse_candidate(line, &fault);
  if (candidate) {
    ice_.learn(*candidate);
  } else {
    tell("peer.refused", {{"what", line}, {"reason", to_string(fault)}});
  }
  return std::nullopt;
}

void PeerConnection::send(Signal signal) {
  if (const auto* candidate = std::get_if<ice::Candidate>(&signal)) {
    candidates_.push_back(ice::encode_candidate(*candidate));
  } else if (const auto* description = std::get_if<Description>(&signal)) {
    for (const ice::Candidate& one : description->candidates) {
      candidates_.push_back(ice::encode_candidate(one));
    }
    if (restarting_) return;
    sink_->send(*local_description());
    return;
  }
  if (!restarting_) sink_->send(std::move(signal));
}

void PeerConnection::negotiate() {
  const bool due = restart_is_due_ && negotiation_.state() == peer::SignallingState::stable;
  if ((!negotiation_.needed() && !due) || closed_ || !error_.empty()) return;
  if (std::exchange(restart_is_due_, false)) {
    candidates_.clear();
    restarting_ = true;
    if (const auto begun = ice_.restart(); !begun) return stop("restart_ice", begun.error());
  }
  auto offer = create_offer();
  if (!offer) return stop("create_offer", offer.error());
  const bool running = ice_.started();
  if (const auto error = set_local_description(offer.value())) {
    return stop("set_local_description", error->message);
  }
  // The first one is sent when ICE says that it is time.
  if (running && ice_.described()) sink_->send(*local_description());
}

void PeerConnection::receive_signal(const Signal& signal) {
  if (closed_) return;
  if (const auto* description = std::get_if<peer::SessionDescription>(&signal)) {
    answer_or_stop(*description);
  } else if (const auto* candidate = std::get_if<ice::Candidate>(&signal)) {
    if (!ignores_offer_) ice_.learn(*candidate);
  } else if (const auto* end = std::get_if<EndOfCandidates>(&signal)) {
    if (!ignores_offer_) ice_.learn(*end);
  } else if (const auto* tagged = std::get_if<TaggedCandidate>(&signal)) {
    if (ignores_offer_) return;
    if (tagged->line.empty()) return ice_.learn(EndOfCandidates{});
    if (const auto error = add_ice_candidate(tagged->line, tagged->mid, tagged->index)) {
      tell("peer.refused",
           {{"what", std::string_view("candidate")}, {"reason", std::string_view(error->message)}});
    }
  }
}

void PeerConnection::answer_or_stop(const peer::SessionDescription& description) {
  const bool offer = description.type == peer::SdpType::offer;
  const bool meets_own = offer && negotiation_.state() == peer::SignallingState::have_local_offer;
  ignores_offer_ = meets_own && !options_.polite;
  if (ignores_offer_) {
    tell("peer.refused", {{"what", std::string_view("offer")},
                          {"reason", std::string_view("it met an own offer")}});
    return;
  }
  if (const auto error = set_remote_description(description)) {
    return stop("set_remote_description", error->message);
  }
  if (offer) {
    auto answer = create_answer();
    if (!answer) return stop("create_answer", answer.error());
    const bool running = ice_.started();
    if (const auto error = set_local_description(answer.value())) {
      return stop("set_local_description", error->message);
    }
    if (running && ice_.described()) sink_->send(*local_description());
  }
  negotiate();  // what has come up meanwhile
}

void PeerConnection::stop(std::string_view what, const std::string& reason) {
  error_ = fmt::format("{}: {}", what, reason);
  tell("peer.refused", {{"what", what}, {"reason", std::string_view(reason)}});
  if (on_change) on_change();
}

std::optional<Error> PeerConnection::restart_ice() {
  if (ice_.described()) {
    restart_is_due_ = true;
    negotiate();
    return error_.empty() ? std::nullopt : std::optional(Error{error_});
  }
  // The description that waits for its candidates will be of the new generation.
  candidates_.clear();
  if (const auto begun = ice_.restart(); !begun) return Error{begun.error()};
  return std::nullopt;
}

void PeerConnection::close() {
  if (std::exchange(closed_, true)) return;
  negotiation_.close();
  tell_negotiation();
  media_.stop(world().now());
  drain_media();
  transport_.close(world().now());
  pump();
  ice_.close();
  update();
}

void PeerConnection::take_data(const net::Packet* packet, ByteView data) {
  current_ = packet;
  taking_ = true;
  transport_.receive(data, world().now());
  pump();
  taking_ = false;
}

void PeerConnection::take_ice_change() {
  using ice::AgentState;
  const AgentState ice = ice_.machine().state();
  if (ice == AgentState::connected || ice == AgentState::completed) {
    transport_.start(world().now());
    pump();
  }
  update();
  if (on_change) on_change();
}

void PeerConnection::handle_timeout(Time now) {
  transport_.handle_timeout(now);
  media_.handle_timeout(now);
}

Time PeerConnection::next_timeout() const {
  return std::min(transport_.next_timeout(), media_.next_timeout());
}

bool PeerConnection::drain_media() {
  bool any = false;
  while (auto packet = media_.poll_transmit()) {
    any = true;
    if (packet->rtcp) {
      transport_.send_rtcp(std::move(packet->bytes));
    } else {
      transport_.send_rtp(std::move(packet->bytes));
    }
  }
  while (const auto event = media_.poll_event()) {
    std::visit([this](const auto& e) { on(e); }, *event);
  }
  return any;
}

void PeerConnection::drain() {
  for (bool quiet = false; !quiet;) {
    quiet = !drain_media();
    while (const auto datagram = transport_.poll_transmit()) ice_.send(*datagram);
    while (const auto event = transport_.poll_event()) {
      quiet = false;
      std::visit([this](const auto& e) { on(e); }, *event);
    }
  }
}

void PeerConnection::tell_negotiation() {
  media_.apply(negotiation_.transceivers(), world().now());
  while (const auto event = negotiation_.poll_event()) {
    std::visit([this](const auto& e) { on(e); }, *event);
    if (on_negotiation) on_negotiation(*event);
  }
}

void PeerConnection::on(const peer::SignallingStateChanged& event) {
  tell("peer.signalling", {{"state", to_string(event.to)}});
}

void PeerConnection::on(const peer::TrackAdded& event) {
  const peer::Transceiver& transceiver = *negotiation_.find(event.transceiver);
  tell("peer.track", {{"kind", to_string(transceiver.kind)},
                      {"mid", std::string_view(transceiver.agreed.mid)},
                      {"id", std::string_view(event.id.track)}});
}

void PeerConnection::on(const peer::TrackRemoved& event) {
  // A rollback may have taken its transceiver along.
  const peer::Transceiver* transceiver = negotiation_.find(event.transceiver);
  if (transceiver == nullptr) return;
  tell("peer.track_ended", {{"kind", to_string(transceiver->kind)},
                            {"mid", std::string_view(transceiver->agreed.mid)}});
}

void PeerConnection::on(const peer::Secured& event) {
  secured_at_ = world().now();
  media_.start(secured_at_);
  tell("dtls.state", {{"state", std::string_view("connected")},
                      {"cipher", std::string_view(event.cipher)},
                      {"profile", to_string(event.profile)}});
  if (event.keys) tell_keys(*event.keys);
  update();
}

void PeerConnection::tell_keys(const srtp::MasterKeys& keys) {
  const auto text = [](const srtp::MasterKey& key) {
    return fmt::format("{:02x}{:02x}", fmt::join(key.key, ""), fmt::join(key.salt, ""));
  };
  const std::string client = text(keys.client);
  const std::string server = text(keys.server);
  tell("srtp.keys", {{"profile", to_string(keys.profile)},
                     {"client", std::string_view(client)},
                     {"server", std::string_view(server)}});
}

void PeerConnection::on(const peer::RtpArrived& event) {
  media_.receive_rtp(event.packet, world().now());
}

void PeerConnection::on(const peer::RtcpArrived& event) {
  media_.receive_rtcp(event.packet, world().now());
}

void PeerConnection::on(const peer::PeerLeft& event) {
  tell("rtp.goodbye", {{"ssrc", event.ssrc}});
}

void PeerConnection::on(const peer::MediaIgnored& event) {
  if (!taking_) return;
  discard(current_, core::DropReason::agent_unexpected,
          event.rtcp ? "RTCP that cannot be read" : "RTP of no section");
}

void PeerConnection::on(const peer::Dropped& event) {
  if (!taking_) return;
  const auto reason = [&] {
    switch (event.cause) {
      case peer::DropCause::unauthenticated:
        return core::DropReason::srtp_unauthenticated;
      case peer::DropCause::replayed:
        return core::DropReason::srtp_replayed;
      case peer::DropCause::not_secured:
        return core::DropReason::media_not_secured;
      default:
        return core::DropReason::agent_unexpected;
    }
  }();
  discard(current_, reason, to_string(event.cause));
}

void PeerConnection::on(const dtls::Failed& event) {
  dtls_failed_ = true;
  tell("dtls.state",
       {{"state", std::string_view("failed")}, {"reason", std::string_view(event.reason)}});
  update();
}

void PeerConnection::on(const dtls::Closed& event) {
  tell("dtls.state",
       {{"state", std::string_view("closed")},
        {"reason", std::string_view(event.by_peer ? "by the peer" : "by this side")}});
  // The peer wants no more (RFC 7675 §5.2).
  if (event.by_peer) close();
}

void PeerConnection::on(const dtls::KeyLogLine& event) {
  tell("dtls.key", {{"line", std::string_view(event.line)}});
}

void PeerConnection::update() {
  using ice::AgentState;
  const AgentState ice = ice_.machine().state();
  const bool path = ice == AgentState::connected || ice == AgentState::completed;
  const ConnectionState now = closed_ || ice == AgentState::closed        ? ConnectionState::closed
                              : dtls_failed_ || ice == AgentState::failed ? ConnectionState::failed
                              : ice == AgentState::disconnected ? ConnectionState::disconnected
                              : path && transport_.secured()    ? ConnectionState::connected
                              : ice == AgentState::new_agent && !transport_.associated()
                                  ? ConnectionState::new_connection
                                  : ConnectionState::connecting;
  if (now == std::exchange(state_, now)) return;
  tell("peer.state", {{"state", to_string(now)}});
  if (on_change) on_change();
}

}  // namespace natsim::agents
