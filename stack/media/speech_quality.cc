#include "stack/media/speech_quality.h"

#include <algorithm>
#include <cmath>

namespace natsim::media {
namespace {

constexpr double best_rating = 93.2;
constexpr double robustness = 25.1;  // Bpl, in percent of packets

// Idd of G.107 §7.4.
double delay_impairment(Duration mouth_to_ear) {
  const double milliseconds = mouth_to_ear.to_milliseconds();
  if (milliseconds <= 100) return 0;
  const double x = std::log2(milliseconds / 100);
  const auto part = [](double value) { return std::pow(1 + std::pow(value, 6), 1.0 / 6); };
  return 25 * (part(x) - 3 * part(x / 3) + 2);
}

}  // namespace

double rating_of(const SpeechPath& path) {
  const double percent = 100 * std::clamp(path.loss, 0.0, 1.0);
  // BurstR: the mean run over that of losses that are independent, 1 / (1 - loss). At least 1: a
  // run below it is chance.
  const double burst = std::max(1.0, path.mean_loss_run * (1 - percent / 100));
  const double loss_impairment = percent > 0 ? 95 * percent / (percent / burst + robustness) : 0;
  return std::clamp(best_rating - delay_impairment(path.mouth_to_ear) - loss_impairment, 0.0,
                    100.0);
}

double mean_opinion_score(double rating) {
  if (rating <= 0) return 1;
  if (rating >= 100) return 4.5;
  return std::max(1.0, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6);
}

}  // namespace natsim::media
