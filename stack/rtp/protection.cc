#include "stack/rtp/protection.h"

#include <algorithm>

namespace natsim::rtp {
namespace {

constexpr Duration quick_repeat = milliseconds(20);
constexpr Duration longest_span = milliseconds(200);

std::uint8_t share_for(int loss, int repairs_for_each_loss) {
  return static_cast<std::uint8_t>(
      std::min<int>(loss * repairs_for_each_loss, ProtectionControl::most_share));
}

}  // namespace

void ProtectionControl::report(std::uint8_t fraction_lost, Duration round_trip, bool resends,
                               Time now) {
  losses_.emplace_back(now, fraction_lost);
  while (now - losses_.front().first > memory) losses_.pop_front();
  int loss = 0;
  for (const auto& [at, fraction] : losses_) loss = std::max<int>(loss, fraction);
  if (resends && round_trip < quick_repeat) loss = 0;
  rate_ = {.share = share_for(loss, 2),
           .key_share = share_for(loss, 4),
           .span = std::min(round_trip * 2, longest_span)};
}

}  // namespace natsim::rtp
