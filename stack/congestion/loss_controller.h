// The bit-rate that the losses allow (draft-ietf-rmcat-gcc-02 §6).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "stack/base/time.h"
#include "stack/congestion/measure.h"

namespace natsim::congestion {

// Rates in bits per second.
// 1. A loss is the share of packets lost in at least a second and of at least 20 packets, or what a
//    receiver report says. While it is at most 2 %, the rate rises by 8 % a second; up to 10 % it
//    stays; beyond, it falls once for each such loss, by half the share, and at most every 300 ms
//    and a round trip. After 6 s without a loss being known it stays.
// 2. It is never above the limit, and in the first 2 s, while nothing is lost, at it.
class LossController {
 public:
  explicit LossController(const Limits& limits)
      : limits_(limits), bitrate_(static_cast<double>(limits.start)) {}

  // What a feedback says first of packets. One that comes `late` was counted as lost before.
  void count_received(bool late);
  void count_lost() { ++lost_; }
  // All of a feedback is counted.
  void close(Time now);
  void on_report(double share, Time now);

  // `limit` is what else bounds the rate.
  void update(double limit, Duration round_trip, Time now);
  // Another rate than its own, of a probe or after a silence.
  void set(double bitrate);

  [[nodiscard]] double bitrate() const { return bitrate_; }
  // The last that is known, from 0 to 1.
  [[nodiscard]] std::optional<double> loss() const { return loss_; }

 private:
  struct Past {
    Time at;
    double bitrate;
  };

  // The least rate of the last second.
  double least(Time now);

  Limits limits_;
  double bitrate_;
  std::deque<Past> past_;  // rising
  std::optional<double> loss_;
  bool is_used_ = false;  // the loss has made the rate fall
  std::optional<Time> first_known_;
  std::optional<Time> known_;
  std::optional<Time> decreased_;
  // Of the loss that is being counted.
  std::optional<Time> begun_;
  std::uint64_t received_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace natsim::congestion
