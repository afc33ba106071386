// The conduct of connectivity checks: from candidates of both sides to a selected pair and its
// consent (RFC 8445 §6-8, RFC 7675).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stack/base/bytes.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/ice/candidate_table.h"
#include "stack/ice/check_list.h"
#include "stack/ice/check_server.h"
#include "stack/ice/connectivity_check.h"
#include "stack/ice/consent.h"
#include "stack/ice/credentials.h"
#include "stack/ice/event.h"
#include "stack/ice/fifo.h"
#include "stack/ice/options.h"
#include "stack/ice/snapshot.h"
#include "stack/stun/message.h"

namespace natsim::ice {

// A datagram to be sent from the local candidate `sender`: by its socket or through its relay.
struct Outbound {
  CandidateId sender = 0;
  Endpoint remote;
  Bytes payload;
};

// A relayed candidate needs its server's permission to talk to an address (RFC 8656 §9).
struct PermissionRequest {
  CandidateId relay = 0;
  IpAddress peer;
};

// Contract:
// 1. The checker speaks of paths, a local candidate and a remote address; its owner knows sockets
//    and relays. What it wants sent and permitted is drained after every call.
// 2. It starts no check by itself: while `has_check()` the owner calls `start_check` at its pace.
// 3. Events go to the queue of its owner, in the order of what happened.
// 4. `settle` ends every call that may have changed a pair: it nominates, selects, and says how the
//    whole stands.
class Checker {
 public:
  // `last_pair` is the id of the session's youngest pair; ids go on from there. The foundations are
  // of the session's generation.
  Checker(const Options& options, const Credentials& local, Random random, PairId& last_pair,
          Foundations& foundations, Fifo<Event>& events);

  // The candidate's id; nullopt if it is redundant.
  std::optional<CandidateId> add_local(const Candidate& candidate, std::uint16_t local_preference,
                                       Time now);
  void end_of_local(Time now);
  // A relayed candidate cannot be used any more: its allocation is lost, or given back.
  void lose_relay(CandidateId relay, PairReason reason, Time now);
  // The connection of the path from `sender` to `remote` could not be opened, or has ended.
  void connection_lost(CandidateId sender, const Endpoint& remote, Time now);
  void permission_ready(CandidateId relay, const IpAddress& peer, Time now);
  void permission_failed(CandidateId relay, const IpAddress& peer, int code, Time now);

  // Before the credentials.
  void set_remote_lite(bool lite);
  void set_remote_renomination(bool renomination);
  void set_remote_credentials(const Credentials& remote, Time now);
  [[nodiscard]] bool has_remote_credentials() const { return client_.has_credentials(); }
  // The peer's username fragment. Precondition: has_remote_credentials.
  [[nodiscard]] const std::string& remote_ufrag() const { return remote_ufrag_; }
  RemoteCandidateResult add_remote(const Candidate& candidate, Time now);
  void end_of_remote(Time now);

  // A STUN message arrived at the base of `sender` (a candidate that forms pairs).
  void receive(CandidateId sender, const Endpoint& remote, const stun::MessageView& message,
               Time now);
  // The pair that data from `remote` at `sender` came on; nullopt if it is not to be trusted.
  [[nodiscard]] std::optional<PairId> accepts_data(CandidateId sender,
                                                   const Endpoint& remote) const;
  // Whether a datagram is a check for our username fragment, an answer to a check, or data that
  // `accepts_data`.
  [[nodiscard]] bool expects(CandidateId sender, const Endpoint& remote, ByteView bytes) const;
  // The pair that data goes out on: the selected one, else the valid one of the highest priority.
  [[nodiscard]] const CandidatePair* pair_in_use() const { return list_.find(in_use_); }
  // Data was sent on it: no keepalive is needed soon.
  void note_data_sent(Time now) { last_sent_ = now; }
  void revoke_consent();
  // Another generation has selected a pair: no pair is used for data any more, nor kept by consent,
  // but what arrives on them still counts.
  void stop_using();
  void close();

  [[nodiscard]] bool has_check() const {
    return client_.has_credentials() && state_ != AgentState::failed &&
           state_ != AgentState::closed && !options_.lite && list_.has_check();
  }
  // Whether another pair may be nominated after one is: candidates and pairs are kept.
  [[nodiscard]] bool renominates() const { return options_.renomination && remote_renominates_; }
  void start_check(Time now);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<Outbound> poll_outbound() { return outbound_.pop(); }
  std::optional<PermissionRequest> poll_permission() { return permissions_.pop(); }

  [[nodiscard]] AgentState state() const { return state_; }
  [[nodiscard]] bool failed_for_good() const {
    return state_ == AgentState::failed && failure_ != StateReason::checks_failed;
  }
  [[nodiscard]] Role role() const { return role_; }
  // Before there is a pair.
  void set_role(Role role) { role_ = options_.lite ? Role::controlled : role; }
  // Another check list of the session has changed the role.
  void adopt_role(Role role, std::uint64_t tiebreaker);
  [[nodiscard]] std::uint64_t tiebreaker() const { return tiebreaker_; }
  [[nodiscard]] PairId selected() const { return selected_; }
  [[nodiscard]] const Milestones& milestones() const { return milestones_; }
  [[nodiscard]] const LocalCandidates& local() const { return local_; }
  [[nodiscard]] const RemoteCandidates& remote() const { return remote_; }
  [[nodiscard]] const CheckList& list() const { return list_; }
  [[nodiscard]] PairSnapshot snapshot(const CandidatePair& pair) const;

