#include "tools/suite/case_result.h"

#include <fmt/format.h>

namespace natsim::suite {

std::string title_of(const CaseResult& result) {
  return fmt::format("{}, seed {}", result.scenario, result.seed);
}

}  // namespace natsim::suite
