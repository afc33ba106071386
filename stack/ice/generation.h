// One generation of an agent's ICE: what shares a username fragment and password, from gathering to
// the selected pair. An ICE restart begins another one (RFC 8445 §9).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "stack/base/datagram.h"
#include "stack/base/random.h"
#include "stack/ice/candidate.h"
#include "stack/ice/candidate_pair.h"
#include "stack/ice/check_list_set.h"
#include "stack/ice/checker.h"
#include "stack/ice/credentials.h"
#include "stack/ice/event.h"
#include "stack/ice/fifo.h"
#include "stack/ice/gatherer.h"
#include "stack/ice/options.h"
#include "stack/ice/relays.h"
#include "stack/ice/tcp_paths.h"

namespace natsim::ice {

// What became of data given to Agent::send.
enum class SendResult : std::uint8_t {
  sent,
  no_valid_pair,  // dropped: nothing is connected (yet, or any more)
  relay_refused,  // dropped: the TURN client did not take it
  no_connection,  // dropped: the pair's TCP connection is being opened again
};
std::string_view to_string(SendResult result);

// Data from the peer. `payload` points into the bytes given to Agent::receive.
struct ReceivedData {
  PairId pair = no_pair;
  ByteView payload;
};

// What candidates are asked from.
struct Servers {
  std::vector<Endpoint> stun;
  std::vector<TurnServer> turn;
};

// Contract:
// 1. It is driven by its agent, which hands it what arrives, ends every call with `attend`, and
//    paces it: while `has_work()` the agent calls `start_next`.
// 2. The agent's servers, its set of check lists and its queue of datagrams outlive it.
class Generation {
 public:
  // The `number`-th restart of the agent. Those of the components of a data stream that are made
  // with equal `random` have the same credentials.
  Generation(Options options, const Random& random, const Servers& servers, CheckListSet& set,
             std::uint32_t number, Fifo<Transmit>& transmits);
  // Its parts hold references to each other.
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;

  std::optional<AddressRefusal> add_local_address(const Endpoint& base, Time now);
  std::optional<AddressRefusal> add_tcp_address(const Endpoint& listener, Time now);
  void add_mapped_address(const Endpoint& base, const Endpoint& mapped);
  void start_gathering(Time now);
  // False if nothing waits for it.
  bool replace_turn_socket(const Endpoint& base, const Endpoint& server, Transport transport,
                           std::optional<Endpoint> fresh, Time now);
  [[nodiscard]] std::vector<Endpoint> relay_sockets() const { return relays_.sockets(); }
  std::size_t move_relays(const Endpoint& from, const Endpoint& to, Time now);
  void connection_lost(const Endpoint& local, const Endpoint& remote, Time now) {
    relays_.connection_lost(local, remote, now);
    tcp_.lost(local, remote);
  }
  bool connection_opened(const Endpoint& base, const Endpoint& remote,
                         const std::optional<Endpoint>& fresh) {
    return tcp_.opened(base, remote, fresh);
  }
  bool connection_accepted(const Endpoint& local, const Endpoint& remote);
  // Whether the connection of the two is that of a TCP candidate.
  [[nodiscard]] bool has_connection(const Endpoint& local, const Endpoint& remote) const {
    return tcp_.sender_of(local, remote).has_value();
  }
  // Whether it is that of an allocation.
  [[nodiscard]] bool has_relay_connection(const Endpoint& local, const Endpoint& remote) const {
    return relays_.has_connection(local, remote);
  }
  // Its sockets, those in place of others included.
  [[nodiscard]] const std::vector<Endpoint>& sockets() const { return sockets_; }
  // Where the host listens for its passive TCP candidates.
  [[nodiscard]] const std::vector<Endpoint>& listeners() const { return listeners_; }

  [[nodiscard]] const Credentials& local_credentials() const { return credentials_; }

  // True when the datagram was from a STUN or TURN server; `data` is set if it held a peer's.
  bool receive_from_server(const Endpoint& local, const Endpoint& remote, ByteView bytes,
                           std::optional<ReceivedData>& data, Time now, Transport transport);
  // Whether the datagram is by its content this generation's and not another one's.
  [[nodiscard]] bool expects(const Endpoint& local, const Endpoint& remote, ByteView bytes) const;
  std::optional<ReceivedData> receive_from_peer(const Endpoint& local, const Endpoint& remote,
                                                ByteView bytes, Time now, Transport transport);
  SendResult send(ByteView data, Time now);
  void close(Time now);
  // Another generation gathers now.
  void stop_gathering();

  void handle_timeout(Time now);
  // Does what is due at `now` but for what the agent paces.
  void attend(Time now);
  // Whether a transaction waits for its turn, and starting it. Precondition: has_work.
  [[nodiscard]] bool has_work() const { return !inquiries_.empty() || checker_.has_check(); }
  void start_next(Time now);
  // But for what the agent paces.
  [[nodiscard]] Time next_timeout() const;
  std::optional<Event> poll_event() { return events_.pop(); }

  [[nodiscard]] Checker& checker() { return checker_; }
  [[nodiscard]] const Checker& checker() const { return checker_; }
  [[nodiscard]] Milestones milestones() const;

 private:
  // A server to be asked from a socket; waits for its turn in the pacing.
  struct Inquiry {
    ServerKind kind;
    Endpoint base;
    std::size_t server;  // in servers_
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

  // generation_gathering.cc: candidates.
  void gather_from(std::size_t base_index, Time now);
  void gather_tcp_from(std::size_t index, Time now);
  [[nodiscard]] std::optional<AddressRefusal> refusal_among(const std::vector<Endpoint>& known,
                                                            const Endpoint& fresh) const;
  void offer_mapped_addresses(Time now);
  // The candidate's id; nullopt if it is redundant.
  std::optional<CandidateId> gathered(Candidate candidate, std::uint16_t local_preference,
                                      Time now);
  void start_inquiry(Time now);
  void handle(const Gatherer::Result& result, Time now);
  void handle(const RelayEvent& event, Time now);
  void use_spare_reflexive(Time now);
  void end_gathering_if_done(Time now);

  // generation.cc: packets and timers.
  void release_if_due(Time now);
  std::optional<ReceivedData> deliver(CandidateId sender, const Endpoint& remote, ByteView bytes,
                                      Time now);
  void route(Outbound outbound, Time now);
  void drain(Time now);

  Options options_;
  Credentials credentials_;
  const Servers& servers_;  // of the agent
  CheckListSet& set_;       // of the session
  std::shared_ptr<Foundations> foundations_;
  std::vector<Endpoint> bases_;    // our sockets
  std::vector<Endpoint> sockets_;  // and those that took their place towards a TURN server
  std::vector<Endpoint> listeners_;
  std::vector<MappedAddress> mapped_addresses_;
  Fifo<Event> events_;
  Fifo<Transmit>& transmits_;  // of the agent
  Checker checker_;
  Gatherer gatherer_;
  Relays relays_;
  TcpPaths tcp_;
  std::deque<Inquiry> inquiries_;
  std::vector<SpareReflexive> spare_reflexive_;
  Time gathering_started_ = Time::never();
  Time gathering_ended_ = Time::never();
  Time release_at_ = Time::never();  // of what the selected pair does not use
  bool released_ = false;
  PairId channel_pair_ = no_pair;  // the relayed pair that a channel was asked for
};

}  // namespace natsim::ice
