// Which frames of a video stream can be decoded, and when: a receiver's frame buffer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "stack/base/bytes.h"
#include "stack/base/time.h"
#include "stack/media/video_frames.h"
#include "stack/rtp/packet.h"
#include "stack/rtp/sequence.h"

namespace natsim::media {

struct VideoPlayoutStatistics {
  std::uint64_t frames_decoded = 0;
  std::uint64_t key_frames_decoded = 0;
  std::uint64_t frames_dropped = 0;  // complete, but what they build on is missing
  // As in webrtc-stats: a freeze is an interval between two frames that is at least three times the
  // mean of the last 30, and 150 ms longer than it.
  std::uint64_t freeze_count = 0;
  Duration total_freezes;
  Duration total_inter_frame_delay;
};

// Contract:
// 1. Packets may come in any order. A frame is complete when all its packets are there; it is
//    decoded as soon as all frames before it were, since the last key frame. Numbers between two
//    frames of VP8 whose picture ids follow one another held no picture: they were of repairs.
// 2. A complete key frame is decoded whatever is missing before it.
// 3. `wants_key_frame` says that nothing can be decoded without one: at the beginning, when
//    `give_up` told of packets that will not come any more, and after 3 s without a frame. It is
//    true once for each request, which is repeated every 200 ms until a key frame comes, or no
//    packet has come for 5 s (the times are libwebrtc's). `next_timeout` says when it will be.
// 4. A packet 2^14 or more from the highest begins the stream anew: its sender started again.
class VideoPlayout {
 public:
  explicit VideoPlayout(VideoFormat format) : format_(format) {}

  // A packet's payload, not empty. True if it let at least one frame be decoded.
  bool receive(const rtp::Header& header, ByteView payload, Time now);
  // What is missing now will not come.
  void give_up() { waits_for_key_ = true; }
  bool wants_key_frame(Time now);
  // Of that; Time::never() if it depends on packets to come.
  [[nodiscard]] Time next_timeout() const;
  // The packet behind the last frame decoded: nothing before it is needed. nullopt before one was.
  [[nodiscard]] std::optional<std::uint16_t> needed_from() const {
    return next_ ? std::optional(static_cast<std::uint16_t>(*next_)) : std::nullopt;
  }

  [[nodiscard]] const VideoPlayoutStatistics& statistics() const { return statistics_; }

 private:
  struct Part {
    std::uint32_t timestamp = 0;
    bool begins = false;  // a frame
    bool key = false;     // of a part that begins one
    bool ends = false;
    std::optional<std::uint16_t> picture_id;  // of VP8
  };

  void begin_anew();
  [[nodiscard]] Part read(const rtp::Header& header, ByteView payload) const;
  // The number behind the frame's last packet, if it is complete.
  [[nodiscard]] std::optional<std::int64_t> end_of_frame(std::int64_t begin) const;
  void pass_over_repairs();
  bool decode_next(Time now);
  bool skip_to_key_frame(Time now);
  void decoded(std::int64_t begin, std::int64_t end, bool key, Time now);
  void measure(Duration interval);

  VideoFormat format_;
  rtp::Unwrapper<std::uint16_t> numbers_;
  std::map<std::int64_t, Part> parts_;  // not decoded yet, by extended number
  std::optional<std::int64_t> next_;    // where the next frame begins
  bool waits_for_key_ = true;
  std::optional<std::uint16_t> last_picture_id_;  // that was decoded
  Time last_decoded_ = Time::never();
  Time last_request_ = Time::never();
  Time first_packet_ = Time::never();
  Time last_packet_ = Time::never();
  std::array<Duration, 30> last_intervals_{};  // between frames, by their count modulo 30
  Duration sum_of_intervals_;                  // of those
  std::uint64_t intervals_ = 0;
  VideoPlayoutStatistics statistics_;
};

}  // namespace natsim::media
