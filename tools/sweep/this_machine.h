// The workplace of one process: its threads.
#pragma once

#include "tools/sweep/workplace.h"

namespace natsim::sweep {

class ThisMachine : public Workplace {
 public:
  [[nodiscard]] bool keeps() const override { return true; }
  // As many threads as there are processors, unless `jobs` says otherwise.
  Result<std::unique_ptr<Crew>> employ(const Plan& plan, std::vector<std::int64_t> runs,
                                       std::optional<unsigned> jobs) override;
  void serve(const Plan& /*plan*/) override {}
};

}  // namespace natsim::sweep
