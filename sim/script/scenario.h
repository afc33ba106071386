// What a scenario file holds and what came out of running one scenario.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/script/distribution.h"
#include "stack/base/time.h"

namespace natsim::script {

// A line of a script. `file` is the path as the user gave it; `line` counts from 1.
struct Location {
  std::string file;
  int line = 0;
};

// "scenarios/first.lua:12".
std::string to_string(const Location& location);

// An error's text taken apart.
struct LocatedError {
  Location at;          // line 0 if none is known
  std::string message;  // without the place
};

// Takes "FILE:LINE: message" or "FILE: message" apart; an error about the file `path` that has no
// place in front is placed there.
LocatedError located(std::string_view error, std::string_view path);

// A value that a scenario reports: a metric, a parameter, a side of an expectation.
using ReportedValue = std::variant<bool, std::int64_t, double, std::string, Duration>;

// As a person reads it: true, 12, 0.5, relay, 85ms.
std::string to_string(const ReportedValue& value);

// A value for a parameter, as given on the command line with --set.
struct Setting {
  std::string name;
  std::string value;
};

// A parameter that a scenario declared with param(name, default). One that was set to what it
// cannot be, which is an error, has its default.
struct Parameter {
  std::string name;
  ReportedValue value;                       // the setting, or else the default
  ReportedValue default_value;               // of the same type as `value`
  std::optional<Distribution> distribution;  // if it declares one
};

struct Metric {
  std::string name;
  ReportedValue value;
  std::string unit;  // of a number, as the scenario says it; may be empty
};

// What a scenario gave to golden(): its outcome is to be what a file says, which is for others to
// compare.
struct Golden {
  std::string text;     // without its last line's end
  bool digest = false;  // of the event stream, too
};

// An expectation that did not hold, or a call of fail().
struct Failure {
  Location at;
  std::string expectation;  // the line of the script, trimmed
  std::string message;      // "expected at most 2s, got 3.5s"
  std::string expected;     // "at most 2s"; empty for fail()
  std::string actual;       // "3.5s"; empty for fail()
};

// A line that the scenario wrote with log() or print().
struct LogLine {
  Time at;
  std::string text;
};

enum class Verdict : std::uint8_t {
  pass,
  fail,   // an expectation did not hold
  error,  // the script is wrong, or a limit was reached
};

// "pass", "fail", "error".
const char* to_string(Verdict verdict);

// A scenario(name, function) of a file.
struct ScenarioInfo {
  std::string name;
  int line = 0;  // of the call of scenario()
};

// What became of one run. Everything but `error` is filled in whatever the verdict.
struct Outcome {
  Verdict verdict = Verdict::pass;
  // "FILE:LINE: message" if the verdict is `error`, otherwise empty.
  std::string error;
  std::uint64_t digest = 0;       // of the event stream
  Duration simulated;             // from the world's beginning to the scenario's end
  std::uint64_t events = 0;       // executed by the scheduler
  std::uint64_t packets = 0;      // IP datagrams that hosts have made, whatever became of them
  std::size_t expectations = 0;   // calls of expect() that were decided
  std::vector<Parameter> params;  // in the order in which they were declared
  std::vector<Metric> metrics;    // in the order in which they were reported
  std::optional<Golden> golden;
  std::vector<Failure> failures;  // at most one: a failed expectation ends the scenario
  bool needs_outside = false;     // the error is that the run had no place for real programs
  std::vector<LogLine> logs;
  std::vector<std::string> required;  // the files that require() has read, in that order

  // True if the scenario neither expected nor measured anything, so that its passing says little.
  [[nodiscard]] bool checks_nothing() const { return expectations == 0 && metrics.empty(); }
};

}  // namespace natsim::script
