// One ICE agent: a full implementation for one component of one data stream over UDP and TCP
// (RFC 8445, RFC 6544, with trickle RFC 8838, patience RFC 8863 and consent RFC 7675). Several of
// them make a Session.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "stack/base/datagram.h"
#include "stack/base/machine.h"
#include "stack/base/random.h"
#include "stack/ice/candidate.h"
#include "stack/ice/candidate_pair.h"
#include "stack/ice/check_list_set.h"
#include "stack/ice/credentials.h"
#include "stack/ice/event.h"
#include "stack/ice/fifo.h"
#include "stack/ice/generation.h"
#include "stack/ice/options.h"
#include "stack/ice/snapshot.h"

namespace natsim::ice {

// Contract, on top of stack/base/machine.h (sections are of RFC 8445):
// 1. The host binds UDP sockets and names each with `add_local_address`; whatever arrives there is
//    given to `receive` with that address as `local`, and a Transmit leaves from its `local`.
// 2. Order is free: remote credentials and candidates may come before, while or after local ones
//    are gathered (trickle, RFC 8838). Checks begin with the remote credentials. A peer's check
//    that comes before them is answered, and its pair is checked as soon as they are there.
// 3. Ta spaces the starts of all transactions of one session, STUN, TURN and checks; a transaction
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
// 9. `restart` begins a new generation (§9): new credentials of ours, then, by
//    `set_remote_credentials`, of the peer's, new candidates from both sides; the roles stay. The
//    host gives it sockets as it did at first, best fresh ones: a TURN server refuses a second
//    allocation from a socket that has one. The pair in use goes on carrying data, and its consent
//    goes on, until a pair of the new generation is selected; for Options::release_after more it
//    is listened to, since the peer selects later. SocketReleased tells what the host may close.
// 10. Ids of candidates, candidates, check list and milestones are those of the newest generation;
//    ids of pairs are never used again.
class Agent {
 public:
  Agent(Options options, Random random);
  // One of those that share the set; the role, too, is to be the same (Session).
  Agent(Options options, Random random, std::shared_ptr<CheckListSet> set);
  // Its parts hold references to each other.
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // The host has a UDP socket bound to `base`. Local preference falls in the order of the calls.
  // Servers are asked at once if gathering has begun; it must not have ended. The reason if the
  // address is refused.
  std::optional<AddressRefusal> add_local_address(const Endpoint& base, Time now);
  // The host listens for TCP at `listener` and can connect from its address: an active and a
  // passive TCP candidate (RFC 6544). As `add_local_address`.
  std::optional<AddressRefusal> add_tcp_address(const Endpoint& listener, Time now);
  // A gateway lets in for the socket `base` what comes to its own `mapped` (NAT-PMP, RFC 6886; PCP,
  // RFC 6887). That is a candidate like a server-reflexive one. Before `start_gathering`.
  void add_mapped_address(const Endpoint& base, const Endpoint& mapped);
  // Before `start_gathering`; replaces what was set. A server is asked from the sockets of its
  // address family. TURN servers over UDP come before those over TCP, and these before those over
  // TLS, whatever their order here: so do the local preferences of their relayed candidates.
  void set_servers(std::vector<Endpoint> stun, std::vector<TurnServer> turn);
  void start_gathering(Time now);
  // The answer to SocketNeeded: the host has bound `fresh` for the TURN server, or connected from
  // there; nullopt if it cannot, upon which that server has failed. False if nothing waits for it
  // any more: the host may close it.
  bool replace_turn_socket(const Endpoint& base, const Endpoint& server, Transport transport,
                           std::optional<Endpoint> fresh, Time now);
  // The sockets from which allocations are used over UDP, each once.
  [[nodiscard]] std::vector<Endpoint> relay_sockets() const;
  // The allocations that are used from `from` and can move (TurnServer::mobility) are to be used
  // from the host's socket `to`, and their relayed candidates with them; how many there are.
  std::size_t move_relays(const Endpoint& from, const Endpoint& to, Time now);
  // The answer to ConnectionNeeded: the local end of the connection; nullopt if there is none.
  // False if nothing waits for it any more: the host may close it.
  bool connection_opened(const Endpoint& base, const Endpoint& remote,
                         const std::optional<Endpoint>& fresh, Time now);
  // The peer, or whoever, has connected to the listener `local`. False if the host may close that.
  bool connection_accepted(const Endpoint& local, const Endpoint& remote, Time now);
  // A connection that was given so has ended.
  void connection_lost(const Endpoint& local, const Endpoint& remote, Time now);

  // Whether what comes to `local` from `remote` is for it: its socket, or one of its
  // connections.
  [[nodiscard]] bool owns(const Endpoint& local, const Endpoint& remote, Transport transport) const;

  // Rule 9. False, and nothing is changed, if the agent is closed.
  bool restart(Time now);
  // How often it was restarted.
  [[nodiscard]] std::uint32_t restarts() const { return restarts_; }
  // Whether it was restarted and no pair of the newest generation is selected.
  [[nodiscard]] bool is_restarting() const {
    return restarts_ > 0 && newest().selected() == no_pair;
  }

