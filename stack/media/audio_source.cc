#include "stack/media/audio_source.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace natsim::media {
namespace {

constexpr double mean_speech = 1.004;  // seconds, ITU-T P.59
constexpr double mean_pause = 1.587;   // likewise
constexpr Duration comfort_interval = milliseconds(400);
constexpr std::size_t g711_frame_size = 160;

// TOC of RFC 6716 §3.1: hybrid mode, full band, 20 ms, one frame.
constexpr std::uint8_t opus_toc = 15 << 3;

// What SILK's part begins with (§4.2.3): a flag of voice, a flag of in-band FEC.
constexpr std::uint8_t silk_voice = 0x80;
constexpr std::uint8_t silk_fec = 0x40;

Duration draw(Random& random, double mean_seconds) {
  return nanoseconds(static_cast<std::int64_t>(random.exponential() * mean_seconds * 1e9));
}

}  // namespace

AudioSource::AudioSource(const AudioSourceOptions& options, Random random)
    : options_(options), random_(random) {}

void AudioSource::start(Time now) {
  next_ = now + audio_frame_time;
  turn_ = comfort_ = now;
}

void AudioSource::move_to(Time at) {
  while (turn_ <= at) {
    speech_ = !speech_;
    turn_ += draw(random_, speech_ ? mean_speech : mean_pause);
  }
}

Bytes AudioSource::payload(std::size_t size) {
  Bytes bytes(size);
  random_.fill(bytes);
  if (options_.format != AudioFormat::opus) return bytes;
  bytes[0] = opus_toc;
  bytes[1] = static_cast<std::uint8_t>((bytes[1] & ~(silk_voice | silk_fec)) |
                                       (speech_ ? silk_voice : 0) | (in_band_fec_ ? silk_fec : 0));
  return bytes;
}

std::optional<AudioFrame> AudioSource::take() {
  const Time captured = next_ - audio_frame_time;
  next_ += audio_frame_time;
  move_to(captured);
  const bool before = std::exchange(was_speech_, speech_);
  const bool begins = speech_ && !before;
  AudioFrame frame{captured, {}, speech_, begins};
  if (options_.format == AudioFormat::g711) {
    frame.payload = payload(g711_frame_size);
    return frame;
  }
  if (speech_) {
    // Half as much again and half as much at the extremes, which is as an encoder with a variable
    // rate does it.
    const auto mean = static_cast<std::int64_t>(options_.bitrate / 8 / 50);
    frame.payload = payload(static_cast<std::size_t>(random_.between(
        std::max<std::int64_t>(mean / 2, 3), std::max<std::int64_t>(mean * 3 / 2, 4))));
    return frame;
  }
  if (options_.dtx) {
    if (captured < comfort_) return std::nullopt;
    comfort_ = captured + comfort_interval;
    frame.payload = payload(2);
    return frame;
  }
  frame.payload = payload(static_cast<std::size_t>(random_.between(8, 16)));
  return frame;
}

}  // namespace natsim::media
