#include "stack/rtp/number_mask.h"

namespace natsim::rtp {

std::uint64_t mask_of(std::span<const std::uint16_t> numbers, std::uint16_t base, int bits) {
  std::uint64_t mask = 0;
  for (const std::uint16_t number : numbers) {
    const int offset = static_cast<std::uint16_t>(number - base);
    if (offset < bits) mask |= std::uint64_t{1} << (bits - 1 - offset);
  }
  return mask;
}

void append_masked(std::uint64_t mask, std::uint16_t base, int bits,
                   std::vector<std::uint16_t>& numbers) {
  for (int offset = 0; offset < bits; ++offset) {
    if ((mask >> (bits - 1 - offset) & 1U) != 0) {
      numbers.push_back(static_cast<std::uint16_t>(base + offset));
    }
  }
}

}  // namespace natsim::rtp
