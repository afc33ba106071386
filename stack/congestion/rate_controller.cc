#include "stack/congestion/rate_controller.h"

#include <algorithm>
#include <cmath>

namespace natsim::congestion {
namespace {

constexpr double decrease_factor = 0.85;
constexpr double least_speed = 10'000;  // bit/s in a second
constexpr double least_additive_speed = 4000;
constexpr double headroom_factor = 1.5;
constexpr double headroom = 10'000;
constexpr double frames_per_second = 30;
constexpr double packet_bits = 1200 * 8;
constexpr Duration response = milliseconds(100);  // until an over-use is seen
constexpr Duration soonest_decrease = milliseconds(10);
constexpr Duration latest_decrease = milliseconds(200);

// 1.08 to the power of `time` in seconds, from 0 to 1: the exponential's series, to 12 digits.
double growth(double time) {
  constexpr double log_of_factor = 0.07696104113612832;
  const double x = log_of_factor * time;
  double sum = 1;
  for (int n = 7; n > 0; --n) sum = 1 + sum * x / n;
  return sum;
}

}  // namespace

void RateController::enter(PathUse use, Time now) {
  switch (use) {
    case PathUse::normal:
      if (state_ == State::hold) {
        changed_ = now;
        state_ = State::increase;
      }
      break;
    case PathUse::over:
      state_ = State::decrease;
      break;
    case PathUse::under:  // The queue empties: more would fill it again.
      state_ = State::hold;
      break;
  }
}

void RateController::update(PathUse use, std::optional<double> throughput, Time now) {
  if (throughput) throughput_ = *throughput;
  enter(use, now);
  if (state_ == State::increase) {
    increase(now);
    changed_ = now;
  } else if (state_ == State::decrease) {
    decrease();
    changed_ = now;
    state_ = State::hold;
  }
}

void RateController::increase(Time now) {
  if (capacity_.is_below(throughput_)) capacity_.reset();
  const double limit = headroom_factor * throughput_ + headroom;
  if (bitrate_ >= limit) return;
  const double time = changed_ ? std::min(in_seconds(now - *changed_), 1.0) : 0;
  const double step = capacity_.estimate()
                          ? additive_speed() * time
                          : std::max(bitrate_ * (growth(time) - 1), least_speed * time);
  bitrate_ = within(limits_, std::min(bitrate_ + step, limit));
}

void RateController::decrease() {
  double bitrate = decrease_factor * throughput_;
  if (bitrate > bitrate_ && capacity_.estimate()) {
    bitrate = decrease_factor * *capacity_.estimate();
  }
  if (capacity_.is_above(throughput_)) capacity_.reset();
  capacity_.on_over_use(throughput_);
  bitrate_ = within(limits_, std::min(bitrate, bitrate_));
}

double RateController::additive_speed() const {
  const double frame = bitrate_ / frames_per_second;
  const double packet = frame / std::ceil(frame / packet_bits);
  return std::max(packet / 2 / in_seconds(round_trip_ + response), least_additive_speed);
}

void RateController::set(double bitrate, Time now) {
  bitrate_ = within(limits_, bitrate);
  changed_ = now;
}

bool RateController::may_decrease(std::optional<double> throughput, Time now) const {
  if (!changed_) return true;
  if (now - *changed_ >= std::clamp(round_trip_, soonest_decrease, latest_decrease)) return true;
  return throughput && *throughput < bitrate_ / 2;
}

}  // namespace natsim::congestion
