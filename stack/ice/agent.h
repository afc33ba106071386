// One ICE agent: a full implementation with one data stream of one component over UDP
// (RFC 8445, with trickle RFC 8838, patience RFC 8863 and consent RFC 7675).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "stack/base/datagram.h"
#include "stack/base/machine.h"
#include "stack/base/random.h"
#include "stack/ice/candidate.h"
#include "stack/ice/candidate_pair.h"
#include "stack/ice/credentials.h"
#include "stack/ice/event.h"
#include "stack/ice/options.h"

namespace natsim::ice {

// What became of a remote candidate.
enum class RemoteCandidateResult : std::uint8_t {
  added,
  replaced,   // it was known as peer-reflexive and now is what was signalled (RFC 8838 §11.4)
  duplicate,  // its address was signalled before
  other_component,  // not of component 1
  unusable,         // port 0, or an address that nobody can send to
  after_the_end,    // the peer had said that there are no more (RFC 8838 §13)
  agent_closed,
};
std::string_view to_string(RemoteCandidateResult result);

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

// A pair as it stands.
struct PairSnapshot {
  PairId id = no_pair;
  Candidate local;  // what the peer saw once the pair is valid; before, what checks leave from
  Candidate remote;
  CandidateType sent_from = CandidateType::host;  // host, or relayed when it goes through a relay
  std::uint64_t priority = 0;                     // with `local`
  PairState state = PairState::frozen;
  bool valid = false;
  bool nominated = false;
  bool selected = false;
  std::uint32_t transmissions = 0;  // of checks, retransmissions included
  Time first_check = Time::never();
  Time succeeded_at = Time::never();
};

// When things happened; Time::never() for what has not.
struct Milestones {
  Time gathering_started = Time::never();
  Time gathering_ended = Time::never();
  Time first_check = Time::never();       // sent by us
  Time first_valid_pair = Time::never();  // data can be sent from here on
  Time nominated = Time::never();         // the first pair was nominated and selected
};

// Contract, on top of stack/base/machine.h:
// 1. The host binds UDP sockets and names each with `add_local_address`; whatever arrives there is
//    given to `receive` with that address as `local`, and a Transmit leaves from its `local`.
// 2. Order is free: remote credentials and candidates may come before, while or after local ones
//    are gathered (trickle, RFC 8838). Checks begin with the remote credentials. A peer's check
//    that comes before them is answered, and its pair is checked as soon as they are there.
// 3. Ta spaces the starts of all transactions of one agent, STUN, TURN and checks; a transaction
//    that is due when none was started for Ta starts at once.
// 4. `send` uses the selected pair; before there is one, the valid pair with the highest priority
//    (RFC 8445 §12.1). On a pair whose local candidate is relayed data goes through the relay.
// 5. A response counts only if it comes from where the request went and to where it left from
//    (RFC 8445 §7.2.5.2.1).
// 6. The check list fails when no pair can succeed any more, both sides have no more candidates and
//    the PAC timer has run out. The peer's check revives an agent that has failed so.
// 7. After `close`, and on a consent or an allocation lost, data is no longer sent. A closed agent
//    still drains the deletion of its TURN allocations.
class Agent {
 public:
  Agent(Options options, Random random);
  // Its parts hold references to each other.
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  ~Agent();

  // The host has a UDP socket bound to `base`. Local preference falls in the order of the calls.
  // Servers are asked at once if gathering has begun. The reason if the address is refused.
  std::optional<AddressRefusal> add_local_address(const Endpoint& base, Time now);
  // Before `start_gathering`; replaces what was set.
  void set_servers(std::vector<Endpoint> stun, std::vector<TurnServer> turn);
  void start_gathering(Time now);
  // The answer to SocketNeeded: the host has bound `fresh` for the TURN server; nullopt if it
  // cannot, upon which that server has failed.
  void replace_turn_socket(const Endpoint& base, const Endpoint& server,
                           std::optional<Endpoint> fresh, Time now);

  [[nodiscard]] const Credentials& local_credentials() const;
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
  std::optional<Transmit> poll_transmit();
  std::optional<Event> poll_event();

  [[nodiscard]] AgentState state() const;
  [[nodiscard]] Role role() const;
  [[nodiscard]] std::uint64_t tiebreaker() const;
  [[nodiscard]] const Milestones& milestones() const;
  [[nodiscard]] const std::vector<Candidate>& local_candidates() const;
  [[nodiscard]] const std::vector<Candidate>& remote_candidates() const;
  // All pairs, those with higher priority first.
  [[nodiscard]] std::vector<PairSnapshot> pairs() const;
  // The nominated pair that data is sent on.
  [[nodiscard]] std::optional<PairSnapshot> selected_pair() const;

 private:
  Options options_;
  Random random_;
};

}  // namespace natsim::ice
