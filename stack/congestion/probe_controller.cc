#include "stack/congestion/probe_controller.h"

#include <algorithm>
#include <array>

namespace natsim::congestion {
namespace {

constexpr double first_scale = 3;
constexpr double second_scale = 6;
constexpr double further_scale = 2;
constexpr double further_from = 0.7;
constexpr double periodic_scale = 2;
constexpr double large_drop = 0.66;
constexpr double recovered_share = 0.85;
constexpr double recovery_uncertainty = 0.05;
constexpr Duration result_time = seconds(1);
constexpr Duration periodic_interval = seconds(5);
constexpr Duration drop_memory = seconds(5);
constexpr Duration recovery_interval = seconds(5);
constexpr Duration after_limit = seconds(3);
constexpr Duration cluster_length = milliseconds(15);

}  // namespace

ProbeController::ProbeController(const Limits& limits, Time now)
    : limits_(limits), estimate_(static_cast<double>(limits.start)) {
  ask(std::array{estimate_ * first_scale, estimate_ * second_scale}, true, now);
}

void ProbeController::ask(std::span<const double> bitrates, bool go_on, Time now) {
  const auto max = static_cast<double>(limits_.max);
  double last = 0;
  for (const double wanted : bitrates) {
    if (last == max) break;
    last = std::min(wanted, max);
    const auto bitrate = static_cast<std::uint64_t>(last);
    const auto bits = last * in_seconds(cluster_length);
    asked_.push_back(
        {.id = ++ids_, .bitrate = bitrate, .bytes = static_cast<std::uint64_t>(bits / 8) + 1});
  }
  asked_at_ = now;
  is_waiting_ = go_on && last < max;
  go_on_from_ = further_from * last;
}

void ProbeController::set_estimate(double bitrate, Time now) {
  if (bitrate < large_drop * estimate_) {
    dropped_ = now;
    before_drop_ = estimate_;
  }
  estimate_ = bitrate;
  if (is_waiting_ && bitrate > go_on_from_) ask(std::array{further_scale * bitrate}, true, now);
}

void ProbeController::set_application_limited_since(std::optional<Time> since, Time now) {
  if (limited_since_ && !since) limited_until_ = now;
  limited_since_ = since;
}

void ProbeController::recover(Time now) {
  const bool is_limited = limited_since_ || (limited_until_ && now - *limited_until_ < after_limit);
  if (!is_limited || is_waiting_ || !dropped_ || now - *dropped_ >= drop_memory) return;
  if (recovered_ && now - *recovered_ <= recovery_interval) return;
  const double wanted = recovered_share * before_drop_;
  if ((1 - recovery_uncertainty) * wanted <= estimate_) return;
  recovered_ = now;
  ask(std::array{wanted}, false, now);
}

void ProbeController::try_again(double bitrate, Time now) {
  const double wanted = recovered_share * bitrate;
  if (wanted > estimate_) ask(std::array{wanted}, true, now);
}

std::optional<Probe> ProbeController::next() {
  if (asked_.empty()) return std::nullopt;
  const Probe probe = asked_.front();
  asked_.pop_front();
  return probe;
}

Time ProbeController::next_periodic() const {
  if (!limited_since_ || is_waiting_ || estimate_ >= static_cast<double>(limits_.max)) {
    return Time::never();
  }
  return std::max(*limited_since_, *asked_at_) + periodic_interval;
}

void ProbeController::handle_timeout(Time now) {
  if (is_waiting_ && now - *asked_at_ >= result_time) is_waiting_ = false;
  if (next_periodic() <= now) ask(std::array{periodic_scale * estimate_}, true, now);
}

Time ProbeController::next_timeout() const {
  return is_waiting_ ? *asked_at_ + result_time : next_periodic();
}

}  // namespace natsim::congestion
