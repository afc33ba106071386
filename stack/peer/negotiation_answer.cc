#include <algorithm>

#include <fmt/format.h>

#include "stack/peer/negotiation.h"

namespace natsim::peer {
namespace {

// RFC 9429 §5.1.2 wants the first, and those that older peers write to be taken too.
bool is_rtp(std::string_view protocol) {
  constexpr std::string_view known[] = {"UDP/TLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVPF", "RTP/SAVPF",
                                        "UDP/TLS/RTP/SAVP", "RTP/SAVP"};
  return std::find(std::begin(known), std::end(known), protocol) != std::end(known);
}

// The place of the section whose transport is used.
std::size_t first_live(const RemoteSession& session) {
  const auto found = std::find_if(session.sections.begin(), session.sections.end(),
                                  [](const RemoteSection& section) { return !section.rejected; });
  return static_cast<std::size_t>(found - session.sections.begin());
}

}  // namespace

Result<SessionDescription> Negotiation::create_answer(const LocalTransport& transport) {
  if (state_ != SignallingState::have_remote_offer &&
      state_ != SignallingState::have_local_pranswer) {
    return Error{
        fmt::format("InvalidStateError: create_answer in the state {}", to_string(state_))};
  }
  const RemoteSession& offer = exchange_.remote->session;
  LocalSession session;
  session.mixed_extensions = offer.mixed_extensions;
  if (offer.transport) {
    const sdp::Setup offered = offer.transport->setup.value_or(sdp::Setup::actpass);
    const auto answer = sdp::answer_to(offered);
    if (!answer) {
      return Error{fmt::format("OperationError: nothing answers the offer's setup:{}",
                               sdp::to_string(offered))};
    }
    session.setup = *answer;
    if (offered == sdp::Setup::actpass) {
      // An association that stands keeps its roles (RFC 8842 §5.5).
      session.setup = !exchange_.role                         ? options_.answer_setup
                      : *exchange_.role == dtls::Role::client ? sdp::Setup::active
                                                              : sdp::Setup::passive;
    }
  }
  const std::size_t tagged = first_live(offer);
  for (std::size_t i = 0; i < offer.sections.size(); ++i) {
    session.sections.push_back(
        section_to_answer(offer.sections[i], i == tagged, exchange_.sections[i]));
  }
  return draft(SdpType::answer, std::move(session), transport);
}

LocalSection Negotiation::section_to_answer(const RemoteSection& offered, bool tagged,
                                            const LocalSection& known) const {
  LocalSection section = known;
  const Transceiver* transceiver = find(known.transceiver);
  section.rejected = known.rejected || transceiver == nullptr || transceiver->stopped ||
                     !is_rtp(offered.protocol) || !offered.rtcp_mux || !(offered.bundled || tagged);
  if (section.rejected) return section;
  section.codecs = common_codecs(offered.codecs, transceiver->codecs);
  section.rejected = section.codecs.empty();
  if (section.rejected) return section;
  section.formats.clear();
  section.extensions = common_extensions(offered.extensions, transceiver->kind);
  section.direction = sdp::answer_to(offered.direction, transceiver->direction);
  section.reduced_size = offered.reduced_size;
  if (offered.simulcast) {
    for (const sdp::RtpStreamId& rid : offered.rids) {
      if (rid.sent && sdp::receives(section.direction)) section.received_rids.push_back(rid.id);
      const bool would_send =
          std::any_of(transceiver->encodings.begin(), transceiver->encodings.end(),
                      [&](const SendEncoding& encoding) { return encoding.rid == rid.id; });
      if (!rid.sent && would_send) section.sent_rids.push_back(rid.id);
    }
  }
  return section;
}

void Negotiation::apply_local_answer() {
  const RemoteSession& offer = exchange_.remote->session;
  for (std::size_t i = 0; i < exchange_.sections.size(); ++i) {
    const LocalSection& own = exchange_.sections[i];
    Transceiver* transceiver = find_mutable(own.transceiver);
    if (transceiver == nullptr) continue;
    if (own.rejected) {
      end(*transceiver);
      continue;
    }
    agree(*transceiver, own, offer.sections[i], own.direction);
    transceiver->agreed.sent_track = transceiver->track;
  }
  const sdp::Setup setup = exchange_.local->session.setup;
  exchange_.role = setup == sdp::Setup::active ? dtls::Role::client : dtls::Role::server;
}

std::optional<Error> Negotiation::fault_of_answer(const RemoteSession& session) const {
  const auto& offered = exchange_.sections;
  if (session.sections.size() != offered.size()) {
    return Error{fmt::format("it has {} sections, the offer {} (RFC 3264 §6)",
                             session.sections.size(), offered.size())};
  }
  const std::size_t tagged = first_live(session);
  for (std::size_t i = 0; i < offered.size(); ++i) {
    const RemoteSection& answered = session.sections[i];
    if (answered.kind != offered[i].kind) {
      return Error{
          fmt::format("section {} is {}, the offer has {}", i, answered.kind, offered[i].kind)};
    }
    if (answered.rejected) continue;
    if (offered[i].rejected) return Error{fmt::format("section {} was not offered", i)};
    if (answered.mid_signalled && answered.mid != offered[i].mid) {
      return Error{fmt::format("section {} has the mid \"{}\", the offer \"{}\"", i, answered.mid,
                               offered[i].mid)};
    }
    if (!answered.bundled && i != tagged) {
      return Error{fmt::format(
          "section {} is accepted outside of the bundle, and there is one transport", i)};
    }
    if (!answered.rtcp_mux) return Error{fmt::format("section {} is without rtcp-mux", i)};
    if (common_codecs(answered.codecs, offered[i].codecs).empty()) {
      return Error{fmt::format("section {} has no codec that was offered", i)};
    }
  }
  if (!session.transport) return std::nullopt;
  const auto setup = session.transport->setup;
  if (setup == sdp::Setup::active || setup == sdp::Setup::passive) return std::nullopt;
  return Error{fmt::format("its setup is {}, which must be active or passive (RFC 8842 §5.3)",
                           setup ? sdp::to_string(*setup) : "missing")};
}

void Negotiation::apply_remote_answer(Remote remote) {
  for (std::size_t i = 0; i < exchange_.sections.size(); ++i) {
    const RemoteSection& answered = remote.session.sections[i];
    LocalSection& own = exchange_.sections[i];
    Transceiver* transceiver = find_mutable(own.transceiver);
    if (transceiver == nullptr || own.rejected) continue;
    if (answered.rejected) {
      own.rejected = true;
      end(*transceiver);
      continue;
    }
    announce(*transceiver, answered);
    agree(*transceiver, own, answered, sdp::answer_to(answered.direction, own.direction));
  }
  if (remote.session.transport) {
    exchange_.role = remote.session.transport->setup == sdp::Setup::active ? dtls::Role::server
                                                                           : dtls::Role::client;
  }
  exchange_.remote = std::move(remote);
}

}  // namespace natsim::peer
