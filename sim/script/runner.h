// Running scenario files: what the command line and tests are written against.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/core/event.h"
#include "sim/net/network.h"
#include "sim/script/limits.h"
#include "sim/script/outside.h"
#include "sim/script/scenario.h"
#include "stack/base/result.h"

namespace natsim::script {

// A scenario file that has been read and compiled once to learn what it holds.
struct ScenarioFile {
  std::string path;                     // as given; what messages show
  std::string source;                   // the file's text: every run uses the same
  std::vector<ScenarioInfo> scenarios;  // in the file's order; never empty
};

struct RunOptions {
  std::uint64_t seed = 1;
  std::vector<Setting> settings;  // those that the scenario does not declare are ignored
  Limits limits;
  // Hear every event of the world; must outlive the run.
  std::vector<core::EventListener*> listeners;
  // Where real programs are; null: the run has none. It must outlive the run.
  Outside* outside = nullptr;
  // Called when the world is there and empty, before the script runs; may be empty. Its network
  // (and `network.world()`) lives until at_end has returned.
  std::function<void(net::Network& network)> at_start;
  // Called when the run has ended, whatever the verdict, and the world still stands; may be empty.
  std::function<void(net::Network& network, const Outcome& outcome)> at_end;
};

// Reads a file and finds its scenarios. The error reads "FILE:LINE: message" or "FILE: message":
// the file cannot be read, does not compile, fails outside its scenarios, holds none, or two of
// one name.
Result<ScenarioFile> load_file(const std::string& path, const Limits& limits = {});

// The same for a file whose text is `source`; `path` is for messages and for require().
Result<ScenarioFile> load_text(const std::string& path, std::string source,
                               const Limits& limits = {});

// Runs `file.scenarios[index]` in a world of its own. A pure function of its arguments and of the
// files that the script requires: it reads no clock, shares nothing, and may be called on several
// threads at once. Never throws; whatever goes wrong is in the outcome.
Outcome run_scenario(const ScenarioFile& file, std::size_t index, const RunOptions& options);

// The complaint about the first setting that none of the runs declared, with the nearest declared
// name; nullopt if all are declared, or if a run has ended by an error, perhaps before it declared
// it. Meaningful only over all runs that the settings were for.
std::optional<std::string> undeclared_setting(std::span<const Setting> settings,
                                              std::span<const Outcome> outcomes);

}  // namespace natsim::script
