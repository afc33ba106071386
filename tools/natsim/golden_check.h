// Golden outcomes: what runs gave to golden(), compared with the files beside their scenarios'.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/natsim/test_runs.h"
#include "tools/suite/golden_file.h"

namespace natsim::cli {

inline constexpr std::uint64_t golden_seed = 1;  // that a golden outcome is of

// A case that is no run of a scenario: `what` says of which part of the file.
TestRun other_case(const std::string& file, std::string what, suite::CaseOutcome outcome,
                   std::string_view error);

class GoldenCheck {
 public:
  // To compare, or to rewrite the files. `program` is natsim as it was called. `whole` if all of a
  // file's scenarios are run, so that a section that none of them asks for is of no use.
  GoldenCheck(std::string_view program, bool update, bool whole)
      : program_(program), update_(update), whole_(whole) {}

  // A run that has passed may have failed behind that.
  void compare(TestRun& run);
  // Cases of what is wrong with the files, beside the runs; writes what was rewritten.
  std::vector<TestRun> finish();

 private:
  struct Known {
    std::unique_ptr<suite::GoldenFile> file;  // null: `error` says why
    std::string error;
    std::vector<std::string> asked;  // by these scenarios
    bool whole = true;               // all of them came to their end, with the seed that counts
    bool changed = false;
  };

  Known& of(const std::string& path);

  std::string_view program_;
  bool update_;
  bool whole_;
  std::map<std::string, Known> files_;  // by scenario file
};

}  // namespace natsim::cli
