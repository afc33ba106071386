// Additive or multiplicative increase, multiplicative decrease (draft-ietf-rmcat-gcc-02 §5.5).
#pragma once

#include <optional>

#include "stack/base/time.h"
#include "stack/congestion/delay_trend.h"
#include "stack/congestion/link_capacity.h"
#include "stack/congestion/measure.h"

namespace natsim::congestion {

// Rates in bits per second.
// 1. At over-use the rate falls to 0.85 of the throughput, which is remembered as the path's
//    capacity; then it holds until the queue is as it was.
// 2. Otherwise it rises by 8 % a second, or, where a capacity is known, by half a packet per round
//    trip and 100 ms. A throughput far above or below what is known makes the capacity unknown.
// 3. It does not rise beyond 1.5 times the throughput and 10 kbit/s: what is not used is not known.
class RateController {
 public:
  explicit RateController(const Limits& limits)
      : limits_(limits),
        bitrate_(static_cast<double>(limits.start)),
        throughput_(static_cast<double>(limits.start)) {}

  // `throughput` if one is known.
  void update(PathUse use, std::optional<double> throughput, Time now);
  // Another rate than its own, of a probe or after a silence.
  void set(double bitrate, Time now);
  void on_probe(double bitrate) { capacity_.on_probe(bitrate); }

  // Whether another decrease is due: a round trip after the last one, or at once where less than
  // half of the rate comes through.
  [[nodiscard]] bool may_decrease(std::optional<double> throughput, Time now) const;
  void measure(Duration round_trip) { round_trip_ = round_trip; }

  [[nodiscard]] double bitrate() const { return bitrate_; }

 private:
  enum class State { hold, increase, decrease };

  void enter(PathUse use, Time now);
  void increase(Time now);
  void decrease();
  [[nodiscard]] double additive_speed() const;  // bits per second in a second

  Limits limits_;
  State state_ = State::hold;
  double bitrate_;
  double throughput_;  // the last that was known
  LinkCapacity capacity_;
  Duration round_trip_ = milliseconds(200);  // until one is measured
  std::optional<Time> changed_;
};

}  // namespace natsim::congestion
