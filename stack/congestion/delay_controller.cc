#include "stack/congestion/delay_controller.h"

#include <algorithm>

namespace natsim::congestion {
namespace {

constexpr Duration stream_end = seconds(2);  // without a packet
// A probe that says less than what comes through is not believed beyond that.
constexpr double least_probe_share = 0.85;

}  // namespace

DelayController::Outcome DelayController::update(std::span<const PacketResult> packets,
                                                 std::optional<double> throughput,
                                                 std::optional<double> probe, Time now) {
  if (last_ && now - *last_ > stream_end) {
    groups_ = {};
    trend_ = {};
  }
  last_ = now;
  Outcome outcome;
  for (const PacketResult& packet : packets) {
    const PathUse before = trend_.use();
    if (const auto delta = groups_.add(packet.sent, *packet.arrival, now)) {
      trend_.add(*delta, *packet.arrival);
    }
    if (before == PathUse::under && trend_.use() == PathUse::normal) outcome.recovered = true;
  }
  const double before = rate_.bitrate();
  if (trend_.use() == PathUse::over) {
    if (throughput && rate_.may_decrease(throughput, now)) {
      rate_.update(PathUse::over, throughput, now);
    } else if (!throughput && rate_.may_decrease(std::nullopt, now)) {
      rate_.set(before / 2, now);  // Nothing is known of what comes through.
    }
    outcome.backed_off = rate_.bitrate() < before;
  } else if (probe) {
    const double least = throughput ? std::min(before, least_probe_share * *throughput) : 0;
    rate_.on_probe(std::max(*probe, least));
    rate_.set(std::max(*probe, least), now);
    outcome.took_probe = true;
  } else {
    rate_.update(trend_.use(), throughput, now);
  }
  return outcome;
}

}  // namespace natsim::congestion
