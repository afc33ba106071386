// When to send more than the media for a moment, to see whether the path has more.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>

#include "stack/base/time.h"
#include "stack/congestion/measure.h"

namespace natsim::congestion {

// A cluster of packets to be sent at a bit-rate, filled up by padding where there is no media.
struct Probe {
  std::uint32_t id = 0;       // from 1
  std::uint64_t bitrate = 0;  // bits per second
  // It ends when both are sent.
  std::uint64_t bytes = 0;  // 15 ms of the bit-rate
  std::uint32_t packets = 5;
};

// Rates in bits per second. The rules and figures are libwebrtc's.
// 1. It begins with clusters at 3 and 6 times the start bit-rate.
// 2. While an estimate within a second of a cluster comes to 0.7 of its rate, another follows at
//    twice the estimate.
// 3. While the application limits itself, there is a cluster of twice the estimate every 5 s.
// 4. If the estimate fell by more than a third in the last 5 s while the application limited
// itself,
//    or up to 3 s after, `recover` asks for 0.85 of what it was before, at most every 5 s.
class ProbeController {
 public:
  ProbeController(const Limits& limits, Time now);

  void set_estimate(double bitrate, Time now);
  void set_application_limited_since(std::optional<Time> since, Time now);
  // The queue has emptied after an over-use.
  void recover(Time now);
  // The path answers again: whether it still has the rate from before.
  void try_again(double bitrate, Time now);

  std::optional<Probe> next();
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;

 private:
  void ask(std::span<const double> bitrates, bool go_on, Time now);
  [[nodiscard]] Time next_periodic() const;

  Limits limits_;
  std::deque<Probe> asked_;
  std::uint32_t ids_ = 0;
  double estimate_;
  double go_on_from_ = 0;         // while a result is waited for
  std::optional<Time> asked_at_;  // the last clusters
  bool is_waiting_ = false;       // for their result
  std::optional<Time> limited_since_;
  std::optional<Time> limited_until_;
  std::optional<Time> dropped_;  // when the estimate fell by much
  double before_drop_ = 0;
  std::optional<Time> recovered_;  // when a drop was probed last
};

}  // namespace natsim::congestion
