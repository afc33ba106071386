// Whether a queue on the path grows: the trend of the delay, and from where on it matters.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "stack/base/time.h"
#include "stack/congestion/arrival_groups.h"

namespace natsim::congestion {

enum class PathUse { normal, over, under };

// A line is fitted to the smoothed delays of the last 20 groups; its slope, made larger, is
// compared with a threshold that follows it, so that a flow holds its own beside flows that fill
// queues (draft-ietf-rmcat-gcc-02 §5.4; the line in place of the Kalman filter, and the figures,
// are libwebrtc's).
class DelayTrend {
 public:
  // `arrival` is when the group came, by the receiver's clock.
  void add(GroupDelta delta, Duration arrival);

  [[nodiscard]] PathUse use() const { return use_; }

 private:
  struct Point {
    double arrival;  // ms since the first
    double delay;    // ms, smoothed; only differences of it mean anything
  };

  // ms of delay per ms of time; nullopt with points of one time alone.
  [[nodiscard]] std::optional<double> slope() const;
  void judge(double trend, Duration sent);
  void follow(double scaled, Duration arrival);

  std::deque<Point> points_;
  std::optional<Duration> first_arrival_;
  int groups_ = 0;                    // counted up to 1000
  double delay_ = 0;                  // ms, the sum of all that arrivals were further apart
  double smoothed_ = 0;               // ms
  double trend_ = 0;                  // the slope that was judged last
  double threshold_ = 12.5;           // ms
  std::optional<Duration> followed_;  // when the threshold was adapted last
  std::optional<double> time_over_;   // ms of sending for which the trend has been over it
  int times_over_ = 0;                // in a row
  PathUse use_ = PathUse::normal;
};

}  // namespace natsim::congestion
