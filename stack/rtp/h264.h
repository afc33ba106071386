// H.264's NAL units in RTP payloads, not interleaved (RFC 6184, packetization-mode 1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "stack/base/bytes.h"

namespace natsim::rtp {

// A NAL unit's type is in the lower five bits of its first byte.
enum class NalType : std::uint8_t { slice = 1, idr = 5, sps = 7, pps = 8, stap_a = 24, fu_a = 28 };
constexpr NalType nal_type(std::uint8_t first) { return static_cast<NalType>(first & 0x1f); }

// The payloads of an access unit's packets, of `most` bytes each at the most: units that fit one
// packet together go into one (STAP-A, §5.7.1), those that fit none are cut into parts of about one
// length (FU-A, §5.8). Preconditions: no unit is empty; `most` is at least 3.
std::vector<Bytes> packetize_h264(std::span<const ByteView> units, std::size_t most);

// Puts NAL units together again.
//
// Contract: payloads are given in the order of their sequence numbers. `lose` says that some are
// missing before the next: a unit that is cut is then dropped.
class H264Assembler {
 public:
  // The units that are whole with this payload, in their order. nullopt for a payload that is not
  // of this packetization or breaks off, and for a part whose beginning is missing.
  std::optional<std::vector<Bytes>> receive(ByteView payload);
  void lose() { part_.reset(); }

 private:
  std::optional<Bytes> part_;  // of a unit whose end is still to come
};

}  // namespace natsim::rtp
