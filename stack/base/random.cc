#include "stack/base/random.h"

#include <cmath>

#include "stack/base/wide.h"

namespace natsim {
namespace {

std::uint64_t split_mix(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
  return z ^ z >> 31;
}

// FNV-1a over the name, with the seed as the starting point; split_mix whitens the result.
std::uint64_t derive(std::uint64_t seed, std::string_view name) {
  std::uint64_t hash = seed ^ 0xcbf29ce484222325ULL;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return split_mix(hash);
}

}  // namespace

Random::Random(std::uint64_t seed) : seed_(seed), state_{} {
  std::uint64_t state = seed;
  for (auto& word : state_) word = split_mix(state);
}

Random Random::split(std::string_view name) const { return Random(derive(seed_, name)); }

Random Random::split(std::uint64_t index) const {
  std::uint64_t state = seed_ ^ 0xd6e8feb86659fd93ULL;
  state = split_mix(state) + index;
  return Random(split_mix(state));
}

std::uint64_t Random::below(std::uint64_t bound) {
  WideUnsigned product = static_cast<WideUnsigned>(next()) * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t threshold = -bound % bound;
    while (static_cast<std::uint64_t>(product) < threshold) {
      product = static_cast<WideUnsigned>(next()) * bound;
    }
  }
  return static_cast<std::uint64_t>(product >> 64);
}

std::int64_t Random::between(std::int64_t low, std::int64_t high) {
  const std::uint64_t span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  const std::uint64_t offset = span == ~std::uint64_t{0} ? next() : below(span + 1);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
}

double Random::exponential() { return -std::log(1.0 - unit()); }

double Random::normal() {
  for (;;) {
    const double u = 2.0 * unit() - 1.0;
    const double v = 2.0 * unit() - 1.0;
    const double s = u * u + v * v;
    if (s > 0.0 && s < 1.0) return u * std::sqrt(-2.0 * std::log(s) / s);
  }
}

void Random::fill(std::span<std::uint8_t> bytes) {
  constexpr std::size_t whole = sizeof(std::uint64_t);
  // Of a constant length, which compilers turn into one store.
  for (; bytes.size() >= whole; bytes = bytes.subspan(whole)) {
    const std::uint64_t word = next();
    for (std::size_t i = 0; i < whole; ++i) bytes[i] = static_cast<std::uint8_t>(word >> (i * 8));
  }
  if (bytes.empty()) return;
  const std::uint64_t word = next();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(word >> (i * 8));
  }
}

}  // namespace natsim
