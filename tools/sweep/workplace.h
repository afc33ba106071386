// Where a sweep's runs are run: on this machine, or by many processes of which one keeps the
// results.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "stack/base/result.h"
#include "tools/sweep/crew.h"
#include "tools/sweep/plan.h"

namespace natsim::sweep {

class Workplace {
 public:
  virtual ~Workplace() = default;

  // Whether this process keeps the results, and speaks to the user; the others `serve`.
  [[nodiscard]] virtual bool keeps() const = 0;
  // A crew for `runs`, which it begins in this order. The plan outlives it. The error says why
  // `jobs`, if it was given, cannot be.
  virtual Result<std::unique_ptr<Crew>> employ(const Plan& plan, std::vector<std::int64_t> runs,
                                               std::optional<unsigned> jobs) = 0;
  // Runs what the keeper hands out, until it is sent home.
  virtual void serve(const Plan& plan) = 0;
};

}  // namespace natsim::sweep
