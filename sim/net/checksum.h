// The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
#pragma once

#include <cstdint>

#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace natsim::net {

// The one's complement sum of the bytes as big-endian 16-bit words, not folded to its complement;
// an odd last byte is padded with zero. `start` is a sum to go on from.
std::uint16_t ones_sum(ByteView bytes, std::uint16_t start = 0);

// The sum of the pseudo-header (RFC 768, RFC 8200 §8.1) for a transport of `length` bytes.
std::uint16_t pseudo_header_sum(const IpAddress& source, const IpAddress& destination,
                                std::uint8_t protocol, std::uint32_t length);

// One's complement addition of two sums.
constexpr std::uint16_t ones_add(std::uint16_t a, std::uint16_t b) {
  const std::uint32_t sum = std::uint32_t{a} + b;
  return static_cast<std::uint16_t>(sum + (sum >> 16));
}

// What a change of some bytes adds to a sum: of their old and their new sum.
constexpr std::uint16_t ones_difference(std::uint16_t old_sum, std::uint16_t new_sum) {
  return ones_add(static_cast<std::uint16_t>(~old_sum), new_sum);
}

// A stored checksum field after the sum of what it covers has changed by `difference`
// (RFC 1624 equation 3).
constexpr std::uint16_t updated_checksum(std::uint16_t checksum, std::uint16_t difference) {
  return static_cast<std::uint16_t>(~ones_add(static_cast<std::uint16_t>(~checksum), difference));
}

// The sum of an address's bytes in its own family's length.
std::uint16_t address_sum(const IpAddress& address);

}  // namespace natsim::net
