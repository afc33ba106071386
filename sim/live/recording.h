// A live run on file: what has to be known to run it again, without the programs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/live/arrivals.h"
#include "sim/script/scenario.h"
#include "stack/base/result.h"
#include "stack/base/time.h"

namespace natsim::live {

// What a recording begins with.
struct RecordedRun {
  std::string path;      // of the scenario file, as it was given
  std::string source;    // its text
  std::string scenario;  // its name
  std::uint64_t seed = 1;
  std::vector<script::Setting> settings;
  std::string version;  // of natsim
};

// How a recorded run ended.
struct RecordedEnd {
  Time at;                   // the world's last instant
  std::uint64_t digest = 0;  // of its event stream
};

// The format: a line that says what it is, a line of JSON, then a record for each arrival, written
// as it comes: a byte of what it is ('D' datagram, 'L' line, 'E' end of a program, 'Z' end of the
// run), then, with the lowest byte first, 8 bytes of the instant in ns, 4 of the host or program,
// 4 of the length, and so many bytes. A recording that breaks off holds what it holds.
struct Recording {
  RecordedRun run;
  std::vector<Arrival> arrivals;  // in order
  // None if natsim was killed. What arrived after it was not waited for.
  std::optional<RecordedEnd> end;
};

// Whether a file says of itself that it is one.
bool is_recording(const std::string& path);

// The error begins with the path.
Result<Recording> read_recording(const std::string& path);

}  // namespace natsim::live
