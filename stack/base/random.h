// Random streams that give the same numbers everywhere, split by name so that nothing shifts.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "stack/base/time.h"

namespace natsim {

// A stream of random numbers: xoshiro256** (Blackman and Vigna, 2018), seeded by SplitMix64.
//
// Contract:
// 1. A stream is a value. The same seed gives the same draws on every platform.
// 2. `split(name)` depends on the seed that the stream was made from and on the name alone, not on
//    draws taken before: a new user of randomness never changes what another one draws.
// 3. The distributions below are part of the contract; `std::` distributions differ between
//    standard libraries and are not used.
class Random {
 public:
  explicit Random(std::uint64_t seed);

  // An independent stream for the purpose `name`.
  [[nodiscard]] Random split(std::string_view name) const;
  [[nodiscard]] Random split(std::uint64_t index) const;

  std::uint64_t next() {
    const std::uint64_t result = rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotl(state_[3], 45);
    return result;
  }

  // Uniform in [0, bound) without bias (Lemire, 2019). Precondition: bound > 0.
  std::uint64_t below(std::uint64_t bound);
  // Uniform in [low, high], both included. Precondition: low <= high.
  std::int64_t between(std::int64_t low, std::int64_t high);
  Duration between(Duration low, Duration high) { return {between(low.ns, high.ns)}; }
  // Uniform in [0, 1), 53 bits.
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  // True with the given probability; exact at 0 and 1, where it draws all the same.
  bool chance(double probability) { return unit() < probability; }
  // Exponential with mean 1, by inversion.
  double exponential();
  // Normal with mean 0 and deviation 1, by the Marsaglia polar method. No value is kept for later.
  double normal();
  void fill(std::span<std::uint8_t> bytes);

 private:
  static constexpr std::uint64_t rotl(std::uint64_t x, int k) { return x << k | x >> (64 - k); }

  std::uint64_t seed_;                  // what split() derives from
  std::array<std::uint64_t, 4> state_;  // never all zero
};

}  // namespace natsim
