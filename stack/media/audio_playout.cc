#include "stack/media/audio_playout.h"

#include <algorithm>
#include <utility>

namespace natsim::media {
namespace {

constexpr double share_in_time = 0.97;
constexpr double growth = 1.00046;  // of a packet's weight over the one before: doubles in 1500
constexpr double most_weight = 1e100;
constexpr Duration least_target = milliseconds(20);
constexpr std::int64_t climb_divisor = 200;  // 5 ms a second

}  // namespace

Duration AudioPlayout::media_time(std::uint32_t timestamp) {
  const std::int64_t ticks = timestamps_.unwrap(timestamp);
  const std::int64_t whole = ticks / clock_rate_;
  const std::int64_t rest = ticks % clock_rate_;
  return seconds(whole) + nanoseconds(rest * 1'000'000'000 / clock_rate_);
}

void AudioPlayout::follow_clock(Duration transit, Time now) {
  if (!base_ || transit < *base_) {
    base_ = transit;
  } else {
    base_ = std::min(transit, *base_ + (now - base_at_) / climb_divisor);
  }
  base_at_ = now;
}

void AudioPlayout::learn(Duration lateness) {
  const auto index = static_cast<std::size_t>(
      std::clamp<std::int64_t>(lateness / bucket, 0, static_cast<std::int64_t>(buckets) - 1));
  lateness_[index] += weight_;
  total_ += weight_;
  weight_ *= growth;
  if (weight_ > most_weight) {
    for (double& entry : lateness_) entry /= weight_;
    total_ /= weight_;
    weight_ = 1;
  }
  double sum = 0;
  std::size_t enough = 0;
  while (enough + 1 < buckets && (sum += lateness_[enough]) < share_in_time * total_) ++enough;
  target_ = std::clamp(bucket * static_cast<std::int64_t>(enough + 1), least_target, most_delay);
}

void AudioPlayout::conceal(std::int64_t places) {
  statistics_.concealed += places;
  if (!std::exchange(in_gap_, true)) ++statistics_.runs;
}

void AudioPlayout::begin_anew() {
  places_ = {};
  timestamps_ = {};
  highest_.reset();
  base_.reset();
  in_gap_ = false;
}

// True too of what is too old to tell.
bool AudioPlayout::is_taken(std::int64_t place) const {
  const std::int64_t behind = *highest_ - place;
  return behind >= window || (behind >= 0 && (seen_ >> behind & 1U) != 0);
}

// False for a duplicate, and for what is too old to tell.
bool AudioPlayout::take_place(std::int64_t place) {
  if (!highest_) {
    highest_ = place;
    seen_ = 1;
    return true;
  }
  if (place > *highest_) {
    const std::int64_t ahead = place - *highest_;
    if (ahead > 1) conceal(ahead - 1);
    seen_ = ahead < window ? seen_ << ahead | 1U : 1U;
    highest_ = place;
    return true;
  }
  if (is_taken(place)) return false;
  seen_ |= std::uint64_t{1} << (*highest_ - place);
  return true;
}

std::optional<Time> AudioPlayout::receive(std::uint16_t sequence_number, std::uint32_t timestamp,
                                          Time now) {
  if (places_.is_far(sequence_number)) begin_anew();
  const std::int64_t place = places_.unwrap(sequence_number);
  const bool fills_gap = highest_ && place < *highest_;
  if (!take_place(place)) {
    ++statistics_.duplicates;
    return std::nullopt;
  }
  const Duration transit = now - Time{} - media_time(timestamp);
  follow_clock(transit, now);
  const Duration lateness = transit - *base_;
  const Duration target = target_;
  learn(lateness);
  if (lateness > target) {
    // Its place is concealed; if it is the newest there is none of it yet.
    ++statistics_.late;
    if (!fills_gap) conceal(1);
    return std::nullopt;
  }
  play(target - lateness, fills_gap);
  return now + (target - lateness);
}

void AudioPlayout::play(Duration wait, bool fills_gap) {
  if (fills_gap) {
    --statistics_.concealed;
  } else {
    in_gap_ = false;
  }
  ++statistics_.played;
  statistics_.waited += wait;
}

bool AudioPlayout::fill(std::uint16_t sequence_number, std::uint32_t timestamp, Time now) {
  if (!highest_ || places_.is_far(sequence_number)) return false;
  const std::int64_t place = places_.unwrap(sequence_number);
  if (is_taken(place)) return false;
  const Duration lateness = now - Time{} - media_time(timestamp) - *base_;
  const Duration target = target_;
  learn(lateness);
  if (lateness > target) return false;  // what it could fill stays concealed
  const bool fills_gap = place < *highest_;
  take_place(place);
  play(target - lateness, fills_gap);
  return true;
}

}  // namespace natsim::media
