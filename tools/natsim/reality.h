// Where a scenario's real programs are: on this machine, in a recording, or nowhere.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/live/gateway.h"
#include "sim/live/playback.h"
#include "sim/live/recorder.h"
#include "sim/live/this_machine.h"
#include "sim/script/runner.h"
#include "stack/base/time.h"
#include "tools/natsim/selection.h"

namespace natsim::cli {

// The options of a live run.
struct LiveOptions {
  std::string record;  // the file that is written; empty: none
  bool tell_errors = false;
  bool tell_logs = false;  // what the script logs is printed as it happens
  // A run is not valid if more than one datagram in a hundred was written later than this.
  Duration most_late = milliseconds(20);
};

// What becomes of one run. Made for each scenario; after the run it knows how it went.
class Reality {
 public:
  // With live options on this machine; otherwise in the recording, if the scenario is of one. Both
  // must outlive it. `settings` are the command line's; a recording has its own.
  Reality(const Chosen& chosen, const LiveOptions* live, std::uint64_t seed,
          const std::vector<script::Setting>& settings);
  ~Reality();

  // Sets the seed, the settings and the outside.
  void prepare(script::RunOptions& options);
  // To be called when the run is over.
  void finish(const script::Outcome& outcome);

  // Whether the result can be believed: a live run was in time, a replay was what was recorded.
  [[nodiscard]] bool valid() const { return complaint_.empty(); }
  [[nodiscard]] bool interrupted() const;
  // Lines for people, and an object for programs; empty and null of a run without anything real.
  [[nodiscard]] std::vector<std::string> text() const;
  [[nodiscard]] nlohmann::ordered_json json() const;

 private:
  class LogTeller;

  const Chosen& chosen_;
  const LiveOptions* live_;
  std::uint64_t seed_;
  std::vector<script::Setting> settings_;
  std::unique_ptr<live::ThisMachine> machine_;  // of a live run
  std::unique_ptr<live::Recorder> recorder_;
  std::unique_ptr<live::Playback> playback_;  // of a replay
  std::unique_ptr<live::Gateway> gateway_;    // of both
  std::unique_ptr<LogTeller> logs_;
  std::string complaint_;  // why the result cannot be believed
};

}  // namespace natsim::cli
