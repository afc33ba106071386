// What a run came to, for people and for programs.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "sim/script/runner.h"
#include "tools/natsim/selection.h"

namespace natsim::cli {

// One run of one scenario.
struct Run {
  const Chosen& chosen;
  std::uint64_t seed;
  const script::Outcome& outcome;
  double wall_seconds;
  std::string why;    // why a call did not connect, if one did not; may be empty
  std::string drops;  // counters of dropped packets by reason
};

// A block of lines for a terminal.
std::string text_of(const Run& run, bool coloured);

// The object that `--json` prints on one line. Durations are in seconds.
nlohmann::ordered_json json_of(const Run& run);

}  // namespace natsim::cli
