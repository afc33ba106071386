// The sum (exclusive or) of several packets of one stream, from which any one of them can be
// restored if the others came: what the packets of ULPFEC and FlexFEC carry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "stack/base/bytes.h"

namespace natsim::rtp {

// Every member but `numbers` is a sum over the packets.
struct Repair {
  std::vector<std::uint16_t> numbers;  // of the packets, ascending, beyond a wrap too
  std::uint8_t flags = 0;              // padding, extension, CSRC count: the lower 6 bits
  std::uint8_t type = 0;               // marker and payload type
  std::uint32_t timestamp = 0;
  std::uint16_t length = 0;  // of what follows the 12 bytes of the fixed header
  // That itself, shorter ones filled up with zeros.
  Bytes rest;

  bool operator==(const Repair&) const = default;
};

// Preconditions: at least one packet; RTP packets of one stream, as they are before SRTP, in the
// order of their numbers, of at most 65535 bytes.
Repair repair_for(std::span<const ByteView> packets);

// `count` repairs that share out the packets in turn, so that each burst of up to `count` losses
// among them is made good. Preconditions: as above, and `count` is from 1 to their number.
std::vector<Repair> repairs_for(std::span<const ByteView> packets, std::size_t count);

// The packet `missing` of the stream `ssrc`; `others` are all others of the repair. nullopt if what
// comes out is no RTP packet, or longer than the repair reaches.
std::optional<Bytes> restore(const Repair& repair, std::span<const ByteView> others,
                             std::uint16_t missing, std::uint32_t ssrc);

}  // namespace natsim::rtp
