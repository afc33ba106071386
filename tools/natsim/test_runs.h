// The runs of `natsim test`: scenarios with seeds, on several threads.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/script/runner.h"
#include "tools/natsim/selection.h"
#include "tools/suite/case_result.h"

namespace natsim::cli {

// One scenario with one seed, and what became of it.
struct TestRun {
  const Chosen* chosen;
  std::uint64_t seed;
  suite::CaseResult result;  // not_run before
  std::string text;          // for a terminal
  nlohmann::ordered_json json;
  std::optional<script::Golden> golden;  // if it asks for one, and came to an end
  std::uint64_t digest = 0;
};

class TestRuns {
 public:
  // Begins at once. `program` is natsim as it was called. What it refers to outlives it.
  TestRuns(std::string_view program, std::vector<TestRun>& runs, unsigned threads, bool coloured);
  TestRuns(const TestRuns&) = delete;  // its threads refer to it
  TestRuns& operator=(const TestRuns&) = delete;
  ~TestRuns();

  // How many of the first runs have ended; waits until that is more than `known`, for 100 ms at
  // most.
  std::size_t wait(std::size_t known);
  // How many have ended, in whatever order.
  [[nodiscard]] std::size_t ended() const { return count_; }
  // Begins no further run.
  void stop() { stopping_ = true; }
  // No run is under way and none will be begun.
  [[nodiscard]] bool over() const { return working_ == 0; }

 private:
  void work();
  void play(TestRun& run) const;

  std::string_view program_;
  std::vector<TestRun>& runs_;
  bool coloured_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<unsigned> working_;  // threads that have not ended
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<bool> ended_;
  std::atomic<std::size_t> count_ = 0;  // of those
  std::vector<std::thread> threads_;
};

}  // namespace natsim::cli
