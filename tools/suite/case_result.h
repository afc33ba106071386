// What became of one case of a suite: one scenario with one seed.
#pragma once

#include <cstdint>
#include <string>

namespace natsim::suite {

enum class CaseOutcome : std::uint8_t {
  passed,
  failed,   // an expectation did not hold, or the golden outcome is another one
  error,    // the script is wrong, or a limit was reached
  skipped,  // it is not for this command; the message says why
  not_run,  // the suite was ended before
};

struct CaseResult {
  std::string file;  // as it was given or found
  std::string scenario;
  std::uint64_t seed = 1;
  CaseOutcome outcome = CaseOutcome::not_run;
  int line = 0;         // of what went wrong; 0 if none is known
  std::string message;  // what went wrong, or why it was skipped, in one line; empty otherwise
  std::string details;  // lines that say more; may be empty
  std::string again;    // the command that repeats it; empty if it passed or was not run
  double seconds = 0;   // that it took, of a clock on the wall
};

// "NAME, seed 7".
std::string title_of(const CaseResult& result);

}  // namespace natsim::suite
