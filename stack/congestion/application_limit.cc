#include "stack/congestion/application_limit.h"

#include <algorithm>

namespace natsim::congestion {
namespace {

constexpr std::int64_t used_percent = 65;
constexpr std::int64_t begin_percent = 80;
constexpr std::int64_t end_percent = 50;
constexpr Duration budget_window = milliseconds(500);

}  // namespace

void ApplicationLimit::set_target(std::uint64_t bitrate) {
  fill_ = static_cast<std::int64_t>(bitrate) * used_percent / 100;
  most_ = fill_ * budget_window.ns / seconds(1).ns;
  budget_ = std::clamp(budget_, -most_, most_);
}

void ApplicationLimit::on_sent(std::uint32_t bytes, Time now) {
  const Duration passed = last_ ? std::min(now - *last_, budget_window * 2) : Duration{};
  last_ = now;
  // By microseconds, so that the product of a terabit and a second fits.
  const std::int64_t filled = fill_ * (passed / microseconds(1)) / 1'000'000;
  budget_ = std::min(budget_ + filled, most_);
  budget_ = std::max(budget_ - std::int64_t{bytes} * 8, -most_);
  if (!since_ && budget_ * 100 > most_ * begin_percent) {
    since_ = now;
  } else if (since_ && budget_ * 100 < most_ * end_percent) {
    since_.reset();
  }
}

}  // namespace natsim::congestion
