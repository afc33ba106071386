#include "tools/sweep/this_machine.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "tools/sweep/threads.h"

namespace natsim::sweep {

Result<std::unique_ptr<Crew>> ThisMachine::employ(const Plan& plan, std::vector<std::int64_t> runs,
                                                  std::optional<unsigned> jobs) {
  const unsigned wanted = jobs.value_or(std::max(1U, std::thread::hardware_concurrency()));
  const auto threads =
      static_cast<unsigned>(std::clamp<std::size_t>(runs.size(), 1, std::size_t{wanted}));
  return std::unique_ptr<Crew>(std::make_unique<Threads>(plan, std::move(runs), threads));
}

}  // namespace natsim::sweep
