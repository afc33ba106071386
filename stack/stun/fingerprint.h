// FINGERPRINT: CRC-32 of a message, masked (RFC 8489 §14.7).
#pragma once

#include <cstdint>

#include "stack/base/bytes.h"

namespace natsim::stun {

// CRC-32 of ITU V.42 (reflected polynomial 0xEDB88320), as in Ethernet and zip.
std::uint32_t crc32(ByteView bytes);
// The same over two pieces: `crc` is the CRC of what came before `bytes`.
std::uint32_t crc32(std::uint32_t crc, ByteView bytes);

// FINGERPRINT's value for a message whose bytes before the attribute are `before`, its length field
// already counting the attribute.
std::uint32_t fingerprint_value(ByteView before);

}  // namespace natsim::stun
