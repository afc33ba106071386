// What hindered the ICE agents apart from their pairs, in sentences.
#pragma once

#include <string>
#include <vector>

#include "sim/record/ice_history.h"
#include "sim/record/packet_trails.h"

namespace natsim::record {

struct AgentDiagnosis {
  std::string agent;
  std::string state;      // of ICE, as it was last told; may be empty
  bool selected = false;  // it selected a pair at some time
  // Without candidates to try, whatever became of those that there were: its own or its peer's are
  // missing, or a server's, so that only its host's own addresses are left.
  bool lacks_candidates = false;
  std::string turn_failure;  // why it has no relayed candidate; empty if no TURN server failed
  std::vector<std::string> notes;  // sentences; empty if nothing hindered it
};

// Servers that gave no candidate and what became of the packets to and from them, candidates that
// never came, lost signals, lost consent. In the order of agents.
std::vector<AgentDiagnosis> diagnose_agents(const IceHistory& ice, const PacketTrails& trails);

}  // namespace natsim::record
