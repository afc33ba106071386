// Which scenarios a command works on, with which seed and settings.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <CLI/CLI.hpp>

#include "sim/live/recording.h"
#include "sim/script/runner.h"
#include "stack/base/result.h"

namespace natsim::cli {

// Exit codes, the same for every command.
inline constexpr int exit_passed = 0;
inline constexpr int exit_failed = 1;         // an expectation failed
inline constexpr int exit_error = 2;          // usage or script error
inline constexpr int exit_interrupted = 130;  // by a signal; what was done is kept

// Prints "natsim: <message>" to standard error; gives back exit_error.
int usage_error(std::string_view message);

// Adds --seed, a whole number that 64 bits hold.
void add_seed(CLI::App& command, std::uint64_t& seed);

// The options that `run` and `explain` share. They refer to it.
struct Selection {
  std::vector<std::string> files;
  std::uint64_t seed = 1;
  std::vector<std::string> set;  // "name=value"
  std::string only;              // part of a scenario's name; empty: all
  script::Limits limits;

  void add_to(CLI::App& command);
};

// A scenario to run.
struct Chosen {
  script::ScenarioFile file;
  std::size_t index;
  // Of the live run that is played again; null if there is none.
  std::shared_ptr<const live::Recording> recording;
  [[nodiscard]] const script::ScenarioInfo& info() const { return file.scenarios[index]; }
};

// Why a command does not do what it was told to.
struct Refusal {
  std::string message;  // of an error in a file with the place in front
  std::string path;     // of the file; empty if it is about the command line
};

// The settings of --set; an error names one that is not "name=value", or that is set twice.
Result<std::vector<script::Setting>> settings_of(const Selection& selection);
// Reads the files, which may be recordings of live runs too, and picks the scenarios. A refusal
// says what cannot be read, or that no scenario's name holds the text of --only and which names
// there are.
std::variant<std::vector<Chosen>, Refusal> choose(const Selection& selection);

}  // namespace natsim::cli
