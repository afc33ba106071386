#include "sim/agents/call.h"

#include <utility>

#include <fmt/format.h>

#include "sim/agents/room_signalling.h"

namespace natsim::agents {
namespace {

std::string direction(const net::Host& from, const net::Host& to) {
  return fmt::format("{}->{}", from.label(), to.label());
}

}  // namespace

std::string_view to_string(CallState state) {
  constexpr std::string_view names[] = {"connecting", "connected", "disconnected", "failed",
                                        "closed"};
  return names[static_cast<std::size_t>(state)];
}

Call::Side::Side(net::Host& host, CallEnd end, IcePeerOptions options, const CallOptions& call) {
  options.ice.role = end == CallEnd::caller ? ice::Role::controlling : ice::Role::controlled;
  if (!call.media) {
    bare = std::make_unique<IcePeer>(host, std::move(options));
    return;
  }
  const CallMedia& media = *call.media;
  PeerConnectionOptions wanted{.ice = std::move(options),
                               .security = media.security,
                               .certificate = media.certificate,
                               .media = media.streams,
                               .polite = end == CallEnd::callee};
  const bool shares = call.certificates != nullptr && !media.own_certificates &&
                      media.certificate == dtls::KeyType::ecdsa_p256;
  if (shares) wanted.certificate = call.certificates->of(end, host.label());
  connection = std::make_unique<PeerConnection>(host, std::move(wanted));
}

SignalReceiver& Call::Side::receiver() const {
  if (connection) return *connection;
  return *bare;
}

void Call::Side::connect(SignalSink& sink) const {
  if (connection) {
    connection->connect(sink);
  } else {
    bare->connect(sink);
  }
}

void Call::Side::close() const {
  if (connection) {
    connection->close();
  } else {
    bare->close();
  }
}

bool Call::Side::ready() const {
  if (ice().selected_at().is_never()) return false;
  return !connection || connection->transport().secured();
}

bool Call::Side::failed() const {
  return ice().session().state() == ice::AgentState::failed ||
         (connection && connection->state() == ConnectionState::failed);
}

Result<std::unique_ptr<Call>> Call::start(net::Host& caller, net::Host& callee,
                                          CallOptions options) {
  const auto media = options.media;
  std::unique_ptr<Call> call(new Call(caller, callee, std::move(options)));
  if (!media) {
    if (const auto begun = call->caller().start(); !begun) return Error{begun.error()};
    return call;
  }
  call->add_media(*media);
  call->caller_connection()->negotiate();
  if (const std::string& error = call->caller_connection()->error(); !error.empty()) {
    return Error{error};
  }
  return call;
}

Call::Call(net::Host& caller, net::Host& callee, CallOptions options)
    : caller_(caller, CallEnd::caller, std::move(options.caller), options),
      callee_(callee, CallEnd::callee, std::move(options.callee), options),
      started_at_(caller.world().now()) {
  std::visit([this](const auto& signalling) { join_by(signalling); }, options.signalling);
  caller_.connect(*to_callee_);
  callee_.connect(*to_caller_);
  for (const Side* side : {&caller_, &callee_}) {
    auto& listener = side->connection ? side->connection->on_change : side->bare->on_change;
    listener = [this] { update(); };
  }
}

void Call::join_by(const SignallingOptions& options) {
  const net::Host& caller = this->caller().host();
  const net::Host& callee = this->callee().host();
  to_callee_ = std::make_unique<SignallingChannel>(caller.world(), direction(caller, callee),
                                                   options, callee_.receiver());
  to_caller_ = std::make_unique<SignallingChannel>(caller.world(), direction(callee, caller),
                                                   options, caller_.receiver());
}

void Call::join_by(const SignallingClientOptions& options) {
  net::Host& caller = this->caller().host();
  net::Host& callee = this->callee().host();
  SignallingClientOptions client = options;
  client.client.room =
      caller.world().unique_name(fmt::format("{} calls {}", caller.label(), callee.label()));
  client.client.name = caller.label();
  caller_client_ = std::make_unique<SignallingClient>(caller, client);
  client.client.name = callee.label();
  callee_client_ = std::make_unique<SignallingClient>(callee, client);
  using signalling::SignalKind;
  to_callee_ =
      std::make_unique<RoomSignalling>(direction(caller, callee), SignalKind::offer,
                                       *caller_client_, *callee_client_, callee_.receiver());
  to_caller_ =
      std::make_unique<RoomSignalling>(direction(callee, caller), SignalKind::answer,
                                       *callee_client_, *caller_client_, caller_.receiver());
}

// Both sides give the sections their tracks; who may send is the direction's to say.
void Call::add_media(const CallMedia& media) {
  const auto add = [&](peer::MediaKind kind, std::optional<sdp::Direction> wanted,
                       std::string_view codec) {
    if (!wanted) return;
    const auto track = [kind](const IcePeer& side) {
      return peer::Track{std::string(side.host().label()),
                         fmt::format("{}-{}", side.host().label(), to_string(kind))};
    };
    auto& caller = caller_connection()->negotiation();
    const auto id = caller.add_transceiver(
        kind, *wanted, sdp::sends(*wanted) ? std::optional(track(this->caller())) : std::nullopt,
        kind == peer::MediaKind::video ? media.send_encodings : std::vector<peer::SendEncoding>{});
    caller.prefer_codec(id, codec);
    if (sdp::receives(*wanted)) callee_connection()->negotiation().add_track(kind, track(callee()));
  };
  add(peer::MediaKind::audio, media.audio, media.audio_codec);
  add(peer::MediaKind::video, media.video, media.video_codec);
}

std::string Call::error() const {
  for (const Side* side : {&caller_, &callee_}) {
    const std::string& error = side->connection && !side->connection->error().empty()
                                   ? side->connection->error()
                                   : side->ice().start_error();
    if (!error.empty()) return fmt::format("{}: {}", side->ice().host().label(), error);
  }
  return "";
}

bool Call::restarts_done() const {
  const auto agrees = [](const Side& side, const IcePeer& other) {
    return !side.ice().session().is_restarting() &&
           side.ice().remote_ufrag() == other.machine().local_credentials().ufrag &&
           !(side.connection && side.connection->restart_is_due());
  };
  return agrees(caller_, callee()) && agrees(callee_, caller());
}

void Call::close() {
  caller_.close();
  callee_.close();
  if (caller_client_) caller_client_->leave();
  if (callee_client_) callee_client_->leave();
}

void Call::update() {
  using ice::AgentState;
  const AgentState a = caller().session().state();
  const AgentState b = callee().session().state();
  const auto either = [a, b](AgentState state) { return a == state || b == state; };
  state_ = a == AgentState::closed && b == AgentState::closed ? CallState::closed
           : caller_.failed() || callee_.failed()             ? CallState::failed
           : either(AgentState::disconnected)                 ? CallState::disconnected
           : caller_.ready() && callee_.ready()               ? CallState::connected
                                                              : CallState::connecting;
  if (state_ == CallState::connected && connected_at_.is_never()) {
    connected_at_ = caller().world().now();
  }
  if (on_change) on_change();
}

}  // namespace natsim::agents
