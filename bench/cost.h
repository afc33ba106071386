// What this process has used so far, for figures that a benchmark takes of its parts.
#pragma once

#include <ctime>
#include <malloc.h>

namespace natsim::bench {

// Processor time.
inline double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Memory that is allocated now.
inline double heap_bytes() {
  const auto info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

}  // namespace natsim::bench
