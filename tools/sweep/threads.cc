#include "tools/sweep/threads.h"

#include <ctime>
#include <utility>

namespace natsim::sweep {
namespace {

std::chrono::nanoseconds thread_cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Threads::Threads(const Plan& plan, std::vector<std::int64_t> runs, unsigned workers)
    : plan_(plan), runs_(std::move(runs)), working_(workers) {
  for (unsigned i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
}

Threads::~Threads() {
  stop();
  for (std::thread& thread : threads_) thread.join();
}

void Threads::work() {
  while (!stopping_) {
    const std::size_t place = next_++;
    if (place >= runs_.size()) break;
    const auto start = thread_cpu_time();
    results::RunRow row = plan_.execute(runs_[place]);
    const auto inside = thread_cpu_time() - start;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return untaken_.size() < most_untaken || stopping_; });
    untaken_.push_back(std::move(row));
    inside_ += inside;
  }
  const std::lock_guard lock(mutex_);
  if (--working_ == 0) changed_.notify_all();
}

std::vector<results::RunRow> Threads::take(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [this] { return working_ == 0; });
  std::vector<results::RunRow> taken = std::exchange(untaken_, {});
  changed_.notify_all();
  return taken;
}

bool Threads::finished() const {
  const std::lock_guard lock(mutex_);
  return working_ == 0 && untaken_.empty();
}

void Threads::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

std::optional<std::chrono::nanoseconds> Threads::inside() const {
  const std::lock_guard lock(mutex_);
  return inside_;
}

}  // namespace natsim::sweep
