#include "tools/statistics/comparison.h"

#include <cmath>

namespace natsim::statistics {
namespace {

// A sum of variances of means with the degrees of freedom that it is worth (Welch, Satterthwaite).
struct Noise {
  double variance = 0;
  double weight = 0;  // of squares of the parts over their own degrees of freedom

  void add(const Moments& sample) {
    if (sample.count < 2) return;
    const double part = sample.variance / static_cast<double>(sample.count);
    variance += part;
    weight += part * part / static_cast<double>(sample.count - 1);
  }
};

}  // namespace

std::optional<Comparison> compare(const std::vector<Pair>& points, double risk) {
  Comparison result{0, 0, 0, std::nullopt, std::nullopt};
  double count = 0;
  Noise noise;
  double spread = 0;  // sum of squares within the points
  double freedom = 0;
  for (const Pair& point : points) {
    if (point.before.count == 0 || point.after.count == 0) continue;
    ++count;
    result.before += point.before.mean;
    result.after += point.after.mean;
    if (point.differences) noise.add(*point.differences);
    for (const Moments* const sample : {&point.before, &point.after}) {
      if (!point.differences) noise.add(*sample);
      spread += sample->variance * static_cast<double>(sample->count - 1);
      freedom += static_cast<double>(sample->count - 1);
    }
  }
  if (count == 0) return std::nullopt;
  result.before /= count;
  result.after /= count;
  result.change = result.after - result.before;
  if (freedom == 0) return result;
  const double error = std::sqrt(noise.variance) / count;
  const double half =
      noise.weight == 0
          ? 0
          : student_point(risk / 2, noise.variance * noise.variance / noise.weight) * error;
  result.interval = Interval{result.change - half, result.change + half};
  if (spread > 0) result.effect = result.change / std::sqrt(spread / freedom);
  return result;
}

}  // namespace natsim::statistics