  [[nodiscard]] const Credentials& local_credentials() const {
    return generations_.back()->local_credentials();
  }
  // Whether the peer is lite ("a=ice-lite", RFC 8839 §5.3); before the remote credentials. Two lite
  // agents take the pair of their highest candidates unchecked, IPv6 before IPv4 (RFC 8445 §8.2).
  void set_remote_lite(bool lite) { newest().set_remote_lite(lite); }
  // Whether the peer can renominate ("a=ice-options:renomination"); before the remote credentials.
  void set_remote_renomination(bool can) { newest().set_remote_renomination(can); }
  // False, and nothing is changed, if they are malformed (RFC 8839 §5.4) or were set before: a
  // change of credentials is an ICE restart (RFC 8445 §9), which begins with `restart`.
  bool set_remote_credentials(const Credentials& credentials, Time now);
  [[nodiscard]] bool has_remote_credentials() const { return newest().has_remote_credentials(); }
  // One that names a username fragment counts only if it is the peer's present one (RFC 8838 §4.1);
  // before the remote credentials are there it is kept until they are.
  RemoteCandidateResult add_remote_candidate(const Candidate& candidate, Time now);
  void end_of_remote_candidates(Time now);

  // A datagram from `remote` came to the socket `local`, or a message (turn::StreamFraming) by the
  // connection of the two, by that of a TCP candidate in a frame (ice::StreamFraming). Data for the
  // host, if it was data.
  std::optional<ReceivedData> receive(const Endpoint& local, const Endpoint& remote, ByteView bytes,
                                      Time now, Transport transport = Transport::udp);
  SendResult send(ByteView data, Time now);
  // The peer does not want more, as when its DTLS sent close_notify (RFC 7675 §5.2).
  void revoke_consent(Time now);
  void close(Time now);

  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<Transmit> poll_transmit() { return transmits_.pop(); }
  std::optional<Event> poll_event() { return events_.pop(); }

  // Of a restarted agent whose old pair is in use: connected, or checking if that is not answered
  // (as W3C webrtc has it of a restart).
  [[nodiscard]] AgentState state() const { return state_; }
  // True if it has failed in a way that the peer's check does not revive it from (rule 6).
  [[nodiscard]] bool failed_for_good() const {
    return state_ == AgentState::failed && newest().failed_for_good();
  }
  [[nodiscard]] Role role() const { return newest().role(); }
  // In place of that of the options, for a host that learns it late. Before `start_gathering`.
  void set_role(Role role) {
    options_.role = role;
    newest().set_role(role);
  }
  // Another agent of the session has changed the role.
  void adopt_role(Role role, std::uint64_t tiebreaker) { newest().adopt_role(role, tiebreaker); }
  [[nodiscard]] std::uint64_t tiebreaker() const { return newest().tiebreaker(); }
  [[nodiscard]] Milestones milestones() const { return generations_.back()->milestones(); }
  // By id.
  [[nodiscard]] const std::vector<Candidate>& local_candidates() const {
    return newest().local().all();
  }
  [[nodiscard]] const std::vector<Candidate>& remote_candidates() const {
    return newest().remote().all();
  }
  // All pairs, those with higher priority first.
  [[nodiscard]] std::vector<PairSnapshot> pairs() const;
  // The nominated pair that data is sent on.
  [[nodiscard]] std::optional<PairSnapshot> selected_pair() const;

 private:
  void begin_generation(Options options, const Random& random);
  [[nodiscard]] Checker& newest() { return generations_.back()->checker(); }
  [[nodiscard]] const Checker& newest() const { return generations_.back()->checker(); }
  // The generation whose pair is used for data.
  [[nodiscard]] Generation& in_use() const;
  // The one that a datagram from the peer is for.
  [[nodiscard]] Generation& recipient(const Endpoint& local, const Endpoint& remote,
                                      ByteView bytes) const;
  [[nodiscard]] Generation& owner_of_connection(const Endpoint& local,
                                                const Endpoint& remote) const;

  // Does all that is due at `now`: ends every call that may have changed something.
  void advance(Time now);
  // Lets go of the old generations that are of no use any more.
  void retire(Time now);
  // Tells what a generation has told, as that of the agent.
  void tell(Generation& generation);
  // `state` is the newest generation's.
  void tell_state(AgentState state, StateReason reason);

  Options options_;
  Random random_;  // of later generations
  Servers servers_;
  std::shared_ptr<CheckListSet> set_;
  Fifo<Event> events_;
  Fifo<Transmit> transmits_;
  // The newest last; before it those that are still listened to, or give their allocations back.
  std::vector<std::unique_ptr<Generation>> generations_;
  Generation* carrier_ = nullptr;   // the old one whose pair was in use when it was restarted
  Time retire_at_ = Time::never();  // when the carrier is no longer listened to
  std::vector<Candidate> early_;    // remote ones of a fragment that is not known yet
  std::uint32_t restarts_ = 0;
  AgentState state_ = AgentState::new_agent;  // as it was told
  PairId selected_ = no_pair;                 // as it was told
};

}  // namespace natsim::ice
