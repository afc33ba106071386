#include "stack/congestion/link_capacity.h"

#include <algorithm>
#include <cmath>

namespace natsim::congestion {
namespace {

constexpr double least_deviation = 0.4;
constexpr double most_deviation = 2.5;

}  // namespace

void LinkCapacity::add(double sample, double weight) {
  const double kbits = sample / 1000;
  estimate_ = estimate_ ? (1 - weight) * *estimate_ + weight * kbits : kbits;
  const double error = *estimate_ - kbits;
  const double relative = error * error / std::max(*estimate_, 1.0);
  deviation_ =
      std::clamp((1 - weight) * deviation_ + weight * relative, least_deviation, most_deviation);
}

double LinkCapacity::margin() const { return 3 * std::sqrt(deviation_ * *estimate_); }

std::optional<double> LinkCapacity::estimate() const {
  if (!estimate_) return std::nullopt;
  return *estimate_ * 1000;
}

bool LinkCapacity::is_below(double throughput) const {
  return estimate_ && throughput / 1000 > *estimate_ + margin();
}

bool LinkCapacity::is_above(double throughput) const {
  return estimate_ && throughput / 1000 < *estimate_ - margin();
}

}  // namespace natsim::congestion
