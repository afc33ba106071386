// RTP's clocks: the payload's, and the wall's that sender reports tell.
#pragma once

#include <cstdint>

#include "stack/base/time.h"
#include "stack/base/wide.h"

namespace natsim::rtp {

// `at` by a clock of `rate` per second that read 0 at the world's beginning; it wraps. Rounded
// down. Precondition: `at` is not before the beginning.
inline std::uint32_t rtp_time(Time at, std::uint32_t rate) {
  return static_cast<std::uint32_t>(static_cast<WideUnsigned>(at.ns) * rate / 1'000'000'000);
}

// `at` as seconds since 1900 in the upper half and 2^-32 s in the lower (RFC 3550 §4): the world
// begins with 1970. Same precondition.
inline std::uint64_t ntp_time(Time at) {
  constexpr std::uint64_t seconds_from_1900_to_1970 = 2'208'988'800;
  const auto fixed = (static_cast<WideUnsigned>(at.ns) << 32) / 1'000'000'000;
  return static_cast<std::uint64_t>(fixed) + (seconds_from_1900_to_1970 << 32);
}

// The part of it that report blocks hold, in 1/65536 s.
constexpr std::uint32_t middle_of(std::uint64_t ntp) {
  return static_cast<std::uint32_t>(ntp >> 16);
}

}  // namespace natsim::rtp
