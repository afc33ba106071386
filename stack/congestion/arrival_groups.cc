#include "stack/congestion/arrival_groups.h"

#include <algorithm>

namespace natsim::congestion {
namespace {

constexpr Duration group_length = milliseconds(5);
constexpr Duration burst_spacing = milliseconds(5);
constexpr Duration longest_burst = milliseconds(100);
constexpr Duration clock_jump = seconds(3);
constexpr int most_backwards = 3;

}  // namespace

bool ArrivalGroups::belongs(Time sent, Duration arrival) const {
  const Duration sent_after = sent - current_->last_sent;
  const Duration arrived_after = arrival - current_->last_arrival;
  if (sent_after.ns == 0) return true;
  const bool is_burst = arrived_after < sent_after && arrived_after <= burst_spacing &&
                        arrival - current_->first_arrival < longest_burst;
  return is_burst || sent - current_->first_sent <= group_length;
}

void ArrivalGroups::reset() {
  previous_.reset();
  current_.reset();
  backwards_ = 0;
}

std::optional<GroupDelta> ArrivalGroups::add(Time sent, Duration arrival, Time now) {
  const Group alone = {sent, sent, arrival, arrival, now};
  if (!current_) {
    current_ = alone;
    return std::nullopt;
  }
  if (sent < current_->first_sent) return std::nullopt;
  if (belongs(sent, arrival)) {
    current_->last_sent = std::max(current_->last_sent, sent);
    current_->last_arrival = arrival;
    current_->told = now;
    return std::nullopt;
  }
  std::optional<GroupDelta> delta;
  if (previous_) {
    delta = {.sent = current_->last_sent - previous_->last_sent,
             .arrived = current_->last_arrival - previous_->last_arrival};
    if (delta->arrived - (current_->told - previous_->told) >= clock_jump) {
      reset();
      return std::nullopt;
    }
    if (delta->arrived.ns < 0) {
      if (++backwards_ >= most_backwards) reset();
      return std::nullopt;
    }
    backwards_ = 0;
  }
  previous_ = current_;
  current_ = alone;
  return delta;
}

}  // namespace natsim::congestion
