// Why an ICE candidate pair failed, in sentences.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/record/ice_history.h"
#include "sim/record/nat_history.h"
#include "sim/record/packet_trails.h"

namespace natsim::record {

// The last of a diagnosis's changes, where no side has a relayed candidate.
inline constexpr std::string_view relay_change =
    "a TURN server for either side: a relayed address is the same for every peer and takes packets "
    "from any port of a permitted address";

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
  // Equal for pairs of one agent that failed in the same way with candidates of one address, such
  // as the peer-reflexive ones that differ in their port alone.
  std::string likeness;
};

// Of each pair that failed; and for an agent that never selected a pair, of all that did not
// succeed. In the order of agents and pairs.
std::vector<PairDiagnosis> diagnose_pairs(const IceHistory& ice, const PacketTrails& trails,
                                          const NatHistory& nats);

}  // namespace natsim::record
