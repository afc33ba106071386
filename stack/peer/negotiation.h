// The offer/answer exchange of one peer (RFC 9429, RFC 3264) and the state that it leads to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "stack/base/random.h"
#include "stack/base/result.h"
#include "stack/dtls/records.h"
#include "stack/peer/local_session.h"
#include "stack/peer/remote_session.h"
#include "stack/peer/session_description.h"
#include "stack/peer/transceiver.h"

namespace natsim::peer {

struct SignallingStateChanged {
  SignallingState from = SignallingState::stable;
  SignallingState to = SignallingState::stable;
};
// The peer's description says that it sends on this transceiver.
struct TrackAdded {
  TransceiverId transceiver = 0;
  sdp::MediaStreamId id;  // "-" and empty if the description tells none
};
// It does not send there any more.
struct TrackRemoved {
  TransceiverId transceiver = 0;
};
using NegotiationEvent = std::variant<SignallingStateChanged, TrackAdded, TrackRemoved>;

struct NegotiationOptions {
  // What an answer says where the offer leaves it the choice (RFC 8842 §5.3 asks for active).
  sdp::Setup answer_setup = sdp::Setup::active;
  Fec fec;  // offered, and accepted
};

// Contract (sections are of RFC 9429):
// 1. There is one transport: all sections are in one BUNDLE group with RTCP on the same port. A
//    section that the peer would have elsewhere is rejected in an answer, and an error in the
//    peer's answer (bundle policy max-bundle, §4.1.1; rtcp-mux policy require).
// 2. Descriptions are applied in the order of the states of §3.2; any other is an error that begins
//    with the name the W3C API has for it ("InvalidStateError: …") and changes nothing.
// 3. A remote offer in have-local-offer rolls the own offer back first (§4.1.10.2). Rolling back
//    restores what was agreed; transceivers that came up for the peer's offer and were not given a
//    track since vanish.
// 4. The sections of a description are those of the one before it, in their order; a rejected one
//    may be used anew (§5.2.2). Payload types and ids of extensions, once agreed, stay.
// 5. Applying a description tells what it changes by events, and by `remote_transport` and
//    `dtls_role`, which the owner reads after each.
// 6. The version of own descriptions goes up by one whenever one is made that differs from the one
//    before but for its candidates (§5.2.2).
class Negotiation {
 public:
  Negotiation(NegotiationOptions options, Random random);

  // A transceiver that would send and receive as `direction` says. It is offered from the next
  // offer on.
  TransceiverId add_transceiver(MediaKind kind, sdp::Direction direction,
                                std::optional<Track> track = std::nullopt,
                                std::vector<SendEncoding> encodings = {});
  // The track goes on a transceiver of its kind that has not sent yet, or else on a new one
  // (§5.10).
  TransceiverId add_track(MediaKind kind, Track track);
  // It is offered as sendonly no more (§4.2.2 of the W3C API). False if there is none.
  bool remove_track(TransceiverId id);
  bool set_direction(TransceiverId id, sdp::Direction direction);
  // The codec of that name, and what repeats it, comes first in offers from now on. False if there
  // is no such transceiver or codec.
  bool prefer_codec(TransceiverId id, std::string_view name);
  // Its section is rejected from the next description on. False if there is none.
  bool stop(TransceiverId id);

  Result<SessionDescription> create_offer(const LocalTransport& transport);
  Result<SessionDescription> create_answer(const LocalTransport& transport);
  // What was created last, for there is nothing in it that may be changed, or a rollback. The error
  // is nullopt if all went well.
  std::optional<Error> set_local_description(const SessionDescription& description);
  std::optional<Error> set_remote_description(const SessionDescription& description);
  void close();

  [[nodiscard]] SignallingState state() const { return state_; }
  // The name that descriptions give this peer's streams (RFC 7022).
  [[nodiscard]] const std::string& cname() const { return cname_; }
  // Whether something wanted is not agreed yet: an offer is due (§3.4.1, W3C API §4.7.3).
  [[nodiscard]] bool needed() const;
  [[nodiscard]] const std::vector<Transceiver>& transceivers() const { return transceivers_; }
  [[nodiscard]] const Transceiver* find(TransceiverId id) const;
  // The transceiver whose section has the mid; nullptr if none has.
  [[nodiscard]] const Transceiver* find_by_mid(std::string_view mid) const;
  // The latest one, with the candidates that are known by now; nullopt before there is one.
  [[nodiscard]] std::optional<SessionDescription> local_description(
      const LocalTransport& transport) const;
  [[nodiscard]] std::optional<SessionDescription> remote_description() const;
  // By the peer's latest description; nullopt before there is one, or if it rejects all sections.
  [[nodiscard]] std::optional<RemoteTransport> remote_transport() const;
  // The mid of the section that carries the candidates; empty before there is one.
  [[nodiscard]] std::string tagged_mid() const;
  // Whether the peer's description has a section of that mid or place.
  [[nodiscard]] bool knows_section(std::string_view mid, std::optional<std::size_t> index) const;
  // Which end of the association this peer is (RFC 8842 §5); since the first answer.
  [[nodiscard]] std::optional<dtls::Role> dtls_role() const { return exchange_.role; }

  std::optional<NegotiationEvent> poll_event();

 private:
  struct Local {
    SdpType type = SdpType::offer;
    LocalSession session;
  };
  struct Remote {
    SessionDescription text;
    RemoteSession session;
  };
  // What descriptions have led to, apart from what each transceiver has agreed on.
  struct Exchange {
    std::vector<LocalSection> sections;  // of the latest description, whosever it is
    std::optional<Local> local;
    std::optional<Remote> remote;
    std::optional<dtls::Role> role;
  };
  // Own description that was made and not applied yet.
  struct Draft {
    SessionDescription text;
    LocalSession session;
  };
  // As of the last stable state: what a rollback goes back to.
  struct Settled {
    Exchange exchange;
    std::vector<std::pair<TransceiverId, Agreement>> agreements;
  };

  Transceiver* find_mutable(TransceiverId id);
  void enter(SignallingState to);
  void settle();
  void roll_back();
  SessionDescription draft(SdpType type, LocalSession session, const LocalTransport& transport);
  void announce(Transceiver& transceiver, const RemoteSection& section);
  void agree(Transceiver& transceiver, const LocalSection& own, const RemoteSection& theirs,
             sdp::Direction current);
  void end(Transceiver& transceiver);

  // negotiation_offer.cc
  [[nodiscard]] std::vector<LocalSection> sections_to_offer() const;
  void apply_local_offer();
  [[nodiscard]] std::optional<Error> fault_of_offer(const RemoteSession& session) const;
  void apply_remote_offer(Remote remote);
  Transceiver& transceiver_for(const RemoteSection& section);

  // negotiation_answer.cc
  [[nodiscard]] LocalSection section_to_answer(const RemoteSection& offered, bool tagged,
                                               const LocalSection& known) const;
  void apply_local_answer();
  [[nodiscard]] std::optional<Error> fault_of_answer(const RemoteSession& session) const;
  void apply_remote_answer(Remote remote);

  NegotiationOptions options_;
  Random random_;
  std::string cname_;
  sdp::Origin origin_;
  std::optional<sdp::Description> last_written_;  // of that version, without candidates
  SignallingState state_ = SignallingState::stable;
  std::vector<Transceiver> transceivers_;
  TransceiverId next_id_ = 1;
  Exchange exchange_;
  Settled settled_;
  std::optional<Draft> draft_;
  std::deque<NegotiationEvent> events_;
};

}  // namespace natsim::peer
