#include "tools/natsim/progress.h"

#include <chrono>
#include <iostream>
#include <utility>

#include <fmt/format.h>

#include "tools/natsim/terminal.h"

namespace natsim::cli {

Progress::Progress(std::string name) {
  if (!progress_welcome()) return;
  thread_ = std::thread([this, name = std::move(name)] { show(name); });
}

Progress::~Progress() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Progress::show(const std::string& name) {
  std::unique_lock lock(mutex_);
  bool shown = false;
  for (int elapsed = 2;
       !changed_.wait_for(lock, std::chrono::seconds(shown ? 1 : 2), [this] { return done_; });
       ++elapsed) {
    std::cerr << fmt::format("\r\x1b[K{} … {} s", name, elapsed) << std::flush;
    shown = true;
  }
  if (shown) std::cerr << "\r\x1b[K" << std::flush;
}

}  // namespace natsim::cli
