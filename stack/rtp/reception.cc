#include "stack/rtp/reception.h"

#include <algorithm>
#include <cstdlib>

#include "stack/rtp/clock.h"
#include "stack/rtp/sequence.h"

namespace natsim::rtp {
namespace {

// RFC 3550 A.1.
constexpr std::uint16_t max_dropout = 3000;
constexpr std::uint16_t max_misorder = 100;
constexpr std::uint32_t cycle = 1U << 16;

constexpr std::int64_t most_lost = 0x7f'ffff;  // of 24 bits
constexpr std::int64_t least_lost = -0x80'0000;

// In 1/65536 s.
std::uint32_t units_of(Duration duration) {
  return static_cast<std::uint32_t>((static_cast<WideUnsigned>(duration.ns) << 16) / 1'000'000'000);
}

}  // namespace

bool Reception::receive(std::uint16_t sequence_number, std::uint32_t timestamp, Time now) {
  if (!place(sequence_number)) return false;
  ++received_;
  measure_jitter(timestamp, now);
  return true;
}

void Reception::begin(std::uint16_t sequence_number) {
  base_ = highest_ = sequence_number;
  cycles_ = 0;
  suspect_.reset();
  received_ = received_before_ = 0;
  expected_before_ = 0;
  transit_.reset();
  jitter_16_ = 0;
}

bool Reception::place(std::uint16_t sequence_number) {
  if (probation_ != 0) {
    const bool follows = last_ && distance(*last_, sequence_number) == 1;
    last_ = sequence_number;
    probation_ = follows || probation_ == 2 ? probation_ - 1 : 1;
    if (probation_ != 0) return false;
    begin(sequence_number);
    return true;
  }
  const auto ahead = static_cast<std::uint16_t>(sequence_number - highest_);
  if (ahead < max_dropout) {
    if (sequence_number < highest_) cycles_ += cycle;
    highest_ = sequence_number;
  } else if (ahead <= cycle - max_misorder) {
    if (suspect_ != sequence_number) {
      suspect_ = static_cast<std::uint16_t>(sequence_number + 1);
      return false;
    }
    // Two in a row: the source has begun anew without a word.
    begin(sequence_number);
  }
  // Otherwise it comes late, or twice.
  return true;
}

void Reception::measure_jitter(std::uint32_t timestamp, Time now) {
  const std::uint32_t transit = rtp_time(now, clock_rate_) - timestamp;
  if (transit_) {
    const std::int32_t change = distance(*transit_, transit);
    const auto size = static_cast<std::uint64_t>(std::abs(std::int64_t{change}));
    jitter_16_ += size - ((jitter_16_ + 8) >> 4);
  }
  transit_ = transit;
}

void Reception::receive_report(const SenderReport& report, Time now) {
  last_sr_ = middle_of(report.ntp_timestamp);
  last_sr_at_ = now;
}

std::int64_t Reception::expected() const {
  return believed() ? std::int64_t{highest()} - base_ + 1 : 0;
}

std::int64_t Reception::lost() const { return expected() - static_cast<std::int64_t>(received_); }

Duration Reception::jitter() const {
  return nanoseconds(static_cast<std::int64_t>(jitter_16_ / 16) * 1'000'000'000 / clock_rate_);
}

ReportBlock Reception::report(Time now) {
  const std::int64_t expected_since = expected() - expected_before_;
  const std::int64_t received_since = static_cast<std::int64_t>(received_ - received_before_);
  const std::int64_t lost_since = expected_since - received_since;
  expected_before_ = expected();
  received_before_ = received_;
  const bool any = expected_since > 0 && lost_since > 0;
  return {.ssrc = ssrc_,
          .fraction_lost = static_cast<std::uint8_t>(
              any ? std::min<std::int64_t>(lost_since * 256 / expected_since, 255) : 0),
          .cumulative_lost = static_cast<std::int32_t>(std::clamp(lost(), least_lost, most_lost)),
          .highest_sequence = highest(),
          .jitter = static_cast<std::uint32_t>(jitter_16_ >> 4),
          .last_sr = last_sr_,
          .delay_since_last_sr = last_sr_ == 0 ? 0 : units_of(now - last_sr_at_)};
}

std::optional<Duration> round_trip(const ReportBlock& block, Time now) {
  if (block.last_sr == 0) return std::nullopt;
  const std::uint32_t units = middle_of(ntp_time(now)) - block.last_sr - block.delay_since_last_sr;
  if (static_cast<std::int32_t>(units) < 0) return Duration{};
  return nanoseconds(
      static_cast<std::int64_t>(static_cast<WideUnsigned>(units) * 1'000'000'000 >> 16));
}

}  // namespace natsim::rtp
