#include "stack/congestion/throughput.h"

#include "stack/congestion/measure.h"

namespace natsim::congestion {
namespace {

constexpr Duration first_window = milliseconds(500);
constexpr Duration later_window = milliseconds(150);
constexpr double uncertainty = 10;
constexpr double drift = 5;           // of the variance, from window to window
constexpr double change_drift = 200;  // where the rate is about to change

}  // namespace

std::optional<double> Throughput::pass(Duration arrival, std::uint32_t bytes) {
  const Duration window = estimate_ ? later_window : first_window;
  if (last_ && arrival < *last_) {  // Another clock, or a feedback that was overtaken.
    last_.reset();
    passed_ = {};
    bytes_ = 0;
  }
  if (last_) {
    const Duration gap = arrival - *last_;
    passed_ += gap;
    if (gap > window) {
      bytes_ = 0;
      passed_ = nanoseconds(passed_.ns % window.ns);
    }
  }
  last_ = arrival;
  std::optional<double> sample;
  if (passed_ >= window) {
    sample = rate_of(bytes_, window) / 1000;
    passed_ -= window;
    bytes_ = 0;
  }
  bytes_ += bytes;
  return sample;
}

void Throughput::add(Duration arrival, std::uint32_t bytes) {
  const std::optional<double> sample = pass(arrival, bytes);
  if (!sample) return;
  if (!estimate_) {
    estimate_ = sample;
    return;
  }
  const double difference = *estimate_ > *sample ? *estimate_ - *sample : *sample - *estimate_;
  // A window without a byte is as uncertain as can be.
  const double deviation = *estimate_ > 0 ? uncertainty * difference / *estimate_ : uncertainty;
  const double sample_variance = deviation * deviation;
  const double prior = variance_ + drift;
  *estimate_ = (sample_variance * *estimate_ + prior * *sample) / (sample_variance + prior);
  variance_ = sample_variance * prior / (sample_variance + prior);
}

void Throughput::add_after_gap(Duration arrival) {
  if (last_ && arrival > *last_) last_ = arrival;
}

void Throughput::expect_change() { variance_ += change_drift; }

std::optional<double> Throughput::bitrate() const {
  if (!estimate_) return std::nullopt;
  return *estimate_ * 1000;
}

}  // namespace natsim::congestion
