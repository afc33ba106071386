// One ICE agent: a full implementation with one data stream of one component over UDP
// (RFC 8445, with trickle RFC 8838, patience RFC 8863 and consent RFC 7675).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "stack/base/datagram.h"
#include "stack/base/machine.h"
#include "stack/base/random.h"
#include "stack/ice/candidate.h"
#include "stack/ice/candidate_pair.h"
#include "stack/ice/checker.h"
#include "stack/ice/credentials.h"
#include "stack/ice/event.h"
#include "stack/ice/fifo.h"
#include "stack/ice/gatherer.h"
#include "stack/ice/options.h"
#include "stack/ice/relays.h"
#include "stack/ice/snapshot.h"

namespace natsim::ice {

// What became of data given to Agent::send.
enum class SendResult : std::uint8_t {
  sent,
  no_valid_pair,  // dropped: nothing is connected (yet, or any more)
  relay_refused,  // dropped: the TURN client did not take it
};
std::string_view to_string(SendResult result);

// Data from the peer. `payload` points into the bytes given to Agent::receive.
struct ReceivedData {
  PairId pair = no_pair;
  ByteView payload;
};

// Contract, on top of stack/base/machine.h (sections are of RFC 8445):
// 1. The host binds UDP sockets and names each with `add_local_address`; whatever arrives there is
//    given to `receive` with that address as `local`, and a Transmit leaves from its `local`.
// 2. Order is free: remote credentials and candidates may come before, while or after local ones
//    are gathered (trickle, RFC 8838). Checks begin with the remote credentials. A peer's check
//    that comes before them is answered, and its pair is checked as soon as they are there.
// 3. Ta spaces the starts of all transactions of one agent, STUN, TURN and checks; a transaction
//    that is due when none was started for Ta starts at once.
// 4. `send` uses the selected pair; before there is one, the valid pair with the highest priority
//    (§12.1). On a pair whose local candidate is relayed data goes through the relay.
// 5. A response counts only if it comes from where the request went and to where it left from
//    (§7.2.5.2.1).
// 6. The check list fails when no pair can succeed any more, both sides have no more candidates and
//    the PAC timer has run out. The peer's check revives an agent that has failed so.
// 7. What is not STUN is data, and all that is to be known of it is whether to trust its source: a
//    path on which one side has authenticated the other (§12.2). To tell DTLS from SRTP (RFC 7983)
//    is the host's.
// 8. After `close`, and on a consent or an allocation lost, data is no longer sent. A closed agent
//    still drains the deletion of its TURN allocations.
class Agent {
 public:
  Agent(Options options, Random random);
  // Its parts hold references to each other.
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // The host has a UDP socket bound to `base`. Local preference falls in the order of the calls.
  // Servers are asked at once if gathering has begun; it must not have ended. The reason if the
  // address is refused.
  std::optional<AddressRefusal> add_local_address(const Endpoint& base, Time now);
  // A gateway lets in for the socket `base` what comes to its own `mapped` (NAT-PMP, RFC 6886; PCP,
  // RFC 6887). That is a candidate like a server-reflexive one. Before `start_gathering`.
  void add_mapped_address(const Endpoint& base, const Endpoint& mapped);
  // Before `start_gathering`; replaces what was set. A server is asked from the sockets of its
  // address family.
  void set_servers(std::vector<Endpoint> stun, std::vector<TurnServer> turn);
  void start_gathering(Time now);
  // The answer to SocketNeeded: the host has bound `fresh` for the TURN server; nullopt if it
  // cannot, upon which that server has failed.
  void replace_turn_socket(const Endpoint& base, const Endpoint& server,
                           std::optional<Endpoint> fresh, Time now);

  [[nodiscard]] const Credentials& local_credentials() const { return credentials_; }
  // False, and nothing is changed, if they are malformed (RFC 8839 §5.4) or were set before: a
  // change of credentials is an ICE restart (RFC 8445 §9), which is a new agent.
  bool set_remote_credentials(const Credentials& credentials, Time now);
  RemoteCandidateResult add_remote_candidate(const Candidate& candidate, Time now);
  void end_of_remote_candidates(Time now);

