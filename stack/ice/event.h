// What an ICE agent tells its host. Every packet of the checks that the agent sent, understood or
// ignored is in the stream, with the pair that it belonged to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "stack/base/address.h"
#include "stack/base/datagram.h"
#include "stack/base/time.h"
#include "stack/ice/candidate.h"
#include "stack/ice/candidate_pair.h"
#include "stack/stun/message.h"

namespace natsim::ice {

// The states of the W3C RTCIceTransport, and how they follow from those of RFC 8445's check list.
enum class AgentState : std::uint8_t {
  new_agent,     // no pair yet: candidates or remote credentials are missing
  checking,      // check list Running, no valid pair
  connected,     // check list Running, a valid pair: data can be sent (RFC 8445 §12.1)
  completed,     // check list Completed: a pair is nominated and selected
  disconnected,  // the pair in use has not been answered for Options::disconnected_after
  failed,        // check list Failed, or the pair in use lost; data can no longer be sent
  closed,
};
// The W3C names: "new", "checking", …
std::string_view to_string(AgentState state);

enum class StateReason : std::uint8_t {
  progress,          // the checks went on as the state says
  consent_answered,  // back from disconnected
  unanswered,        // disconnected
  checks_failed,     // all pairs failed and the PAC timer has run out (RFC 8863)
  consent_expired,   // RFC 7675 §5.1
  consent_revoked,   // the host ended it (RFC 7675 §5.2)
  allocation_lost,   // the pair in use went through a relay that is gone
  closed_by_host,
  restarted,  // by the host (RFC 8445 §9)
};
std::string_view to_string(StateReason reason);

// A local candidate to be told to the peer.
struct CandidateGathered {
  CandidateId id = 0;
  Candidate candidate;
};
// A local candidate with the address and base of another one (RFC 8445 §5.1.3): not used.
struct CandidateRedundant {
  Candidate candidate;
};

enum class ServerKind : std::uint8_t { stun, turn };
enum class GatherFailure : std::uint8_t {
  timeout,          // the server did not answer
  refused,          // it answered with the error in `code`
  bad_credentials,  // it did not take username and password
  bad_response,     // it answered without what the answer must hold
  no_socket,        // it wanted another local port (437) and the host had none
  no_connection,    // TCP or TLS to it could not be opened, or ended too early
  lost,             // the allocation stood and is gone
};
std::string_view to_string(ServerKind kind);
std::string_view to_string(GatherFailure failure);
// A server gave no candidate, or took its relayed candidate back.
struct ServerFailed {
  ServerKind kind = ServerKind::stun;
  Transport transport = Transport::udp;
  Endpoint server;
  Endpoint base;
  GatherFailure why = GatherFailure::timeout;
  int code = 0;      // ERROR-CODE; 0 when there was none
  Duration elapsed;  // since the first request to it
};
// The TURN server says that the 5-tuple is taken (437): bind another socket beside `base` and give
// it with Agent::replace_turn_socket. Over TCP and TLS a connection is wanted in its stead, from
// the address of `base`: the first one, or another one after 437 and 300.
struct SocketNeeded {
  Endpoint base;
  Endpoint server;  // as configured
  Transport transport = Transport::udp;
  Endpoint remote;  // the server that the allocation is asked from: another one after 300
};
// A check on a TCP candidate's path needs a connection from the address of `base` to `remote`: open
// it and say so with Agent::connection_opened.
struct ConnectionNeeded {
  Endpoint base;
  Endpoint remote;
};
// Over TCP and TLS: the host may close the connection of these two.
struct ConnectionReleased {
  Endpoint local;
  Endpoint remote;
};
// After a restart: no generation uses the host's socket on `local` any more; over TCP its listener.
struct SocketReleased {
  Endpoint local;
  Transport transport = Transport::udp;
};
// Every server has answered or failed: the peer can be told of the end of candidates (RFC 8838 §8).
struct GatheringComplete {};

struct StateChanged {
  AgentState from = AgentState::new_agent;
  AgentState to = AgentState::new_agent;
  StateReason reason = StateReason::progress;
};
struct RoleSwitched {
  Role to = Role::controlling;
  bool by_response = false;  // by a 487 to our check; else by the peer's check
};

struct PairAdded {
  PairId pair = no_pair;
  CandidateType local_type = CandidateType::host;
  CandidateType remote_type = CandidateType::host;
  Endpoint local;  // where its checks leave from
  Endpoint remote;
  std::uint64_t priority = 0;
  PairState state = PairState::frozen;
  Transport transport = Transport::udp;
};
struct PairStateChanged {
  PairId pair = no_pair;
  PairState from = PairState::frozen;
  PairState to = PairState::frozen;
  PairReason reason = PairReason::formed;
  int code = 0;  // with PairReason::error_response and permission_refused
};

enum class CheckKind : std::uint8_t {
  ordinary,    // by the pacing timer
  triggered,   // by a check of the peer, or after a role conflict
  nominating,  // regular nomination's check with USE-CANDIDATE
  consent,     // RFC 7675
  measuring,   // of a pair that works, to know whether another is better (renomination)
};
std::string_view to_string(CheckKind kind);
struct CheckSent {
  PairId pair = no_pair;
  stun::TransactionId transaction;
  Endpoint local;  // relayed address if the check goes through a relay
  Endpoint remote;
  CheckKind kind = CheckKind::ordinary;
  bool use_candidate = false;
  int transmission = 1;  // 1 for the first, 2 for the first retransmission …
};
// A success response or an authenticated error arrived where it should.
struct CheckAnswered {
  PairId pair = no_pair;
  stun::TransactionId transaction;
  CheckKind kind = CheckKind::ordinary;
  int code = 0;     // ERROR-CODE; 0 for success
  Endpoint mapped;  // our address as the peer saw it; unset for an error
};
// No response to any transmission of a check.
struct CheckTimedOut {
  PairId pair = no_pair;
  stun::TransactionId transaction;
  CheckKind kind = CheckKind::ordinary;
};
// A Binding indication, to keep NAT mappings (RFC 8445 §11).
struct KeepaliveSent {
  PairId pair = no_pair;
};
// The peer's check was authenticated and answered.
struct CheckReceived {
  PairId pair = no_pair;
  stun::TransactionId transaction;
  Endpoint local;  // relayed address if it came through a relay
  Endpoint remote;
  bool use_candidate = false;
  int code = 0;  // the error that we answered with (487); 0 for success
};

// The peer's check came from an address that it had not signalled (RFC 8445 §7.3.1.3).
struct RemotePeerReflexive {
  CandidateId id = 0;
  Endpoint address;
  Endpoint local;  // where it arrived
  std::uint32_t priority = 0;
};
// A response showed an address of ours that we had not known (RFC 8445 §7.2.5.3.1).
struct LocalPeerReflexive {
  CandidateId id = 0;
  Endpoint address;
  Endpoint base;
  std::uint32_t priority = 0;
};
// The peer signalled what was known as peer-reflexive: type, priority and foundation are replaced,
// pairs and their states stay (RFC 8838 §11.4).
struct PeerReflexiveSignalled {
  CandidateId id = 0;
  Endpoint address;
  CandidateType type = CandidateType::host;
};

struct PairNominated {
  PairId pair = no_pair;
};
struct SelectedPairChanged {
  PairId from = no_pair;
  PairId to = no_pair;
};
// Sending on the pair has ended (RFC 7675).
struct ConsentLost {
  PairId pair = no_pair;
  bool revoked = false;  // by the host; else expired
  Time last_response;    // the last success response on the pair; of a lite agent never
};

enum class IgnoreReason : std::uint8_t {
  not_understood,            // neither STUN nor data (RFC 7983)
  malformed_stun,            // looks like STUN and is not
  unknown_transaction,       // a response to nothing that we wait for
  unauthenticated_response,  // a response without integrity, or with a wrong one
  non_symmetric_response,    // from another address, for a pair that has succeeded: kept as it is
  no_credentials,            // a check without USERNAME or MESSAGE-INTEGRITY; answered with 400
  wrong_ufrag,               // USERNAME is not for us; answered with 401
  bad_integrity,             // not signed with our password; answered with 401
  unknown_attribute,         // comprehension-required and unknown; answered with 420
  bad_request,               // without PRIORITY from an unknown source; answered with 400
  no_candidate,              // arrived at an address that is no candidate of ours
  peer_reflexive_cap,        // one more remote peer-reflexive candidate than allowed; not answered
  triggered_cap,             // one more triggered check than allowed; answered only
  unvalidated_source,        // data on a path that neither side has authenticated (RFC 8445 §12)
  other_method,              // STUN, but no Binding
  indication,                // a Binding indication: a keepalive, which needs nothing
  closed,                    // the agent is closed
};
std::string_view to_string(IgnoreReason reason);
struct Ignored {
  IgnoreReason reason = IgnoreReason::not_understood;
  Endpoint local;
  Endpoint remote;
  std::optional<stun::TransactionId> transaction;  // when the packet was STUN
};

using Event =
    std::variant<CandidateGathered, CandidateRedundant, ServerFailed, SocketNeeded, SocketReleased,
                 ConnectionNeeded, ConnectionReleased, GatheringComplete, StateChanged,
                 RoleSwitched, PairAdded, PairStateChanged, CheckSent, CheckAnswered, CheckTimedOut,
                 KeepaliveSent, CheckReceived, RemotePeerReflexive, LocalPeerReflexive,
                 PeerReflexiveSignalled, PairNominated, SelectedPairChanged, ConsentLost, Ignored>;

// One line for a log, such as "pair 3 failed: no response".
std::string to_string(const Event& event);

}  // namespace natsim::ice
