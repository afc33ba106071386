// How much a script may use.
#pragma once

#include <cstdint>

namespace natsim::script {

struct Limits {
  // Bytes of Lua's heap, plus what the script makes the simulator keep on its behalf.
  std::uint64_t memory = 256'000'000;
  // Lua instructions, plus what calls into the simulator are reckoned to be worth.
  std::uint64_t instructions = 100'000'000;
  // Events of the world's scheduler: ends a simulation that would go on for ever, within about a
  // minute.
  std::uint64_t events = 100'000'000;
};

}  // namespace natsim::script
