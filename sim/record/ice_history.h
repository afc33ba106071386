// What the ICE agents of a world said of themselves.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "sim/core/event.h"
#include "sim/core/world.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::record {

struct CandidateRecord {
  std::string type;  // "host", "srflx", "prflx", "relay"
  Endpoint address;
  Endpoint base;  // of local candidates
};

struct PairRecord {
  std::int64_t pair = 0;  // the agent's number for it
  Endpoint local;         // where its checks leave from
  std::string local_type;
  Endpoint remote;
  std::string remote_type;
  std::string transport;  // empty: UDP
  std::string state;
  std::string reason;                     // of the state; may be empty
  std::vector<std::string> transactions;  // of its checks, in order, as hexadecimal digits
};

struct IceAgentRecord {
  struct ServerFailure {
    std::string kind;  // "STUN", "TURN"
    Endpoint server;
    std::string reason;
    std::string transport;   // "tcp", "tls"; empty: UDP
    std::string connection;  // over these: how the connection ended; empty if it has not
  };

  std::string name;  // its host's: "alice"
  std::vector<CandidateRecord> candidates;
  std::vector<CandidateRecord> remote_candidates;
  std::vector<PairRecord> pairs;  // in order of their making
  std::vector<ServerFailure> server_failures;
  // Why a connection failed or ended last, by server and transport.
  std::map<std::pair<Endpoint, std::string>, std::string> lost_connections;
  std::string state;
  std::int64_t selected_pair = 0;  // the last one; 0 if none ever was
  Time consent_lost = Time::never();
  bool is_heard = false;  // it said nothing of itself: this is read from its packets

  [[nodiscard]] bool has_candidate_type(std::string_view type) const;
  // The latest of a server of that kind; null if there is none.
  [[nodiscard]] const ServerFailure* failure_of(std::string_view kind) const;
  // Null if it has no such candidate.
  [[nodiscard]] const CandidateRecord* candidate(const Endpoint& address) const;
};

// Signals that were lost, by direction ("alice->bob") and kind ("candidate").
struct SignalLosses {
  std::string channel;
  std::string what;
  std::int64_t times = 0;
};

// How often a host's connection to its signalling server was lost or not made, by reason.
struct SignallingOutage {
  std::string host;
  std::string reason;
  std::int64_t times = 0;
};

// Collects the events "ice.*", "signal.lost" and "room.lost".
class IceHistory : public core::EventListener {
 public:
  explicit IceHistory(const core::World& world) : world_(world) {}

  void on_agent(const core::AgentEvent& event) override;
  // An agent that is known from elsewhere than its events.
  void add(IceAgentRecord agent) { agents_.push_back(std::move(agent)); }

  // In the order of their first events.
  [[nodiscard]] const std::vector<IceAgentRecord>& agents() const { return agents_; }
  [[nodiscard]] bool has(std::string_view agent) const;
  [[nodiscard]] const std::vector<SignalLosses>& signal_losses() const { return signal_losses_; }
  [[nodiscard]] const std::vector<SignallingOutage>& outages() const { return outages_; }
  // The agent that `agent` talks to: the one that has the remote candidate, or the only other one.
  // Null if neither tells.
  [[nodiscard]] const IceAgentRecord* peer_of(const IceAgentRecord& agent,
                                              const Endpoint& remote) const;

 private:
  void on_signal_lost(const core::AgentEvent& event);
  void on_room_lost(const core::AgentEvent& event);
  static void on_pair(IceAgentRecord& agent, const core::AgentEvent& event);

  const core::World& world_;
  std::vector<IceAgentRecord> agents_;
  absl::flat_hash_map<core::ObjectId, std::size_t> index_;  // in agents_
  std::vector<SignalLosses> signal_losses_;
  std::vector<SignallingOutage> outages_;  // in the order of their first events
};

}  // namespace natsim::record
