// An ICE agent on a simulated host, with its sockets and its way to the other peer.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/agents/agent.h"
#include "sim/agents/candidate_connections.h"
#include "sim/agents/candidate_names.h"
#include "sim/agents/signalling.h"
#include "sim/agents/tls_authority.h"
#include "sim/agents/turn_stream.h"
#include "stack/ice/session.h"

namespace natsim::agents {

// When candidates are told to the peer (RFC 8838).
enum class Trickle : std::uint8_t {
  full,  // each as soon as it is known
  half,  // the caller's all at once with its description, the callee's as they are known (§16)
  none,  // all at once with the description, once gathering has ended
};

struct IcePeerOptions {
  ice::Options ice;
  // Sockets of their own for each component of each data stream.
  ice::SessionShape shape;
  Trickle trickle = Trickle::full;
  std::vector<Endpoint> stun_servers;
  std::vector<ice::TurnServer> turn_servers;
  // For those over TLS, by their addresses.
  std::map<Endpoint, TlsClientUse> turn_tls;
  // Of the first component's host candidates; those after it have the next ports. 0: ephemeral.
  std::uint16_t port = 0;
  // External endpoints that a gateway has mapped to `port`, of the first address of their family.
  std::vector<Endpoint> mapped;
  // Host candidates over TCP too, active and passive (RFC 6544); the passive ones on `port` if it
  // is set.
  bool tcp_candidates = false;
  // The host's, which outlives the peer; set if `ice.mdns` is to gather.
  MdnsResponder* responder = nullptr;
};

// One side of a call. The controlling side is the caller. It binds a socket to each of its host's
// addresses, gathers, signals and checks; data is sent and received on the selected pair.
//
// Events (pair numbers are the agent's own):
//   "ice.candidate" {type, address, base, priority, name, tcp};
//   "ice.remote_candidate" {type, address, name, tcp};
//   "ice.restart" {reason}; "ice.signal_ignored" {what, reason};
//   "ice.gathering" {state}; "ice.gathering_failed" {kind, transport, server, reason, code,
//   elapsed}, the transport empty for UDP;
//   "ice.pair" {pair, local, local_type, remote, remote_type, transport, state, reason}, the
//   transport not there for UDP;
//   "ice.check" {pair, transaction, from, to, retransmission, nominating};
//   "ice.check_received" {pair, transaction, from, to, code};
//   "ice.answered" {pair, transaction, code, mapped}; "ice.nominated" {pair};
//   "ice.selected" {pair, local, local_type, remote, remote_type}; "ice.state" {state, reason};
//   "ice.role" {role}; "ice.consent_lost" {pair}; "ice.ignored" {from, reason};
//   "ice.connection" {server, transport, state, reason} of a TURN server over TCP; with TLS those
//   of TlsLayer;
//   "ice.component" {stream, component, state} where there are several, the first stream being 0:
//   "ice.state" is then of all;
//   "ice.path" {local, remote, state, reason} of a connection between TCP candidates.
class IcePeer : public Agent,
                public SignalReceiver,
                private TurnStream::User,
                private CandidateConnections::User {
 public:
  IcePeer(net::Host& host, IcePeerOptions options);

  // Where this peer's signals go. To be set before `start`.
  void connect(SignalSink& sink) { sink_ = &sink; }
  // Binds a socket to each address of each interface that is up, and gathers. Fails, with nothing
  // started, if a socket cannot be opened.
  Result<bool> start();
  // Begins another generation of ICE on the addresses that the host has now; what is in use goes on
  // until the new generation has selected a pair. The other peer follows. Fails, with nothing
  // changed, if a socket cannot be opened. Precondition: started, and not closed.
  Result<bool> restart();
  // The same, after the peer; `generation` is how often it has restarted. What cannot be opened is
  // kept for `start_error`.
  void follow_restart(std::uint32_t generation);
  [[nodiscard]] bool started() const { return started_; }
  // Takes the allocations that can move from addresses that the host has lost to one that it has
  // (RFC 8016); how many there are.
  std::size_t move_relays();
  // Before `start`.
  void set_role(ice::Role role) { session_.set_role(role); }
  // Whether the description has been given to the sink: later ones are the owner's to send.
  [[nodiscard]] bool described() const { return described_; }
  // Whether this side sends its candidates one by one, its description before them.
  [[nodiscard]] bool trickles() const;
  // The callee starts when it is first signalled to; a failure to start is kept for `start_error`.
  void receive_signal(const Signal& signal) override;
  // The same, for an owner who says himself when to start, and has one data stream.
  void learn(const ice::Credentials& remote, bool lite, bool renomination);
  void learn(const ice::Candidate& remote);
  void learn(const EndOfCandidates&);
  [[nodiscard]] const std::string& start_error() const { return start_error_; }

  // From a component, by its number in the session.
  ice::SendResult send(ByteView data, std::size_t agent = 0);
  void close();

  // Of the credentials that were learnt last, of the first stream; empty before, and after a
  // restart.
  [[nodiscard]] const std::string& remote_ufrag() const { return remote_ufrags_.front(); }
  // How often ICE was restarted, by this side or the other, up to now.
  [[nodiscard]] std::uint32_t generation() const { return generation_; }
  [[nodiscard]] const ice::Session& session() const { return session_; }
  // The first component of the first stream: all there is, where media is bundled.
  [[nodiscard]] const ice::Agent& machine() const { return session_.agent(0); }
  [[nodiscard]] std::uint64_t bytes_received() const { return bytes_received_; }
  [[nodiscard]] std::uint64_t datagrams_received() const { return datagrams_received_; }
  [[nodiscard]] Time last_received() const { return last_received_; }
  // Since when every component has had a selected pair; never() while one has none.
  [[nodiscard]] Time selected_at() const { return selected_at_; }

  // Called with what the peer sent on a path that is trusted (RFC 8445 §12.2), and is not STUN; may
  // be empty. The packet that brought it is null if a stream did.
  std::function<void(const net::Packet*, ByteView)> on_data;
  // Called after each pump in which the state or the selected pair changed; may be empty.
  std::function<void()> on_change;

 private:
  // What an "ice.pair" event repeats at each change of state.
  struct PairFace {
    Endpoint local;
    ice::CandidateType local_type;
    Endpoint remote;
    ice::CandidateType remote_type;
    Transport transport;
  };

  // A connection to a TURN server, from the address of `base`.
  struct TurnConnection {
    Endpoint base;
    Endpoint server;  // as configured
    Transport transport;
    bool open = false;
    std::unique_ptr<TurnStream> stream;
  };

  // A socket of the agent with this number.
  struct Base {
    std::size_t agent;
    Endpoint local;
  };

  // Sockets for all addresses that can be used.
  Result<std::vector<Base>> open_sockets();
  [[nodiscard]] std::uint16_t port_of(std::size_t agent) const;
  [[nodiscard]] bool is_usable(const IpAddress& address) const;
  // A fresh socket on an address of this family.
  std::optional<Endpoint> open_socket(Family family);
  // Gives the machine its sockets and signals.
  void begin(const std::vector<Base>& bases);
  // The data stream of the peer's present generation that has this username fragment; what names
  // none is believed to be of the first.
  [[nodiscard]] std::optional<std::size_t> stream_with(std::string_view ufrag) const;
  void learn(std::size_t stream, const ice::Credentials& remote);
  void forget_remote();
  [[nodiscard]] bool is_single() const { return session_.shape().agents() == 1; }
  // Whether the peer is told a name in the place of the address.
  [[nodiscard]] bool is_named(const ice::Candidate& candidate) const {
    return options_.ice.mdns == ice::Mdns::gather && candidate.type == ice::CandidateType::host;
  }
  void ignore(const Signal& signal);
  void ignore(const Signal& signal, std::string_view reason);
  // Of a candidate that has a name alone.
  void resolve(const ice::Candidate& remote);
  void take_resolved(const ice::Candidate& remote);
  void take(const Endpoint& local, const net::Packet& packet) override;
  void take_message(const Endpoint& local, const Endpoint& remote, ByteView bytes,
                    Transport transport);
  void connect(const ice::SocketNeeded& needed);
  [[nodiscard]] TlsLayer tls_to(const Endpoint& server);
  void send_by_connection(const Transmit& message);
  void on_open(TurnStream& stream) override;
  void on_message(TurnStream& stream, ByteView message) override;
  void on_end(TurnStream& stream, std::string_view why) override;
  [[nodiscard]] std::vector<TurnConnection>::iterator connection_of(const TurnStream& stream);
  void tell_connection(const TurnConnection& connection, std::string_view state,
                       std::string_view reason);
  void handle_timeout(Time now) override { session_.handle_timeout(now); }
  [[nodiscard]] Time next_timeout() const override { return session_.next_timeout(); }
  void drain() override;

  void learn(const Description& remote);
  void learn(const peer::SessionDescription&) {}  // for those who know sections
  void learn(const TaggedCandidate&) {}           // likewise
  void describe();
  void signal_candidate(const ice::Candidate& gathered);

  void on(const ice::CandidateGathered& event);
  void on(const ice::CandidateRedundant&) {}
  void on(const ice::ServerFailed& event);
  void on(const ice::SocketNeeded& event);
  void on(const ice::SocketReleased& event);
  void on(const ice::ConnectionNeeded& event);
  void on(const ice::ConnectionReleased& event);
  void on(const ice::GatheringComplete& event);
  void on(const ice::StateChanged& event);
  void on(const ice::RoleSwitched& event);
  void on(const ice::PairAdded& event);
  void on(const ice::PairStateChanged& event);
  void on(const ice::CheckSent& event);
  void on(const ice::CheckAnswered& event);
  void on(const ice::CheckTimedOut&) {}
  void on(const ice::KeepaliveSent&) {}
  void on(const ice::CheckReceived& event);
  void on(const ice::RemotePeerReflexive& event);
  void on(const ice::LocalPeerReflexive& event);
  void on(const ice::PeerReflexiveSignalled& event);
  void on(const ice::PairNominated& event);
  void on(const ice::SelectedPairChanged& event);
  void on(const ice::ConsentLost& event);
  void on(const ice::Ignored& event);
  // `own` ones have a base.
  void tell_candidate(std::string_view kind, const ice::Candidate& candidate, bool own);
  // ice_peer_tcp.cc
  void add_tcp_candidates(const std::vector<Base>& bases);
  bool on_connection(const Endpoint& base, const Endpoint& remote,
                     const std::optional<Endpoint>& local, std::string_view why) override;
  bool on_accept(const Endpoint& local, const Endpoint& remote) override;
  void on_framed(const Endpoint& local, const Endpoint& remote, ByteView message) override;
  void on_connection_end(const Endpoint& local, const Endpoint& remote,
                         std::string_view why) override;
  void tell_path(const Endpoint& local, const Endpoint& remote, std::string_view state,
                 std::string_view reason);
  void tell_pair(ice::PairId pair, std::string_view state, std::string_view reason);

  IcePeerOptions options_;
  ice::Session session_;
  SignalSink* sink_ = nullptr;
  bool started_ = false;
  std::uint32_t generation_ = 0;  // restarts so far, of both sides
  std::string start_error_;
  std::vector<std::string> remote_ufrags_;  // by stream, of the peer's last description taken
  std::unique_ptr<CandidateNames> names_;   // null: names are ignored
  std::vector<EndOfCandidates> ends_;       // wait for names to be resolved
  bool described_ = false;                  // our description has been sent
  std::vector<ice::Candidate> unsent_;      // gathered, to be sent with the description
  std::vector<PairFace> pairs_;             // by pair number less one
  std::vector<TurnConnection> connections_;
  std::uint64_t tls_connections_ = 0;          // so far, each with a random stream of its own
  std::unique_ptr<CandidateConnections> tcp_;  // null: candidates are for UDP
  std::size_t speaker_ = 0;                    // the agent whose event is being told
  ice::AgentState told_ = ice::AgentState::new_agent;  // by "ice.state"
  const net::Packet* current_ = nullptr;               // being taken: what an Ignored is about
  bool taking_ = false;                                // a packet, or a stream's message
  bool changed_ = false;                               // since on_change was last called
  Time selected_at_ = Time::never();
  std::uint64_t bytes_received_ = 0;
  std::uint64_t datagrams_received_ = 0;
  Time last_received_;
};

}  // namespace natsim::agents
