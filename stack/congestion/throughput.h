// How much arrives: the bit-rate that the receiver acknowledges.
#pragma once

#include <cstdint>
#include <optional>

#include "stack/base/time.h"

namespace natsim::congestion {

// Windows of arrivals, the first of 500 ms and then of 150 ms, whose rates are averaged the less
// the more they differ from what is known, as libwebrtc does.
class Throughput {
 public:
  // In the order of arrival, by the receiver's clock.
  void add(Duration arrival, std::uint32_t bytes);
  // A packet that follows others of which nothing is known, because feedback was lost: the time
  // since the last one does not count.
  void add_after_gap(Duration arrival);

  // What is known counts for little from here on: the application sends freely again.
  void expect_change();

  // Bits per second; nullopt until the first window is full.
  [[nodiscard]] std::optional<double> bitrate() const;

 private:
  // The rate of the window that ended before this packet, in kbit/s.
  std::optional<double> pass(Duration arrival, std::uint32_t bytes);

  std::optional<double> estimate_;  // kbit/s
  double variance_ = 50;            // of it
  std::optional<Duration> last_;    // arrival
  Duration passed_;                 // of the window
  std::uint64_t bytes_ = 0;         // in the window
};

}  // namespace natsim::congestion
