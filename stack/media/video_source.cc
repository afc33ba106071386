#include "stack/media/video_source.h"

#include <algorithm>
#include <utility>

namespace natsim::media {
namespace {

constexpr std::int64_t key_frame_factor = 6;
constexpr std::int64_t frames_to_repay = 10;
constexpr std::int64_t least_size = 60;  // bytes

}  // namespace

VideoSource::VideoSource(const VideoSourceOptions& options, Random random)
    : options_(options), random_(random) {}

void VideoSource::restart(Time now) {
  started_ = Time::never();
  ticks_ = 0;
  debt_ = 0;
  key_wanted_ = true;
  start(now);
}

std::int64_t VideoSource::size_of_next(bool key) {
  const std::int64_t mean =
      static_cast<std::int64_t>(options_.bitrate) / 8 / options_.frames_per_second;
  std::int64_t size = key ? mean * key_frame_factor
                          : mean * random_.between(60, 140) / 100 - debt_ / frames_to_repay;
  size = std::max(size, least_size);
  debt_ += size - mean;
  return size;
}

VideoFrame VideoSource::take() {
  if (started_.is_never()) started_ = next_;
  VideoFrame frame{next_, std::exchange(key_wanted_, false), {}};
  // Counted from the start, so that rates that do not divide a second keep to it.
  ++ticks_;
  next_ = started_ + nanoseconds(ticks_ * 1'000'000'000 / options_.frames_per_second);
  const auto size = static_cast<std::size_t>(size_of_next(frame.key));
  number_ = frame.key ? 0 : number_ + 1;
  if (options_.format == VideoFormat::vp8) {
    frame.units.push_back(make_vp8_frame(frame.key, options_.resolution, size, random_));
  } else {
    frame.units = make_h264_frame(frame.key, options_.resolution, size, number_, random_);
  }
  return frame;
}

}  // namespace natsim::media
