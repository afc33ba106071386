#include "tools/natsim/interruption.h"

#include <ctime>

namespace natsim::cli {

Interruption::Interruption() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

Interruption::~Interruption() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool Interruption::pending() {
  constexpr timespec at_once{0, 0};
  if (!seen_ && sigtimedwait(&signals_, nullptr, &at_once) > 0) {
    seen_ = true;
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  return seen_;
}

}  // namespace natsim::cli
