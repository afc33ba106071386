#include "stack/media/video_playout.h"

#include <algorithm>
#include <utility>

#include "stack/rtp/h264.h"
#include "stack/rtp/vp8.h"

namespace natsim::media {
namespace {

constexpr std::size_t most_parts = 4096;  // that wait for others
constexpr Duration least_freeze = milliseconds(150);
constexpr Duration longest_silence = seconds(3);
constexpr Duration request_interval = milliseconds(200);
constexpr Duration end_of_stream = seconds(5);

// Of STAP-A the first unit is looked at, of FU-A whether it begins one.
bool begins_h264_key_frame(ByteView payload) {
  const auto is_parameter_set = [](std::uint8_t byte) {
    return rtp::nal_type(byte) == rtp::NalType::sps;
  };
  if (rtp::nal_type(payload[0]) == rtp::NalType::stap_a) {
    return payload.size() > 3 && is_parameter_set(payload[3]);
  }
  return is_parameter_set(payload[0]);
}

}  // namespace

VideoPlayout::Part VideoPlayout::read(const rtp::Header& header, ByteView payload) const {
  Part part{.timestamp = header.timestamp, .ends = header.marker};
  if (format_ == VideoFormat::vp8) {
    if (const auto vp8 = rtp::Vp8Payload::parse(payload)) {
      part.begins = vp8->starts_frame();
      part.key = part.begins && vp8->is_key_frame();
      part.picture_id = vp8->descriptor.picture_id;
    }
    return part;
  }
  part.key = begins_h264_key_frame(payload);
  part.begins = part.key;
  return part;
}

bool VideoPlayout::receive(const rtp::Header& header, ByteView payload, Time now) {
  if (first_packet_.is_never()) first_packet_ = now;
  last_packet_ = now;
  if (numbers_.is_far(header.sequence_number)) begin_anew();
  const std::int64_t number = numbers_.unwrap(header.sequence_number);
  if (next_ && number < *next_) return false;  // decoded, or given up
  if (parts_.size() >= most_parts) {
    parts_.erase(parts_.begin());
    waits_for_key_ = true;
  }
  parts_[number] = read(header, payload);
  bool any = false;
  while (decode_next(now) || skip_to_key_frame(now)) any = true;
  return any;
}

void VideoPlayout::begin_anew() {
  numbers_ = {};
  parts_.clear();
  next_.reset();
  waits_for_key_ = true;
}

std::optional<std::int64_t> VideoPlayout::end_of_frame(std::int64_t begin) const {
  auto part = parts_.find(begin);
  if (part == parts_.end()) return std::nullopt;
  const std::uint32_t timestamp = part->second.timestamp;
  for (std::int64_t number = begin;; ++number, ++part) {
    if (part == parts_.end() || part->first != number || part->second.timestamp != timestamp) {
      return std::nullopt;
    }
    if (part->second.ends) return number + 1;
  }
}

void VideoPlayout::pass_over_repairs() {
  const auto first = parts_.begin();
  if (first == parts_.end() || first->first <= *next_ || !first->second.begins) return;
  const auto& picture_id = first->second.picture_id;
  if (picture_id && last_picture_id_ && *picture_id == ((*last_picture_id_ + 1U) & 0x7fffU)) {
    next_ = first->first;
  }
}

bool VideoPlayout::decode_next(Time now) {
  if (!next_ || waits_for_key_) return false;
  pass_over_repairs();
  const auto end = end_of_frame(*next_);
  if (!end) return false;
  decoded(*next_, *end, parts_.at(*next_).key, now);
  return true;
}

// The latest key frame that is complete, if frames before it are missing.
bool VideoPlayout::skip_to_key_frame(Time now) {
  for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
    if (!part->second.key || !part->second.begins) continue;
    const std::int64_t begin = part->first;
    if (const auto end = end_of_frame(begin)) {
      decoded(begin, *end, true, now);
      return true;
    }
  }
  return false;
}

void VideoPlayout::decoded(std::int64_t begin, std::int64_t end, bool key, Time now) {
  // Whole frames that are passed over.
  for (const auto& [number, part] : parts_) {
    if (number >= begin) break;
    if (part.ends) ++statistics_.frames_dropped;
  }
  last_picture_id_ = parts_.at(begin).picture_id;
  parts_.erase(parts_.begin(), parts_.lower_bound(end));
  next_ = end;
  ++statistics_.frames_decoded;
  if (key) {
    ++statistics_.key_frames_decoded;
    waits_for_key_ = false;
  }
  if (const Time before = std::exchange(last_decoded_, now); !before.is_never()) {
    measure(now - before);
  }
}

void VideoPlayout::measure(Duration interval) {
  statistics_.total_inter_frame_delay += interval;
  if (intervals_ > 0) {
    const auto count = std::min<std::uint64_t>(intervals_, last_intervals_.size());
    const Duration mean = sum_of_intervals_ / static_cast<std::int64_t>(count);
    if (interval >= std::max(mean * 3, mean + least_freeze)) {
      ++statistics_.freeze_count;
      statistics_.total_freezes += interval;
    }
  }
  Duration& oldest = last_intervals_[intervals_ % last_intervals_.size()];
  sum_of_intervals_ += interval - oldest;
  oldest = interval;
  ++intervals_;
}

Time VideoPlayout::next_timeout() const {
  if (last_packet_.is_never()) return Time::never();
  // The first key frame may still be on its way.
  Time at = last_decoded_.is_never() ? first_packet_ + request_interval
            : waits_for_key_         ? last_decoded_
                                     : last_decoded_ + longest_silence;
  if (!last_request_.is_never()) at = std::max(at, last_request_ + request_interval);
  return at - last_packet_ < end_of_stream ? at : Time::never();
}

bool VideoPlayout::wants_key_frame(Time now) {
  if (now < next_timeout()) return false;
  waits_for_key_ = true;
  last_request_ = now;
  return true;
}

}  // namespace natsim::media
