#include "stack/rtp/report_interval.h"

#include <algorithm>

#include "stack/base/wide.h"

namespace natsim::rtp {
namespace {

constexpr Duration least_interval = seconds(5);
constexpr std::int64_t compensation = 121'828;  // e - 3/2, in 1/100000

// What remains to be multiplied with the time that one member's packet takes: a quarter of the
// bandwidth is as if there were four times as many, three quarters as if a third more.
struct Share {
  std::uint64_t members;
  std::uint64_t numerator;
  std::uint64_t denominator;
};

Share share_of(const ReportLoad& load) {
  if (std::uint64_t{load.senders} * 4 > load.members) return {load.members, 1, 1};
  if (load.is_sender) return {load.senders, 4, 1};
  return {load.members - load.senders, 4, 3};
}

}  // namespace

Duration deterministic_interval(const ReportLoad& load) {
  const Share share = share_of(load);
  // Bits of one round of packets over a twentieth of the bandwidth.
  const WideUnsigned bits =
      static_cast<WideUnsigned>(load.average_size) * 8 * share.members * share.numerator;
  const WideUnsigned time = bits * 20 * 1'000'000'000 / share.denominator / load.session_bandwidth;
  constexpr WideUnsigned day = 24 * 3600 * WideUnsigned{1'000'000'000};
  const Duration own = nanoseconds(static_cast<std::int64_t>(std::min(time, day)));
  Duration least = least_interval;
  if (load.reduced_minimum) {
    least =
        std::min(least, nanoseconds(static_cast<std::int64_t>(
                            WideUnsigned{360} * 1000 * 1'000'000'000 / load.session_bandwidth)));
  }
  if (load.is_first) least = least / 2;
  return std::max(own, least);
}

Duration random_interval(const ReportLoad& load, Random& random) {
  const Duration interval = deterministic_interval(load);
  const Duration drawn = random.between(interval / 2, interval + interval / 2);
  return nanoseconds(
      static_cast<std::int64_t>(static_cast<Wide>(drawn.ns) * 100'000 / compensation));
}

}  // namespace natsim::rtp
