// Whether a metric differs between two experiments, and by how much.
//
// Both have the same points; at each point the metric was measured in some runs of either. The
// points count alike. The change is the mean over the points of the difference of their means; its
// variance follows from the variances within the points (Welch), so that differences between the
// points are no noise. Where runs of both have the same seeds the variance is that of their
// differences, run by run, which is often much smaller.
#pragma once

#include <optional>
#include <vector>

#include "tools/statistics/intervals.h"

namespace natsim::statistics {

// One point's values of the metric in both experiments. Of a yes or no they are 0 and 1.
struct Pair {
  Moments before;
  Moments after;
  std::optional<Moments> differences;  // after - before of the same runs, if they are the same
};

struct Comparison {
  double before;  // mean over the points
  double after;
  double change;  // after - before
  // That of the change with the confidence asked for; unset if no point has two runs on either
  // side.
  std::optional<Interval> interval;
  // The change over the standard deviation within the points (Cohen's d); unset if that is zero.
  std::optional<double> effect;
};

// `risk` is the probability, above 0, that the interval misses a true change. Points without a
// value on either side are left out; nullopt if none is left.
std::optional<Comparison> compare(const std::vector<Pair>& points, double risk);

}  // namespace natsim::statistics
