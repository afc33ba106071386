// The ICE agents of a session whose media is not bundled: one for each component of each data
// stream, with one pacing, one role and one set of foundations (RFC 8445 §4, §6.1.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "stack/ice/agent.h"

namespace natsim::ice {

// How many data streams, and of how many components each: 2 with RTP and RTCP on ports of their
// own.
struct SessionShape {
  std::size_t streams = 1;
  std::uint8_t components = 1;

  [[nodiscard]] std::size_t agents() const { return streams * components; }
};

struct SessionEvent {
  std::size_t agent = 0;  // whose it is, by number
  Event event;
};

// Contract:
// 1. Agents are numbered from 0, a stream's components one after the other. What is said of Agent
//    holds for each; the agents of a stream have the same credentials, so `set_remote_credentials`
//    is for a stream.
// 2. Ta spaces the starts of all their transactions, which take turns (§6.1.4.2). A pair whose
//    foundation is being checked on one list stays Frozen on the others, and is unfrozen when that
//    check has succeeded (§6.1.2.6, §7.2.5.3.3). Ids of pairs are unique in the session.
// 3. A role conflict that one of them meets switches the role of all (§7.3.1.1).
// 4. Options::max_pairs is shared out in equal parts (§6.1.2.5).
class Session {
 public:
  Session(const Options& options, const Random& random, SessionShape shape = {});

  [[nodiscard]] const SessionShape& shape() const { return shape_; }
  [[nodiscard]] std::size_t stream_of(std::size_t agent) const { return agent / shape_.components; }
  // From 1.
  [[nodiscard]] std::size_t component_of(std::size_t agent) const {
    return agent % shape_.components + 1;
  }
  [[nodiscard]] const Agent& agent(std::size_t number) const { return *agents_[number]; }
  [[nodiscard]] const Credentials& local_credentials(std::size_t stream) const {
    return agents_[stream * shape_.components]->local_credentials();
  }

  std::optional<AddressRefusal> add_local_address(std::size_t agent, const Endpoint& base,
                                                  Time now);
  std::optional<AddressRefusal> add_tcp_address(std::size_t agent, const Endpoint& listener,
                                                Time now);
  void add_mapped_address(std::size_t agent, const Endpoint& base, const Endpoint& mapped);
  void set_servers(const std::vector<Endpoint>& stun, const std::vector<TurnServer>& turn);
  void set_role(Role role);
  void start_gathering(Time now);
  bool replace_turn_socket(const Endpoint& base, const Endpoint& server, Transport transport,
                           const std::optional<Endpoint>& fresh, Time now);
  [[nodiscard]] std::vector<Endpoint> relay_sockets() const;
  std::size_t move_relays(const Endpoint& from, const Endpoint& to, Time now);
  bool connection_opened(const Endpoint& base, const Endpoint& remote,
                         const std::optional<Endpoint>& fresh, Time now);
  bool connection_accepted(const Endpoint& local, const Endpoint& remote, Time now);
  void connection_lost(const Endpoint& local, const Endpoint& remote, Time now);
  // Of all streams.
  bool restart(Time now);

  void set_remote_lite(bool lite);
  void set_remote_renomination(bool can);
  bool set_remote_credentials(std::size_t stream, const Credentials& credentials, Time now);
  // Its component says which agent's it is: one that the stream does not have is `other_component`.
  RemoteCandidateResult add_remote_candidate(std::size_t stream, const Candidate& candidate,
                                             Time now);
  void end_of_remote_candidates(std::size_t stream, Time now);

  std::optional<ReceivedData> receive(const Endpoint& local, const Endpoint& remote, ByteView bytes,
                                      Time now, Transport transport = Transport::udp);
  SendResult send(std::size_t agent, ByteView data, Time now);
  void close(Time now);

  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<Transmit> poll_transmit();
  std::optional<SessionEvent> poll_event();

  // Of the whole, as W3C webrtc combines the states of its transports (RTCIceConnectionState): a
  // session is connected, or completed, when all of its components are.
  [[nodiscard]] AgentState state() const { return state(0, agents_.size()); }
  // Of one stream.
  [[nodiscard]] AgentState stream_state(std::size_t stream) const {
    return state(stream * shape_.components, (stream + 1) * shape_.components);
  }
  [[nodiscard]] bool is_restarting() const;
  // Whether every component has a selected pair.
  [[nodiscard]] bool has_selected_all() const;
  // Whether every component knows all of its candidates.
  [[nodiscard]] bool has_gathered() const;
  // As Agent's, of any.
  [[nodiscard]] bool failed_for_good() const;

 private:
  // Of the agents from `first` up to `last`.
  [[nodiscard]] AgentState state(std::size_t first, std::size_t last) const;
  // Lets what one agent has done reach the others: ends every call that may have changed something.
  void attend(Time now);
  // Hands on the events of all; whether there were any.
  bool collect();

  SessionShape shape_;
  std::shared_ptr<CheckListSet> set_;
  std::vector<std::unique_ptr<Agent>> agents_;
  Fifo<SessionEvent> events_;
};

}  // namespace natsim::ice
