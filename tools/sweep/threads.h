// A crew of threads of this process.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tools/sweep/crew.h"
#include "tools/sweep/plan.h"

namespace natsim::sweep {

class Threads : public Crew {
 public:
  // Begins at once. `plan` must outlive it; `runs` are what is to be done, in the order in which
  // they are begun. Precondition: workers > 0.
  Threads(const Plan& plan, std::vector<std::int64_t> runs, unsigned workers);
  Threads(const Threads&) = delete;  // its threads refer to it
  Threads& operator=(const Threads&) = delete;
  ~Threads() override;

  std::vector<results::RunRow> take(std::chrono::milliseconds patience) override;
  [[nodiscard]] bool finished() const override;
  void stop() override;
  [[nodiscard]] std::optional<std::chrono::nanoseconds> inside() const override;

 private:
  // Results that nobody has taken: workers wait when there are more.
  static constexpr std::size_t most_untaken = 100'000;

  void work();

  const Plan& plan_;
  const std::vector<std::int64_t> runs_;
  std::atomic<std::size_t> next_ = 0;  // the place in runs_
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<results::RunRow> untaken_;
  unsigned working_;  // threads that have not ended
  std::chrono::nanoseconds inside_{};
  std::vector<std::thread> threads_;
};

}  // namespace natsim::sweep