 private:
  // checker.cc: candidates, pairs, and what is sent.
  CandidatePair* form_pair(CandidateId local, CandidateId remote, Time now);
  void set_state(CandidatePair& pair, PairState state, PairReason reason, int code = 0);
  void rank_all();
  void start(CandidatePair& pair, CheckKind kind, Time now);
  void transmit(Transmission transmission);
  void time_out(const CheckClient::Due& due);
  void send_keepalive(Time now);
  [[nodiscard]] Time keepalive_due() const;
  void ignore(IgnoreReason reason, CandidateId sender, const Endpoint& remote,
              const stun::MessageView& message);

  // checker_inbound.cc: what the peer's requests and responses do.
  void handle_request(CandidateId sender, const Endpoint& remote, const stun::MessageView& request,
                      Time now);
  CandidatePair* pair_of_request(CandidateId sender, const Endpoint& remote,
                                 const stun::MessageView& request, const PeerCheck& check,
                                 Time now);
  void trigger(CandidatePair& pair, const PeerCheck& check, const stun::MessageView& request,
               Time now);
  void accept_as_lite(CandidatePair& pair, bool use_candidate, Time now);
  // RFC 7675 §4: lite agents only answer.
  [[nodiscard]] bool asks_for_consent() const { return options_.consent && !options_.lite; }
  void handle_response(CandidateId sender, const Endpoint& remote,
                       const stun::MessageView& response, Time now);
  void succeed(const Check& check, const Endpoint& mapped, Time now);
  void fail(const Check& check, PairReason reason, int code);
  void role_conflict(const Check& check);
  void switch_role(bool by_response);
  void take_role(Role role);
  void respond(CandidateId sender, const Endpoint& remote, Bytes response);

  // checker_conclusion.cc: nomination, the pair in use, and the state of the whole.
  void settle(Time now);
  void nominate_if_due(Time now);
  void nominate(CandidatePair& pair, Time now);
  void conclude_list();
  // The pair is valid and nominated without a check of ours.
  void take_unchecked(CandidatePair& pair, PairReason reason, Time now);
  void agree_as_lite(Time now);
  [[nodiscard]] bool nominates_aggressively() const;
  // Whether the pair might take over. Precondition: one is selected.
  [[nodiscard]] bool outranks_selected(const CandidatePair& pair) const;
  void choose_pair_in_use(Time now);
  // Whether pairs may still be checked that are not the selected one.
  [[nodiscard]] bool list_is_open() const {
    return selected_ == no_pair || renominates() || selected_is_broken();
  }
  // The pair that was selected is lost: the end, unless there is another one to go to.
  void stop_without_alternative(StateReason reason);
  void lose_pair(CandidatePair& pair, PairState state, PairReason reason);
  void stop(StateReason reason);
  void run_consent(Time now);
  void change_state(AgentState state, StateReason reason = StateReason::progress);

  // checker_connection.cc: what TCP adds.
  [[nodiscard]] bool selected_is_broken() const;
  // The pair was answered: the connection that it had lost, or that another one has, is no matter
  // any more.
  void mend(CandidatePair& pair);

  // checker_renomination.cc
  void renominate_if_due(Time now);
  CandidatePair* better_than_selected(Time now);

  const Options& options_;  // of the agent, which owns this
  Fifo<Event>& events_;     // of the agent
  Random tiebreakers_;      // a new one after each 487
  Random keepalives_;       // transaction ids of indications
  Credentials own_credentials_;
  std::string remote_ufrag_;
  Foundations& foundations_;  // of the session
  LocalCandidates local_;
  RemoteCandidates remote_;
  CheckList list_;
  CheckClient client_;
  CheckServer server_;
  Consent consent_;  // of the pair in use
  Fifo<Outbound> outbound_;
  Fifo<PermissionRequest> permissions_;

  AgentState state_ = AgentState::new_agent;
  StateReason failure_ = StateReason::progress;  // what made it fail
  Role role_;
  std::uint64_t tiebreaker_;
  bool local_ended_ = false;   // no more local candidates will come
  bool remote_ended_ = false;  // no more remote ones
  PairId selected_ = no_pair;  // nominated, of the highest priority
  PairId in_use_ = no_pair;
  bool remote_lite_ = false;
  bool remote_renominates_ = false;
  std::uint32_t nominations_ = 0;    // that we have made, with renomination
  Time measure_at_ = Time::never();  // the pairs that work
  bool out_of_use_ = false;          // by stop_using
  Time began_ = Time::never();       // when checks could begin: with the remote credentials
  Time pac_ends_ = Time::never();    // RFC 8863; never before checks can begin
  bool pac_over_ = false;
  Time nomination_due_ = Time::never();  // the chosen pair's patience runs out
  Time last_sent_ = Time::never();       // on the pair in use, by us
  Milestones milestones_;
};

}  // namespace natsim::ice
