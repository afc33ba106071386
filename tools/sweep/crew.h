// Those who run a sweep's runs, beside the one who keeps the results.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "tools/results/store.h"

namespace natsim::sweep {

// Called by one thread, the keeper's.
class Crew {
 public:
  virtual ~Crew() = default;

  // The runs that have ended since the last call, in no order. Waits for `patience`, less if
  // everything has ended before.
  virtual std::vector<results::RunRow> take(std::chrono::milliseconds patience) = 0;
  // Nothing is under way and nothing is left to be taken or begun.
  [[nodiscard]] virtual bool finished() const = 0;
  // Begins no further run; what is under way is finished.
  virtual void stop() = 0;
  // CPU time of this process within runs until now; nullopt where others run.
  [[nodiscard]] virtual std::optional<std::chrono::nanoseconds> inside() const = 0;
};

}  // namespace natsim::sweep
