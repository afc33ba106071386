// What is asked of a metric: "ice_time", "p95(ice_time)", "mean(mos)", "path=relay".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stack/base/result.h"
#include "tools/results/frame.h"
#include "tools/statistics/intervals.h"

namespace natsim::figures {

// 1. NAME of a yes or no, and NAME=VALUE, are shares of the runs that have NAME.
// 2. NAME of numbers is their median; median(NAME), pNN(NAME), mean(NAME), min(NAME) and max(NAME)
//    say otherwise.
// 3. Runs without the metric do not count.
struct Measure {
  enum class Kind : std::uint8_t { share, quantile, mean, least, greatest };

  Kind kind = Kind::share;
  const results::Column* column = nullptr;  // of the frame it was parsed for
  double quantile = 0.5;
  std::string value;  // whose share it is; empty for a yes or no
  std::string label;  // "median ice time", without the unit

  // The unit of the estimate; of a share it is "%" with estimates from 0 to 1.
  [[nodiscard]] std::string unit() const;
  struct Answer {
    std::int64_t count;             // runs that have the metric
    statistics::Estimate estimate;  // meaningless if there are none
  };
  // Of these rows of the frame.
  [[nodiscard]] Answer of(const std::vector<std::size_t>& rows) const;
};

// The error says which column or function there is none of, or that texts have no median.
Result<Measure> parse_measure(const results::Frame& frame, const std::string& text);

// "ice_time" as people write it: "ICE time".
std::string plain(std::string name);

}  // namespace natsim::figures
