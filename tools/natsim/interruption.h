// Ending by a signal, but in order.
#pragma once

#include <csignal>

namespace natsim::cli {

// While it lives, the first SIGINT or SIGTERM only shows in pending(); the next one ends the
// program as it always does. Threads that are started meanwhile hear of no signal. Made before
// them, by the thread that asks.
class Interruption {
 public:
  Interruption();
  Interruption(const Interruption&) = delete;  // the signals' mask is the thread's
  Interruption& operator=(const Interruption&) = delete;
  ~Interruption();

  // True once a signal has come.
  bool pending();

 private:
  sigset_t signals_{};
  sigset_t before_{};
  bool seen_ = false;
};

}  // namespace natsim::cli
