// ICE agents that say nothing of themselves, as real programs: what their packets tell.
#pragma once

#include <vector>

#include "sim/record/ice_history.h"
#include "sim/record/packet_trails.h"

namespace natsim::record {

// The agents whose checks were seen and that `known` has no events of, in the order of their first
// checks, with the pairs that they checked, the candidates that their servers gave them, and the
// servers that gave none. A pair has succeeded if an answer came from where a check of it went, is
// in progress while checks are under way, and else has failed; of an agent that does not nominate,
// the last that succeeded counts as selected. What it signalled, and what goes over TCP, is not
// seen: an agent that is relayed over TCP alone is taken for one on its TURN server's host.
std::vector<IceAgentRecord> heard_agents(const PacketTrails& trails, const IceHistory& known);

}  // namespace natsim::record
