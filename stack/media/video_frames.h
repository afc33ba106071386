// Encoded pictures as far as a network sees them: the headers that receivers and dissectors read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "stack/base/bytes.h"
#include "stack/base/random.h"

namespace natsim::media {

enum class VideoFormat : std::uint8_t { vp8, h264 };

struct Resolution {
  std::uint16_t width = 640;  // 16 to 16383, even
  std::uint16_t height = 360;

  bool operator==(const Resolution&) const = default;
};

// A VP8 frame of about `size` bytes (RFC 6386 §9.1): header, then noise.
Bytes make_vp8_frame(bool key, Resolution resolution, std::size_t size, Random& random);
// The NAL units of an H.264 access unit (ITU-T H.264 §7.3): of a key frame SPS, PPS and an IDR
// slice, otherwise one slice; headers, then noise. `number` is the frame's since the key frame.
std::vector<Bytes> make_h264_frame(bool key, Resolution resolution, std::size_t size,
                                   std::uint32_t number, Random& random);

}  // namespace natsim::media
