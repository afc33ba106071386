#include "stack/rtp/opus.h"

namespace natsim::rtp {
namespace {

// TOC (RFC 6716 §3.1).
constexpr int first_celt_config = 16;  // CELT has no such frames
constexpr int first_hybrid_config = 12;
constexpr std::uint8_t stereo = 0x04;
constexpr std::uint8_t frame_count_code = 0x03;  // 0: one frame

// SILK codes 20 ms at a time; its configurations have 10, 20, 40 and 60 ms, in this order.
int silk_frames(int config) {
  if (config >= first_hybrid_config || config % 4 < 2) return 1;
  return config % 4;
}

}  // namespace

bool has_in_band_fec(ByteView payload) {
  if (payload.size() < 2) return false;
  const int config = payload[0] >> 3;
  if (config >= first_celt_config || (payload[0] & frame_count_code) != 0) return false;
  // A flag of voice for each frame, then that of low bit-rate redundancy; of stereo once more for
  // the second channel (§4.2.3).
  const int frames = silk_frames(config);
  const auto bit = [&](int place) { return (payload[1] >> (7 - place) & 1) != 0; };
  return bit(frames) || ((payload[0] & stereo) != 0 && bit(2 * frames + 1));
}

}  // namespace natsim::rtp