  // A datagram from `remote` came to the socket `local`. Data for the host, if it was data.
  std::optional<ReceivedData> receive(const Endpoint& local, const Endpoint& remote, ByteView bytes,
                                      Time now);
  SendResult send(ByteView data, Time now);
  // The peer does not want more, as when its DTLS sent close_notify (RFC 7675 §5.2).
  void revoke_consent(Time now);
  void close(Time now);

  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<Transmit> poll_transmit() { return transmits_.pop(); }
  std::optional<Event> poll_event() { return events_.pop(); }

  [[nodiscard]] AgentState state() const { return checker_.state(); }
  // True if it has failed in a way that the peer's check does not revive it from (rule 6).
  [[nodiscard]] bool failed_for_good() const { return checker_.failed_for_good(); }
  [[nodiscard]] Role role() const { return checker_.role(); }
  [[nodiscard]] std::uint64_t tiebreaker() const { return checker_.tiebreaker(); }
  [[nodiscard]] Milestones milestones() const;
  // By id.
  [[nodiscard]] const std::vector<Candidate>& local_candidates() const {
    return checker_.local().all();
  }
  [[nodiscard]] const std::vector<Candidate>& remote_candidates() const {
    return checker_.remote().all();
  }
  // All pairs, those with higher priority first.
  [[nodiscard]] std::vector<PairSnapshot> pairs() const;
  // The nominated pair that data is sent on.
  [[nodiscard]] std::optional<PairSnapshot> selected_pair() const;

 private:
  // A server to be asked from a socket; waits for its turn in the pacing.
  struct Inquiry {
    ServerKind kind;
    Endpoint base;
    std::size_t server;  // in stun_servers_ or turn_servers_
    std::uint16_t local_preference;
  };

  // Our address as a TURN server saw it, a server-reflexive candidate too (RFC 8445 §5.1.1.2). It
  // is used for a socket that no STUN server tells the address of: where one does, it adds nothing
  // behind a NAT that maps all destinations alike, and behind another one only an address that
  // nobody but this TURN server can use.
  struct SpareReflexive {
    Candidate candidate;
    std::uint16_t local_preference;
  };

  struct MappedAddress {
    Endpoint base;
    Endpoint mapped;
  };

  // agent_gathering.cc: candidates.
  void gather_from(std::size_t base_index, Time now);
  void offer_mapped_addresses(Time now);
  // The candidate's id; nullopt if it is redundant.
  std::optional<CandidateId> gathered(Candidate candidate, std::uint16_t local_preference,
                                      Time now);
  void start_inquiry(Time now);
  void handle(const Gatherer::Result& result, Time now);
  void handle(const RelayEvent& event, Time now);
  void use_spare_reflexive(Time now);
  void end_gathering_if_done(Time now);

  // agent.cc: packets and timers.
  void release_if_due(Time now);
  std::optional<ReceivedData> deliver(CandidateId sender, const Endpoint& remote, ByteView bytes,
                                      Time now);
  void route(Outbound outbound, Time now);
  // Does all that is due at `now`: ends every call that may have changed something.
  void advance(Time now);
  void drain(Time now);

  Options options_;
  Credentials credentials_;
  std::vector<Endpoint> stun_servers_;
  std::vector<TurnServer> turn_servers_;
  std::vector<Endpoint> bases_;  // our sockets
  std::vector<MappedAddress> mapped_addresses_;
  Fifo<Event> events_;
  Fifo<Transmit> transmits_;
  Checker checker_;
  Gatherer gatherer_;
  Relays relays_;
  std::deque<Inquiry> inquiries_;
  std::vector<SpareReflexive> spare_reflexive_;
  Time next_start_{};  // of a transaction, by the pacing
  Time gathering_started_ = Time::never();
  Time gathering_ended_ = Time::never();
  Time release_at_ = Time::never();  // of what the selected pair does not use
  bool released_ = false;
  PairId channel_pair_ = no_pair;  // the relayed pair that a channel was asked for
};

}  // namespace natsim::ice
