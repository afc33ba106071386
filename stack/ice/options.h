// What an ICE agent can be told to do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stack/base/address.h"
#include "stack/base/datagram.h"
#include "stack/base/time.h"
#include "stack/ice/candidate.h"
#include "stack/ice/candidate_pair.h"
#include "stack/stun/client_transaction.h"

namespace natsim::ice {

// When the controlling agent puts USE-CANDIDATE into its checks.
enum class Nomination : std::uint8_t {
  regular,     // in one more check of the pair that it has chosen (RFC 8445 §8.1.1)
  aggressive,  // in every check (RFC 5245 §8.1.1.2)
};

// Which local candidates are used (the iceTransportPolicy of WebRTC).
enum class TransportPolicy : std::uint8_t { all, relay };

// What an agent's host does with names in the place of addresses in host candidates
// (draft-ietf-mmusic-mdns-ice-candidates). The resolving is the host's.
enum class Mdns : std::uint8_t {
  off,     // candidates with names are ignored
  query,   // the peer's names are resolved
  gather,  // and so are the own host candidates told by names, and nowhere by their addresses
};
std::string_view to_string(Mdns mdns);

// How long after checks could begin a pair may be nominated, by the types of its candidates: the
// longer wait of the two counts.
struct AcceptanceWaits {
  Duration host;
  Duration server_reflexive;
  Duration peer_reflexive;
  Duration relayed;

  [[nodiscard]] Duration of(CandidateType type) const;
};

// Of which families a TURN server is asked for relayed addresses, by one allocation.
enum class RelayFamilies : std::uint8_t {
  own,  // of the base's
  ipv4,
  ipv6,
  both,  // of each, or of the one that the server has
};

struct TurnServer {
  Endpoint address;
  std::string username;
  std::string password;
  // To the server; its relayed candidates are for UDP all the same. Over TCP and TLS each base
  // address has a connection of its own, which the host opens (SocketNeeded).
  Transport transport = Transport::udp;
  RelayFamilies families = RelayFamilies::own;
  // Asks for allocations that can move to another address of ours (RFC 8016), over UDP.
  bool mobility = false;
};

struct Options {
  // Which component of its data stream the agent is for (RFC 8445 §4).
  std::uint8_t component = 1;
  // Towards a peer that is as full, or as lite, as this agent; otherwise the full one controls
  // (RFC 8445 §6.1.1).
  Role role = Role::controlling;
  // An implementation for hosts with a public address (RFC 8445 §2.5): host candidates alone, no
  // checks and no consent of its own, and the pair is the one that the peer nominates. With
  // `consent` it misses a peer that has asked for consent and does so no more.
  bool lite = false;
  // Settles role conflicts; drawn when unset (RFC 8445 §7.1.3).
  std::optional<std::uint64_t> tiebreaker;
  TransportPolicy policy = TransportPolicy::all;
  // Host candidates are neither told to the peer nor shown as anyone's raddr; checks leave from
  // their sockets all the same.
  bool hide_host_candidates = false;
  Mdns mdns = Mdns::off;

  // Pacing and retransmission.
  Duration ta = milliseconds(50);  // between the starts of two transactions (RFC 8445 §14.2)
  // Retransmission of requests to STUN and TURN servers, and of checks (RFC 8489 §6.2.1). `rto` is
  // the least that is used: it grows with the transactions that are paced beside each other
  // (RFC 8445 §14.3).
  stun::TransactionTimers timers;
  stun::TransactionTimers check_timers;
  // With intervals that do not grow: a check is sent again for so long, instead of `rc` times.
  std::optional<Duration> check_limit;

  // Nomination; see stack/ice/nomination.h.
  Nomination nomination = Nomination::regular;
  Duration direct_patience{};            // how long better pairs may keep a direct pair waiting
  Duration relay_patience = seconds(1);  // how long they may keep a relayed one waiting
  std::optional<AcceptanceWaits> acceptance;  // instead of the two

  // Pairs that work are kept and checked every `renomination_interval`, and the controlling agent
  // may nominate another one at any time, with a NOMINATION higher than before
  // (draft-thatcher-ice-renomination): one that answers if the selected one does not, a direct one
  // instead of a relayed one, or one whose round trip is shorter by more than 10 ms. Only if both
  // agents can.
  bool renomination = false;
  Duration renomination_interval = seconds(3);

  // Liveness of the pair in use (RFC 7675, RFC 8445 §11).
  bool consent = true;
  Duration consent_interval = seconds(5);  // each is drawn from ±20 % around it
  Duration consent_timeout = seconds(30);
  // Unanswered for this long the agent says `disconnected`: two of the longest consent intervals,
  // so that one lost request does not show.
  Duration disconnected_after = seconds(12);
  // Binding indications on the pair in use when nothing else was sent for this long and consent is
  // off; Binding requests to the STUN servers until ICE has ended (RFC 8445 §5.1.1.4).
  Duration keepalive = seconds(15);

  // The check list does not fail before this time since checks could begin (RFC 8863 §4).
  Duration pac = milliseconds(39'500);
  std::size_t max_pairs = 100;              // RFC 8445 §6.1.2.5
  std::size_t max_remote_candidates = 100;  // that the peer signals
  // Remote peer-reflexive candidates that the peer has not signalled, for each local candidate.
  // NATs that map by endpoint and filter by none on both sides give each check a new source,
  // without end; a peer that is heard before its signalling needs as many as it has candidates.
  std::size_t max_peer_reflexive = 16;
  // Triggered checks of one pair, so that two agents whose checks arrive and whose responses do not
  // stop at last.
  std::uint32_t max_triggered_checks = 32;
  // Allocations that the selected pair does not use are deleted this long after nomination
  // (RFC 8445 §8.3); never if nullopt.
  std::optional<Duration> release_after = seconds(3);
};

}  // namespace natsim::ice
