#include "stack/rtp/missing_packets.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace natsim::rtp {

void MissingPackets::receive(std::uint16_t sequence_number, Time now) {
  const std::optional<std::int64_t> before = numbers_.highest();
  const std::int64_t number = numbers_.unwrap(sequence_number);
  missing_.erase(number);
  if (!before || number <= *before) return;
  const std::int64_t passed_over = number - *before - 1;
  if (missing_.size() + static_cast<std::size_t>(passed_over) > options_.most_missing) {
    missing_.clear();
    overflowed_ = true;
    return;
  }
  for (std::int64_t each = *before + 1; each < number; ++each)
    missing_[each] = {.ask_at = now + options_.patience};
}

void MissingPackets::forget_before(std::uint16_t sequence_number) {
  // Of a copy, so that a number from ahead does not make the next ones late.
  Unwrapper<std::uint16_t> numbers = numbers_;
  missing_.erase(missing_.begin(), missing_.lower_bound(numbers.unwrap(sequence_number)));
}

std::vector<std::uint16_t> MissingPackets::poll(Time now) {
  std::vector<std::uint16_t> due;
  for (auto each = missing_.begin(); each != missing_.end();) {
    auto& [number, state] = *each;
    if (state.ask_at > now) {
      ++each;
      continue;
    }
    if (state.tries == options_.tries) {
      each = missing_.erase(each);
      continue;
    }
    due.push_back(static_cast<std::uint16_t>(number));
    ++state.tries;
    state.ask_at = now + round_trip_;
    ++each;
  }
  return due;
}

Time MissingPackets::next_timeout() const {
  Time next = Time::never();
  for (const auto& [number, state] : missing_) next = std::min(next, state.ask_at);
  return next;
}

bool MissingPackets::poll_overflow() { return std::exchange(overflowed_, false); }

}  // namespace natsim::rtp
