// One track of video sent as several streams of different sizes (RFC 8853).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stack/media/video_frames.h"

namespace natsim::peer {

// The SSRCs of what is sent.
struct SentSources {
  std::uint32_t ssrc = 0;
  std::uint32_t rtx_ssrc = 0;  // of its retransmissions
  std::uint32_t fec_ssrc = 0;  // of its repairs, where they are a stream
};

// RTCRtpEncodingParameters of the W3C API.
struct SendEncoding {
  std::string rid;  // RFC 8851
  bool active = true;
  std::optional<std::uint64_t> max_bitrate;  // bits per second
  // How many times smaller its pictures are each way, at least 1. Where no encoding says it, it is
  // 1 for the last one, 2 for the one before, 4 …
  std::optional<std::uint32_t> scale_resolution_down_by;
  SentSources sources;
};

// Bits per second for video of a size: less is not worth while, up to `target` before the next
// larger size gets any, up to `most` in the end.
struct EncodingRates {
  std::uint64_t least = 0;
  std::uint64_t target = 0;
  std::uint64_t most = 0;

  bool operator==(const EncodingRates&) const = default;
};
// libwebrtc's for simulcast [recalled], of the largest size that is not larger.
EncodingRates simulcast_rates(media::Resolution resolution);

// The pictures of the encoding `index`, each side even and at least 16.
media::Resolution resolution_of(const std::vector<SendEncoding>& encodings, std::size_t index,
                                media::Resolution full);

// How a bit-rate is shared out, the smallest size first: each gets its target as long as what is
// left is its least, and a fifth more than that if it was off; the last one to get any gets the
// rest, up to its most. The smallest one gets what there is even if that is less. 0: off. As
// libwebrtc's SimulcastRateAllocator does it.
struct Layer {
  EncodingRates rates;
  bool on = true;
};
std::vector<std::uint64_t> allocate(const std::vector<Layer>& smallest_first,
                                    std::uint64_t bitrate);

}  // namespace natsim::peer
