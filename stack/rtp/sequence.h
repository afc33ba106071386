// Numbers that wrap: sequence numbers and timestamps.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>

namespace natsim::rtp {

// How far `b` is ahead of `a`, by the shorter way round; half of the circle counts as behind.
template <typename Number>
constexpr std::make_signed_t<Number> distance(Number a, Number b) {
  return static_cast<std::make_signed_t<Number>>(static_cast<Number>(b - a));
}

// Counts on where a number of 16 or 32 bits wraps: each is taken for the one nearest to the highest
// before it.
template <typename Number>
class Unwrapper {
 public:
  // The extended number. That of the first is the number itself; an earlier one may be negative.
  std::int64_t unwrap(Number number) {
    if (!highest_) {
      highest_ = number;
      return number;
    }
    const std::int64_t extended = *highest_ + distance(static_cast<Number>(*highest_), number);
    if (extended > *highest_) highest_ = extended;
    return extended;
  }
  // Whether the number is a quarter of the circle or more from the highest, either way: late or
  // lost packets do not explain that, a sender that started again does.
  [[nodiscard]] bool is_far(Number number) const {
    constexpr auto quarter = std::int64_t{1} << (std::numeric_limits<Number>::digits - 2);
    if (!highest_) return false;
    const std::int64_t ahead = distance(static_cast<Number>(*highest_), number);
    return ahead >= quarter || ahead <= -quarter;
  }
  // nullopt before the first.
  [[nodiscard]] std::optional<std::int64_t> highest() const { return highest_; }

 private:
  std::optional<std::int64_t> highest_;
};

}  // namespace natsim::rtp
