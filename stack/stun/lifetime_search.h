// Bisection for how long an unused binding lives.
#pragma once

#include <optional>

#include "stack/base/time.h"

namespace natsim::stun {

// What is known of a lifetime: the binding was alive after `alive_after` without use and gone after
// `expired_after`; unset where no test had that result.
struct BindingLifetime {
  std::optional<Duration> alive_after;
  std::optional<Duration> expired_after;
  auto operator<=>(const BindingLifetime&) const = default;
};

// Tries the longest time first, since many bindings outlive it, then halves what lies between.
class LifetimeSearch {
 public:
  // Both positive.
  LifetimeSearch(Duration longest, Duration resolution)
      : longest_(longest), resolution_(resolution) {}

  // For how long to leave the next binding alone; nullopt when the lifetime is known well enough.
  [[nodiscard]] std::optional<Duration> next() const {
    if (!found_.expired_after) {
      return found_.alive_after ? std::nullopt : std::optional(longest_);
    }
    const Duration low = found_.alive_after.value_or(Duration{});
    const Duration high = *found_.expired_after;
    if (high - low <= resolution_) return std::nullopt;
    return low + (high - low) / 2;
  }
  void record(Duration unused, bool alive) {
    (alive ? found_.alive_after : found_.expired_after) = unused;
  }
  [[nodiscard]] const BindingLifetime& found() const { return found_; }

 private:
  Duration longest_;
  Duration resolution_;
  BindingLifetime found_;
};

}  // namespace natsim::stun
