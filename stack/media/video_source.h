// What a camera and a video encoder would make.
#pragma once

#include <cstdint>
#include <vector>

#include "stack/base/bytes.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/media/video_frames.h"

namespace natsim::media {

struct VideoSourceOptions {
  VideoFormat format = VideoFormat::vp8;
  Resolution resolution;
  std::int64_t frames_per_second = 30;  // 1 to 240
  std::uint64_t bitrate = 1'000'000;    // bits per second, until it is set anew
};

struct VideoFrame {
  Time captured;
  bool key = false;
  std::vector<Bytes> units;  // one of VP8, NAL units of H.264
};

// Contract:
// 1. A frame is due at each tick of its rate from `start` on: `next` says when.
// 2. The first frame is a key frame, and then the one after each `request_key_frame`. A key frame
// is
//    six times as large as the mean; what it is too much the frames after it save, so that the rate
//    holds over some ten of them.
// 3. The others vary by two fifths around what is left for them.
class VideoSource {
 public:
  VideoSource(const VideoSourceOptions& options, Random random);

  void start(Time now) { next_ = now; }
  // Begins anew after a pause, with a key frame.
  void restart(Time now);
  // Time::never() before `start`.
  [[nodiscard]] Time next() const { return next_; }
  // Precondition: next() is not never().
  VideoFrame take();

  void set_bitrate(std::uint64_t bitrate) { options_.bitrate = bitrate; }
  [[nodiscard]] std::uint64_t bitrate() const { return options_.bitrate; }
  [[nodiscard]] Resolution resolution() const { return options_.resolution; }
  void request_key_frame() { key_wanted_ = true; }

 private:
  std::int64_t size_of_next(bool key);

  VideoSourceOptions options_;
  Random random_;
  Time next_ = Time::never();
  bool key_wanted_ = true;
  std::int64_t debt_ = 0;     // bytes sent beyond the rate
  std::uint32_t number_ = 0;  // of the frame since the last key frame
  std::int64_t ticks_ = 0;
  Time started_ = Time::never();
};

}  // namespace natsim::media
