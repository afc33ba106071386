// That a run is still going on.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace natsim::cli {

// While it lives it says on standard error, if that is a terminal, what is running and for how
// long, from two seconds on; what it said is gone when it ends.
class Progress {
 public:
  explicit Progress(std::string name);
  Progress(const Progress&) = delete;  // a thread refers to it
  Progress& operator=(const Progress&) = delete;
  ~Progress();

 private:
  void show(const std::string& name);

  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace natsim::cli
