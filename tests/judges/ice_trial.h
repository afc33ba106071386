// Two ICE peers behind a NAT each, and whether they find a path.
#pragma once

#include <optional>

#include "sim/nat/options.h"
#include "stack/ice/candidate.h"

namespace natsim::judges {

struct IceSide {
  nat::NatOptions nat;
  // The peer is told the port that comes after the one that the server saw.
  bool foreseen = false;
};

// The types of the two candidates of a selected pair, each as its own side sees it.
struct IcePath {
  ice::CandidateType a;
  ice::CandidateType b;
};

// What ICE comes to on wires without loss, with one STUN server, no relay and no host candidates;
// nullopt if it fails.
std::optional<IcePath> ice_between(const IceSide& a, const IceSide& b);

}  // namespace natsim::judges
