#include "stack/ice/event.h"

#include <fmt/format.h>

namespace natsim::ice {

std::string_view to_string(AgentState state) {
  switch (state) {
    case AgentState::new_agent:
      return "new";
    case AgentState::checking:
      return "checking";
    case AgentState::connected:
      return "connected";
    case AgentState::completed:
      return "completed";
    case AgentState::disconnected:
      return "disconnected";
    case AgentState::failed:
      return "failed";
    case AgentState::closed:
      return "closed";
  }
  return "";
}

std::string_view to_string(StateReason reason) {
  switch (reason) {
    case StateReason::progress:
      return "progress";
    case StateReason::consent_answered:
      return "consent was answered again";
    case StateReason::unanswered:
      return "consent requests are not answered";
    case StateReason::checks_failed:
      return "no candidate pair worked";
    case StateReason::consent_expired:
      return "consent expired";
    case StateReason::consent_revoked:
      return "consent was revoked";
    case StateReason::allocation_lost:
      return "the relay's allocation is gone";
    case StateReason::closed_by_host:
      return "closed";
    case StateReason::restarted:
      return "ICE was restarted";
  }
  return "";
}

std::string_view to_string(ServerKind kind) { return kind == ServerKind::stun ? "STUN" : "TURN"; }

std::string_view to_string(GatherFailure failure) {
  switch (failure) {
    case GatherFailure::timeout:
      return "did not answer";
    case GatherFailure::refused:
      return "refused";
    case GatherFailure::bad_credentials:
      return "did not accept the credentials";
    case GatherFailure::bad_response:
      return "gave an unusable response";
    case GatherFailure::no_socket:
      return "wanted another local port, and there was none";
    case GatherFailure::no_connection:
      return "could not be connected to";
    case GatherFailure::lost:
      return "no longer has the allocation";
  }
  return "";
}

std::string_view to_string(CheckKind kind) {
  switch (kind) {
    case CheckKind::ordinary:
      return "ordinary";
    case CheckKind::triggered:
      return "triggered";
    case CheckKind::nominating:
      return "nominating";
    case CheckKind::consent:
      return "consent";
    case CheckKind::measuring:
      return "measuring";
  }
  return "";
}

std::string_view to_string(IgnoreReason reason) {
  switch (reason) {
    case IgnoreReason::not_understood:
      return "neither STUN nor data";
    case IgnoreReason::malformed_stun:
      return "malformed STUN";
    case IgnoreReason::unknown_transaction:
      return "response to no transaction of ours";
    case IgnoreReason::unauthenticated_response:
      return "response without valid integrity";
    case IgnoreReason::non_symmetric_response:
      return "response from another address than the check went to";
    case IgnoreReason::no_credentials:
      return "check without credentials";
    case IgnoreReason::wrong_ufrag:
      return "check for another username fragment";
    case IgnoreReason::bad_integrity:
      return "check with wrong integrity";
    case IgnoreReason::unknown_attribute:
      return "check with an unknown attribute that must be understood";
    case IgnoreReason::bad_request:
      return "check without PRIORITY from an unknown address";
    case IgnoreReason::no_candidate:
      return "arrived at no candidate";
    case IgnoreReason::peer_reflexive_cap:
      return "too many peer-reflexive candidates";
    case IgnoreReason::triggered_cap:
      return "too many triggered checks of the pair";
    case IgnoreReason::unvalidated_source:
      return "data from an address that is not validated";
    case IgnoreReason::other_method:
      return "STUN that is no Binding";
    case IgnoreReason::indication:
      return "keepalive";
    case IgnoreReason::closed:
      return "the agent is closed";
  }
  return "";
}

namespace {

// One overload for each event.
struct Printer {
  std::string operator()(const CandidateGathered& e) const {
    return fmt::format("gathered {} {} (base {})", to_string(e.candidate.type),
                       to_string(e.candidate.address), to_string(e.candidate.base));
  }
  std::string operator()(const CandidateRedundant& e) const {
    return fmt::format("{} {} is redundant", to_string(e.candidate.type),
                       to_string(e.candidate.address));
  }
  std::string operator()(const ServerFailed& e) const {
    std::string text = fmt::format("{} server {} {}", e.kind == ServerKind::stun ? "STUN" : "TURN",
                                   to_string(e.server), to_string(e.why));
    if (e.code != 0) text += fmt::format(" ({})", e.code);
    return text + fmt::format(" after {}", to_string(e.elapsed));
  }
  std::string operator()(const SocketNeeded& e) const {
    if (is_stream(e.transport)) {
      return fmt::format("TURN server {} is to be connected to from {} by {}", to_string(e.remote),
                         to_string(e.base.address), to_string(e.transport));
    }
    return fmt::format("TURN server {} wants another port than {}", to_string(e.server),
                       to_string(e.base));
  }
  std::string operator()(const ConnectionNeeded& e) const {
    return fmt::format("the peer's {} is to be connected to from {}", to_string(e.remote),
                       to_string(e.base.address));
  }
  std::string operator()(const ConnectionReleased& e) const {
    return fmt::format("the connection from {} to {} is not used any more", to_string(e.local),
                       to_string(e.remote));
  }
  std::string operator()(const SocketReleased& e) const {
    return fmt::format("{} {} is not used any more", is_stream(e.transport) ? "listener" : "socket",
                       to_string(e.local));
  }
  std::string operator()(const GatheringComplete&) const { return "gathering complete"; }
  std::string operator()(const StateChanged& e) const {
    return fmt::format("{} -> {}: {}", to_string(e.from), to_string(e.to), to_string(e.reason));
  }
  std::string operator()(const RoleSwitched& e) const {
    return fmt::format("now {} by the peer's {}", to_string(e.to), e.by_response ? "487" : "check");
  }
  std::string operator()(const PairAdded& e) const {
    return fmt::format("pair {}: {} {} to {} {}, {}", e.pair, to_string(e.local_type),
                       to_string(e.local), to_string(e.remote_type), to_string(e.remote),
                       to_string(e.state));
  }
  std::string operator()(const PairStateChanged& e) const {
    std::string text = fmt::format("pair {} {}: {}", e.pair, to_string(e.to), to_string(e.reason));
    if (e.code != 0) text += fmt::format(" {}", e.code);
    return text;
  }
  std::string operator()(const CheckSent& e) const {
    std::string text = fmt::format("pair {}: {} check {} -> {}", e.pair, to_string(e.kind),
                                   to_string(e.local), to_string(e.remote));
    if (e.use_candidate) text += " with USE-CANDIDATE";
    if (e.transmission > 1) text += fmt::format(", transmission {}", e.transmission);
    return text + fmt::format(" [{}]", to_string(e.transaction));
  }
  std::string operator()(const CheckAnswered& e) const {
    return e.code == 0 ? fmt::format("pair {}: answered, we are {} [{}]", e.pair,
                                     to_string(e.mapped), to_string(e.transaction))
                       : fmt::format("pair {}: answered with {} [{}]", e.pair, e.code,
                                     to_string(e.transaction));
  }
  std::string operator()(const CheckTimedOut& e) const {
    return fmt::format("pair {}: {} check not answered [{}]", e.pair, to_string(e.kind),
                       to_string(e.transaction));
  }
  std::string operator()(const KeepaliveSent& e) const {
    return fmt::format("pair {}: keepalive", e.pair);
  }
  std::string operator()(const CheckReceived& e) const {
    std::string text = fmt::format("pair {}: peer's check {} -> {}", e.pair, to_string(e.remote),
                                   to_string(e.local));
    if (e.use_candidate) text += " with USE-CANDIDATE";
    if (e.code != 0) text += fmt::format(", answered with {}", e.code);
    return text + fmt::format(" [{}]", to_string(e.transaction));
  }
  std::string operator()(const RemotePeerReflexive& e) const {
    return fmt::format("remote prflx {} seen at {}", to_string(e.address), to_string(e.local));
  }
  std::string operator()(const LocalPeerReflexive& e) const {
    return fmt::format("local prflx {} (base {})", to_string(e.address), to_string(e.base));
  }
  std::string operator()(const PeerReflexiveSignalled& e) const {
    return fmt::format("remote prflx {} is signalled as {}", to_string(e.address),
                       to_string(e.type));
  }
  std::string operator()(const PairNominated& e) const {
    return fmt::format("pair {} nominated", e.pair);
  }
  std::string operator()(const SelectedPairChanged& e) const {
    return e.to == no_pair ? fmt::format("pair {} no longer selected", e.from)
                           : fmt::format("pair {} selected", e.to);
  }
  std::string operator()(const ConsentLost& e) const {
    return fmt::format("pair {}: consent {}, last answered at {}", e.pair,
                       e.revoked ? "revoked" : "expired", to_string(e.last_response));
  }
  std::string operator()(const Ignored& e) const {
    std::string text = fmt::format("ignored {} -> {}: {}", to_string(e.remote), to_string(e.local),
                                   to_string(e.reason));
    if (e.transaction) text += fmt::format(" [{}]", to_string(*e.transaction));
    return text;
  }
};

}  // namespace

std::string to_string(const Event& event) { return std::visit(Printer{}, event); }

}  // namespace natsim::ice
