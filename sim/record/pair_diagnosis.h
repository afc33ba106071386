// Why an ICE candidate pair failed, in sentences.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/record/ice_history.h"
#include "sim/record/nat_history.h"
#include "sim/record/packet_trails.h"

namespace natsim::record {

struct PairDiagnosis {
  std::string agent;
  std::string peer;  // "the peer" if it is not known
  PairRecord pair;
  std::vector<std::string> story;    // sentences: what was sent, where it died, what was looked up
  std::vector<std::string> changes;  // clauses: each would have let it through, smallest first
  std::string headline;              // the decisive sentence of the story
  // How much the headline tells about the call: an obstacle that a NAT or a link put up tells more
  // than an address that nobody could ever reach.
  int weight = 0;
};

// Of each pair that failed; and for an agent that never selected a pair, of all that did not
// succeed. In the order of agents and pairs.
std::vector<PairDiagnosis> diagnose_pairs(const IceHistory& ice, const PacketTrails& trails,
                                          const NatHistory& nats);

}  // namespace natsim::record
