// What a run came to, for people and for programs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/record/drops.h"
#include "sim/script/runner.h"
#include "tools/natsim/selection.h"

namespace natsim::cli {

// One run of one scenario.
struct Run {
  std::string_view program;  // natsim as it was called, for the commands that are shown
  const Chosen& chosen;
  std::uint64_t seed;
  const script::Outcome& outcome;
  double wall_seconds;
  std::string why;  // why a call did not connect, if one did not; may be empty
  std::vector<record::ReasonCount> drops;
  std::vector<std::string> reality;  // what there is to say of real programs, a line each
  bool live = false;                 // it ran in real time
  bool logs_told = false;            // what the scenario logs has been printed already
  std::string recording;             // of a live run: the file that has it; may be empty
  nlohmann::ordered_json outside;    // the same for programs; null if there were none
};

// A block of lines for a terminal.
std::string text_of(const Run& run, bool coloured);

// The command that repeats it: "natsim run FILE --only NAME --seed 1".
std::string command_of(const Run& run, std::string_view subcommand);

// The object that `--json` prints on one line. Durations are in seconds.
nlohmann::ordered_json json_of(const Run& run);
// {"file", "line", "message"} of an error about the file `path`; file and line where they are
// known.
nlohmann::ordered_json json_of_error(std::string_view error, std::string_view path);
// A parameter's or a metric's value. A duration is in seconds.
nlohmann::ordered_json to_json(const script::ReportedValue& value);

// Says on standard error why a command refuses, and with `json` on standard output too, as one
// object; gives back exit_error.
int refuse(const Refusal& refusal, bool json);

}  // namespace natsim::cli
