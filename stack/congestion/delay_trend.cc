#include "stack/congestion/delay_trend.h"

#include <algorithm>

#include "stack/congestion/measure.h"

namespace natsim::congestion {
namespace {

constexpr std::size_t trend_window = 20;  // groups
constexpr double delay_smoothing = 0.9;
constexpr double trend_gain = 4;
constexpr int most_weight = 60;  // groups whose number the slope is multiplied with
constexpr int most_groups = 1000;
constexpr double over_use_time = 10;  // ms
constexpr double adapt_up = 0.0087;   // per ms
constexpr double adapt_down = 0.039;
constexpr double least_threshold = 6;  // ms
constexpr double most_threshold = 600;
constexpr double spike = 15;              // ms above the threshold: not followed
constexpr double longest_adaption = 100;  // ms

double magnitude(double value) { return value < 0 ? -value : value; }

}  // namespace

void DelayTrend::add(GroupDelta delta, Duration arrival) {
  groups_ = std::min(groups_ + 1, most_groups);
  if (!first_arrival_) first_arrival_ = arrival;
  delay_ += in_milliseconds(delta.arrived - delta.sent);
  smoothed_ = delay_smoothing * smoothed_ + (1 - delay_smoothing) * delay_;
  points_.push_back({in_milliseconds(arrival - *first_arrival_), smoothed_});
  if (points_.size() > trend_window) points_.pop_front();
  double trend = trend_;
  if (points_.size() == trend_window) trend = slope().value_or(trend);
  judge(trend, delta.sent);
  trend_ = trend;
  follow(std::min(groups_, most_weight) * trend * trend_gain, arrival);
}

std::optional<double> DelayTrend::slope() const {
  Point mean = {0, 0};
  for (const Point& point : points_) {
    mean.arrival += point.arrival;
    mean.delay += point.delay;
  }
  mean.arrival /= static_cast<double>(points_.size());
  mean.delay /= static_cast<double>(points_.size());
  double product = 0;
  double square = 0;
  for (const Point& point : points_) {
    const double x = point.arrival - mean.arrival;
    product += x * (point.delay - mean.delay);
    square += x * x;
  }
  if (square == 0) return std::nullopt;
  return product / square;
}

void DelayTrend::judge(double trend, Duration sent) {
  const double scaled = std::min(groups_, most_weight) * trend * trend_gain;
  if (scaled > threshold_) {
    const double time = in_milliseconds(sent);
    // The trend passed the threshold somewhere between the two groups.
    time_over_ = time_over_ ? *time_over_ + time : time / 2;
    ++times_over_;
    if (*time_over_ > over_use_time && times_over_ > 1 && trend >= trend_) {
      time_over_ = 0;
      times_over_ = 0;
      use_ = PathUse::over;
    }
    return;
  }
  time_over_.reset();
  times_over_ = 0;
  use_ = scaled < -threshold_ ? PathUse::under : PathUse::normal;
}

void DelayTrend::follow(double scaled, Duration arrival) {
  const double size = magnitude(scaled);
  const double time =
      followed_ ? std::min(in_milliseconds(arrival - *followed_), longest_adaption) : 0;
  followed_ = arrival;
  // One jump of the delay, as when a route changes, is no reason to hear less.
  if (size > threshold_ + spike) return;
  const double speed = size < threshold_ ? adapt_down : adapt_up;
  threshold_ =
      std::clamp(threshold_ + speed * (size - threshold_) * time, least_threshold, most_threshold);
}

}  // namespace natsim::congestion
