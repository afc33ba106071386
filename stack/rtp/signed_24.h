// Signed numbers of 24 bits, as RTCP has them.
#pragma once

#include <cstdint>

namespace natsim::rtp {

// The lower 24 bits of `bits` as a two's complement.
constexpr std::int32_t signed_24(std::uint32_t bits) {
  constexpr std::int32_t sign = 1 << 23;
  return (static_cast<std::int32_t>(bits & 0xff'ffff) ^ sign) - sign;
}

}  // namespace natsim::rtp
