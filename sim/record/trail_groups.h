// Packets that fared alike, told as one: "7 times between 0.120000s and 31.620000s".
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/record/packet_trails.h"

namespace natsim::record {

struct TrailGroup {
  const PacketTrail* first = nullptr;  // sent
  const PacketTrail* last = nullptr;   // sent
  std::size_t count = 0;
};

// Groups packets of one sender and direction that ended in the same way at the same place with the
// same addresses, by their first packets. They must be in the order in which they were sent, and
// stay valid.
std::vector<TrailGroup> group_trails(const std::vector<const PacketTrail*>& trails);

// "once, at 0.120000s"; "7 times between 0.120000s and 31.620000s".
std::string times_of(const TrailGroup& group);

}  // namespace natsim::record
