// A hash that is the same in every run and on every machine.
#pragma once

#include <cstdint>

#include "stack/base/address.h"

namespace natsim::nat {

// Of two endpoints. Every bit of the result depends on all of them (the finaliser of SplitMix64).
constexpr std::uint64_t stable_hash(std::uint64_t seed, const Endpoint& a, const Endpoint& b) {
  std::uint64_t hash = seed;
  for (const std::uint64_t part : {a.address.high(), a.address.low(), b.address.high(),
                                   b.address.low(), std::uint64_t{a.port} << 16 | b.port}) {
    hash = (hash ^ part) + 0x9e37'79b9'7f4a'7c15;
    hash = (hash ^ hash >> 30) * 0xbf58'476d'1ce4'e5b9;
    hash = (hash ^ hash >> 27) * 0x94d0'49bb'1331'11eb;
    hash ^= hash >> 31;
  }
  return hash;
}

}  // namespace natsim::nat
