#include "sim/net/jitter.h"

#include <algorithm>

#include "stack/base/wide.h"

namespace natsim::net {
namespace {

constexpr int unit_bits = 20;

Duration scaled(Duration deviation, std::int64_t units) {
  // An arithmetic shift, so that both sides are rounded alike.
  return {static_cast<std::int64_t>(Wide{deviation.ns} * units >> unit_bits)};
}

// The greatest integer whose cube is at most `value`, which is below 2^93.
std::uint64_t cube_root(Wide value) {
  std::uint64_t root = 0;
  for (std::uint64_t bit = 1ULL << 30; bit != 0; bit >>= 1) {
    const Wide tried = root | bit;
    if (tried * tried * tried <= value) root |= bit;
  }
  return root;
}

}  // namespace

std::int64_t draw_normal(Random& random) {
  std::int64_t sum = 0;  // in units of 2^-32
  for (int i = 0; i < 6; ++i) {
    const std::uint64_t two = random.next();
    sum += static_cast<std::int64_t>(two >> 32) + static_cast<std::int64_t>(two & 0xffff'ffff);
  }
  return (sum - (std::int64_t{6} << 32)) >> (32 - unit_bits);
}

std::int64_t draw_pareto(Random& random) {
  const std::uint64_t u = (random.next() >> 32) + 1;  // of 2^32, never zero
  // (2^32 / u)^(1/3) in units of 2^-20.
  const auto x = static_cast<std::int64_t>(
      cube_root((Wide{1} << (32 + 3 * unit_bits)) / static_cast<std::int64_t>(u)));
  // Of shape 3 the mean is 3/2 and the variance 3/4.
  constexpr std::int64_t mean = 3LL << (unit_bits - 1);
  constexpr std::int64_t deviation_millionths = 866'025;
  return (x - mean) * 1'000'000 / deviation_millionths;
}

Duration draw_delay(const LinkOptions& options, Random& random) {
  Duration offset;
  if (options.faults && !options.faults->jitter_samples.empty()) {
    const auto& samples = options.faults->jitter_samples;
    offset = samples[static_cast<std::size_t>(random.below(samples.size()))];
  } else {
    switch (options.faults ? options.faults->jitter_shape : JitterShape::uniform) {
      case JitterShape::uniform:
        offset = random.between(-options.jitter, options.jitter);
        break;
      case JitterShape::normal:
        offset = scaled(options.jitter, draw_normal(random));
        break;
      case JitterShape::pareto:
        offset = scaled(options.jitter, draw_pareto(random));
        break;
    }
  }
  return std::max(options.one_way_delay + offset, Duration{});
}

}  // namespace natsim::net
