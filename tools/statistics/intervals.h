// Estimates from samples with intervals that hold the true value in 95 of 100 experiments.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace natsim::statistics {

struct Interval {
  double low;
  double high;
};

struct Estimate {
  double value;
  std::optional<Interval> interval;  // unset if the sample is too small for one
};

// The share of successes, from 0 to 1, with Wilson's score interval (Wilson, 1927). Precondition:
// 0 <= successes <= trials, trials > 0.
Estimate share(std::int64_t successes, std::int64_t trials);

// The smallest of the values below or at which there is at least the share `q` of them, 0 < q <= 1,
// with the percentile bootstrap's interval. What resampling would approach is computed: the j-th of
// n resampled values is at most the k-th smallest value with the probability that of n draws at
// least j are among the k smallest, a binomial one. Precondition: sorted, not empty.
Estimate quantile(std::span<const double> sorted, double q);

// The mean with Student's interval. Precondition: not empty.
Estimate mean(std::span<const double> values);

// Sample mean and the variance with n - 1 in the denominator; 0 for fewer than two values.
struct Moments {
  std::int64_t count;
  double mean;
  double variance;
};
Moments moments(std::span<const double> values);

// The point that a standard normal variable passes with the probability `tail`, 0 < tail < 1.
double normal_point(double tail);
// The same of Student's distribution with `freedom` > 0 degrees of freedom.
double student_point(double tail, double freedom);

}  // namespace natsim::statistics
