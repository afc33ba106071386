// Several payloads in one packet, RED (RFC 2198 §3): earlier speech once more before the new, or
// forward error correction in the stream that it protects (RFC 5109 §14.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "stack/base/bytes.h"

namespace natsim::rtp {

inline constexpr std::uint16_t most_red_age = 0x3fff;
inline constexpr std::size_t most_red_block = 0x3ff;  // bytes

struct RedBlock {
  std::uint8_t payload_type = 0;  // up to 127
  // How much earlier than the packet's its timestamp is, up to `most_red_age`; 0 in the last one.
  std::uint16_t age = 0;
  ByteView data;  // of all but the last at most `most_red_block` bytes
};

// Precondition: at least one block, as told at the members.
Bytes encode_red(std::span<const RedBlock> blocks);

// The blocks point into `payload`. nullopt for what breaks off.
std::optional<std::vector<RedBlock>> parse_red(ByteView payload);

}  // namespace natsim::rtp
