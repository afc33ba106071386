// Virtual time: integer nanoseconds, so that sums are exact and every machine agrees.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <string>

namespace natsim {

// A signed span of time in nanoseconds; ±292 years.
struct Duration {
  std::int64_t ns = 0;

  constexpr auto operator<=>(const Duration&) const = default;
  constexpr Duration operator+(Duration other) const { return {ns + other.ns}; }
  constexpr Duration operator-(Duration other) const { return {ns - other.ns}; }
  constexpr Duration operator-() const { return {-ns}; }
  constexpr Duration operator*(std::int64_t factor) const { return {ns * factor}; }
  constexpr Duration operator/(std::int64_t divisor) const { return {ns / divisor}; }
  constexpr std::int64_t operator/(Duration other) const { return ns / other.ns; }
  constexpr Duration& operator+=(Duration other) { return *this = *this + other; }
  constexpr Duration& operator-=(Duration other) { return *this = *this - other; }

  // For reports only; never feed the result back into a simulation. The double nearest to the exact
  // decimal up to 2^53 ns (104 days), so that printing it in the shortest form gives that decimal.
  [[nodiscard]] constexpr double to_seconds() const { return static_cast<double>(ns) / 1e9; }
  [[nodiscard]] constexpr double to_milliseconds() const { return static_cast<double>(ns) / 1e6; }
};

constexpr Duration nanoseconds(std::int64_t n) { return {n}; }
constexpr Duration microseconds(std::int64_t n) { return {n * 1'000}; }
constexpr Duration milliseconds(std::int64_t n) { return {n * 1'000'000}; }
constexpr Duration seconds(std::int64_t n) { return {n * 1'000'000'000}; }

// An instant on a world's clock: nanoseconds since that world began. `Time::never()` is later than
// every other instant and is what a machine without a deadline reports.
struct Time {
  std::int64_t ns = 0;

  static constexpr Time never() { return {std::numeric_limits<std::int64_t>::max()}; }

  constexpr auto operator<=>(const Time&) const = default;
  constexpr Time operator+(Duration d) const { return {ns + d.ns}; }
  constexpr Time operator-(Duration d) const { return {ns - d.ns}; }
  constexpr Duration operator-(Time other) const { return {ns - other.ns}; }
  constexpr Time& operator+=(Duration d) { return *this = *this + d; }

  [[nodiscard]] constexpr bool is_never() const { return ns == never().ns; }
  // As of a Duration.
  [[nodiscard]] constexpr double to_seconds() const { return static_cast<double>(ns) / 1e9; }
};

// "1.5s", "20ms", "350us", "7ns": the largest unit that keeps the number at one or more, all
// significant digits and no trailing zeros.
std::string to_string(Duration duration);

// The instant as seconds with six decimals, "12.034500s"; "never" for Time::never().
std::string to_string(Time time);

}  // namespace natsim
