#include "tools/statistics/intervals.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/beta.hpp>

namespace natsim::statistics {
namespace {

constexpr double tail = 0.025;  // on either side

// The smallest k, from 1 to n, for which the j-th of n resampled values is at most the k-th
// smallest with the probability `wanted`.
std::size_t resampled_place(std::size_t n, std::size_t j, double wanted) {
  std::size_t low = 1;
  std::size_t high = n;
  while (low < high) {
    const std::size_t k = low + (high - low) / 2;
    const double reached =
        boost::math::ibeta(static_cast<double>(j), static_cast<double>(n - j + 1),
                           static_cast<double>(k) / static_cast<double>(n));
    if (reached >= wanted) {
      high = k;
    } else {
      low = k + 1;
    }
  }
  return low;
}

}  // namespace

double normal_point(double probability) {
  return boost::math::quantile(boost::math::complement(boost::math::normal(), probability));
}

double student_point(double probability, double freedom) {
  return boost::math::quantile(
      boost::math::complement(boost::math::students_t(freedom), probability));
}

Estimate share(std::int64_t successes, std::int64_t trials) {
  const auto n = static_cast<double>(trials);
  const double p = static_cast<double>(successes) / n;
  const double z = normal_point(tail);
  const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  // At its ends the interval is exactly 0 or 1, but for rounding.
  return {p, Interval{successes == 0 ? 0 : centre - half, successes == trials ? 1 : centre + half}};
}

Estimate quantile(std::span<const double> sorted, double q) {
  const std::size_t n = sorted.size();
  const auto wanted = static_cast<std::size_t>(std::ceil(q * static_cast<double>(n) - 1e-9));
  const std::size_t j = std::clamp<std::size_t>(wanted, 1, n);
  if (n < 2) return {sorted[j - 1], std::nullopt};
  return {sorted[j - 1], Interval{sorted[resampled_place(n, j, tail) - 1],
                                  sorted[resampled_place(n, j, 1 - tail) - 1]}};
}

Moments moments(std::span<const double> values) {
  Moments result{0, 0, 0};
  double squares = 0;  // of the differences from the mean so far (Welford)
  for (const double value : values) {
    ++result.count;
    const double before = value - result.mean;
    result.mean += before / static_cast<double>(result.count);
    squares += before * (value - result.mean);
  }
  if (result.count > 1) result.variance = squares / static_cast<double>(result.count - 1);
  return result;
}

Estimate mean(std::span<const double> values) {
  const Moments sample = moments(values);
  if (sample.count < 2) return {sample.mean, std::nullopt};
  const auto n = static_cast<double>(sample.count);
  const double half = student_point(tail, n - 1) * std::sqrt(sample.variance / n);
  return {sample.mean, Interval{sample.mean - half, sample.mean + half}};
}

}  // namespace natsim::statistics
