#include "sim/live/lateness.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace natsim::live {
namespace {

constexpr std::array<Duration, Lateness::rows> row_ends = {
    microseconds(10), microseconds(30), microseconds(100), microseconds(300),
    milliseconds(1),  milliseconds(3),  milliseconds(10),  {Time::never().ns}};

}  // namespace

std::size_t Lateness::step_of(std::int64_t us) {
  if (us < 1) return 0;
  const auto value = static_cast<std::uint64_t>(us);
  const auto doubling = static_cast<std::size_t>(std::bit_width(value)) - 1;
  if (doubling >= doublings) return steps - 1;
  // The three bits below the highest one.
  const std::uint64_t fraction =
      doubling >= 3 ? (value >> (doubling - 3)) & 7u : (value << (3 - doubling)) & 7u;
  return 1 + doubling * steps_per_doubling + static_cast<std::size_t>(fraction);
}

Duration Lateness::end_of(std::size_t step) {
  if (step == 0) return microseconds(1);
  const std::size_t doubling = (step - 1) / steps_per_doubling;
  const auto fraction = static_cast<std::int64_t>((step - 1) % steps_per_doubling);
  return nanoseconds(((9 + fraction) * 1'000 << doubling) / 8);
}

void Lateness::add(Duration late) {
  const Duration span = std::max(late, Duration{});
  ++counts_[step_of(span.ns / 1'000)];
  const auto* const row =
      std::find_if(row_ends.begin(), row_ends.end(), [&](Duration end) { return span <= end; });
  ++row_counts_[static_cast<std::size_t>(row - row_ends.begin())];
  ++count_;
  worst_ = std::max(worst_, span);
}

Duration Lateness::quantile(double share) const {
  if (count_ == 0) return {};
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t step = 0; step < steps; ++step) {
    seen += counts_[step];
    // The last step has no end of its own.
    if (seen >= wanted && seen > 0)
      return step + 1 == steps ? worst_ : std::min(end_of(step), worst_);
  }
  return worst_;
}

std::array<Lateness::Row, Lateness::rows> Lateness::histogram() const {
  std::array<Row, rows> result;
  for (std::size_t i = 0; i < rows; ++i) result[i] = {row_ends[i], row_counts_[i]};
  return result;
}

}  // namespace natsim::live
