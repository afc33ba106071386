// What a microphone and an encoder of speech would make.
#pragma once

#include <cstdint>
#include <optional>

#include "stack/base/bytes.h"
#include "stack/base/random.h"
#include "stack/base/time.h"

namespace natsim::media {

enum class AudioFormat : std::uint8_t {
  opus,  // 20 ms a frame, sizes vary around the bit-rate while there is speech (RFC 6716)
  g711,  // 160 bytes each 20 ms, speech or not (RFC 3551)
};

struct AudioSourceOptions {
  AudioFormat format = AudioFormat::opus;
  std::uint64_t bitrate = 32'000;  // of Opus, in bits per second while there is speech
  // Opus sends nothing in pauses but a frame each 400 ms (RFC 7587 §3.1.3).
  bool dtx = false;
};

struct AudioFrame {
  Time captured;  // its first sample
  Bytes payload;
  bool speech = false;
  bool begins_speech = false;  // the first one after a pause: the marker bit of RFC 3551 §4.1
};

inline constexpr Duration audio_frame_time = milliseconds(20);

// Contract:
// 1. From `start` on a frame is due every 20 ms, given out when it has been captured: `next` says
//    when. A machine that comes late gets the frames one by one.
// 2. Speech and pauses alternate, both of exponential length, with the means that ITU-T P.59 gives
//    for conversations: 1.004 s and 1.587 s [recalled].
// 3. Payloads are what the format's dissectors accept, and noise behind that.
class AudioSource {
 public:
  AudioSource(const AudioSourceOptions& options, Random random);

  void start(Time now);
  // Time::never() before `start`.
  [[nodiscard]] Time next() const { return next_; }
  // Whether packets of Opus hold the speech of the one before once more, in the same number of
  // bytes (RFC 6716 §4.2.5).
  void set_in_band_fec(bool on) { in_band_fec_ = on; }
  // The frame that is due by now; nullopt for one that DTX leaves out. Precondition: next() <= now.
  std::optional<AudioFrame> take();

 private:
  void move_to(Time at);
  Bytes payload(std::size_t size);

  AudioSourceOptions options_;
  Random random_;
  Time next_ = Time::never();
  bool speech_ = false;
  bool was_speech_ = false;  // the frame before
  Time turn_;                // when speech or pause ends
  bool in_band_fec_ = false;
  Time comfort_;  // when DTX lets the next frame out
};

}  // namespace natsim::media
