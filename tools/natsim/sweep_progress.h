// How far a sweep has come.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace natsim::cli {

// On a terminal one line on standard error that is written over, otherwise a line every five
// seconds. What a terminal showed is gone when it ends.
class SweepProgress {
 public:
  // Of `runs`, `before` had been done by an earlier sweep.
  SweepProgress(std::int64_t runs, std::int64_t before);
  SweepProgress(const SweepProgress&) = delete;  // there is one line
  SweepProgress& operator=(const SweepProgress&) = delete;
  ~SweepProgress();

  // `done` counts those from before too.
  void show(std::int64_t done);
  // Makes room for a line of standard output.
  void hide();
  // Since it was made.
  [[nodiscard]] std::chrono::duration<double> elapsed() const { return Clock::now() - begun_; }

 private:
  using Clock = std::chrono::steady_clock;

  std::int64_t runs_;
  std::int64_t before_;
  bool terminal_;
  bool shown_ = false;
  Clock::time_point begun_ = Clock::now();
  Clock::time_point last_ = begun_;  // when a line was written
};

// "340 of 1000 runs (34 %), 120 a second, 6 s left".
std::string progress_text(std::int64_t done, std::int64_t runs, std::int64_t before,
                          std::chrono::duration<double> elapsed);

}  // namespace natsim::cli
