// The bit-rate that the delays allow: groups, their trend, and what follows from it.
#pragma once

#include <optional>
#include <span>

#include "stack/base/time.h"
#include "stack/congestion/arrival_groups.h"
#include "stack/congestion/delay_trend.h"
#include "stack/congestion/rate_controller.h"
#include "stack/congestion/sent_packets.h"

namespace natsim::congestion {

// Rates in bits per second.
class DelayController {
 public:
  explicit DelayController(const Limits& limits) : rate_(limits) {}

  struct Outcome {
    bool took_probe = false;
    bool recovered = false;  // the queue has emptied after an over-use
    bool backed_off = false;
  };
  // What a feedback says of packets that were received, in the order of their arrival; not empty.
  // `throughput` and the result of a `probe`, if they are known.
  Outcome update(std::span<const PacketResult> packets, std::optional<double> throughput,
                 std::optional<double> probe, Time now);

  void measure(Duration round_trip) { rate_.measure(round_trip); }
  // Another rate than its own, after a silence.
  void set(double bitrate, Time now) { rate_.set(bitrate, now); }

  [[nodiscard]] double bitrate() const { return rate_.bitrate(); }
  [[nodiscard]] PathUse use() const { return trend_.use(); }

 private:
  ArrivalGroups groups_;
  DelayTrend trend_;
  RateController rate_;
  std::optional<Time> last_;  // feedback
};

}  // namespace natsim::congestion
