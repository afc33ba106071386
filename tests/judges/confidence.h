// When a frequency counts as the probability that theory gives.
#pragma once

#include <cmath>
#include <cstdint>

#include <gtest/gtest.h>

namespace natsim::judges {

// The normal distribution's quantile for 99 % in the middle.
inline constexpr double z_99 = 2.5758;

// Bounds that hold `probability` with the confidence that z says, by Wilson's score interval: it
// stays honest near 0 and 1, where frequencies of 0 and 1 are to be expected.
struct Interval {
  double low;
  double high;

  static Interval of(std::uint64_t hits, std::uint64_t trials, double z = z_99) {
    const auto n = static_cast<double>(trials);
    const double share = static_cast<double>(hits) / n;
    const double centre = (share + z * z / (2 * n)) / (1 + z * z / n);
    const double half =
        z / (1 + z * z / n) * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
    return {centre - half, centre + half};
  }
  [[nodiscard]] bool holds(double probability) const {
    return low <= probability && probability <= high;
  }
};

inline testing::AssertionResult agrees(std::uint64_t hits, std::uint64_t trials,
                                       double probability) {
  const Interval interval = Interval::of(hits, trials);
  if (interval.holds(probability)) return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << hits << " of " << trials << " runs: the 99 % interval is " << interval.low << " to "
         << interval.high << ", theory says " << probability;
}

}  // namespace natsim::judges
