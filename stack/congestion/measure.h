// Times and rates as floating-point numbers. All that this folder computes with them is +, -, *, /,
// the square root and the next integer, which IEEE 754 defines to the last bit: every compiler
// comes to the same decisions.
#pragma once

#include <cstdint>

#include "stack/base/time.h"

namespace natsim::congestion {

constexpr double in_seconds(Duration duration) { return static_cast<double>(duration.ns) / 1e9; }
constexpr double in_milliseconds(Duration duration) {
  return static_cast<double>(duration.ns) / 1e6;
}

// In bits per second. Precondition: `time` is positive.
constexpr double rate_of(std::uint64_t bytes, Duration time) {
  return static_cast<double>(bytes) * 8 / in_seconds(time);
}

// Between which the controllers keep the bit-rate, in bits per second, and where it begins.
// Precondition: 0 < min <= start <= max.
struct Limits {
  std::uint64_t min = 30'000;
  std::uint64_t start = 300'000;
  std::uint64_t max = 5'000'000;
};

constexpr double within(const Limits& limits, double bitrate) {
  if (bitrate < static_cast<double>(limits.min)) return static_cast<double>(limits.min);
  if (bitrate > static_cast<double>(limits.max)) return static_cast<double>(limits.max);
  return bitrate;
}

}  // namespace natsim::congestion
