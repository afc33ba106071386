// How late a live world was, as a histogram.
#pragma once

#include <array>
#include <cstdint>

#include "stack/base/time.h"

namespace natsim::live {

// Counts spans in steps of an eighth of their size: from 1 µs, below which all is one, to 64 s.
class Lateness {
 public:
  void add(Duration late);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] Duration worst() const { return worst_; }
  // The shortest span, to the next step above, that `share` of all do not exceed. Zero when there
  // is none. `share` is from 0 to 1.
  [[nodiscard]] Duration quantile(double share) const;

  // A row of the histogram: how many were at most so late, and later than the row before says.
  struct Row {
    Duration up_to;
    std::uint64_t count = 0;
  };
  static constexpr std::size_t rows = 8;
  // Up to 10 µs, 30 µs, 100 µs, 300 µs, 1 ms, 3 ms, 10 ms, and all that is later.
  [[nodiscard]] std::array<Row, rows> histogram() const;

 private:
  static constexpr std::size_t steps_per_doubling = 8;
  static constexpr std::size_t doublings = 26;
  static constexpr std::size_t steps = steps_per_doubling * doublings + 1;

  static std::size_t step_of(std::int64_t microseconds);
  // The longest span that is counted in a step.
  static Duration end_of(std::size_t step);

  std::array<std::uint64_t, steps> counts_{};
  std::array<std::uint64_t, rows> row_counts_{};
  std::uint64_t count_ = 0;
  Duration worst_;
};

}  // namespace natsim::live
