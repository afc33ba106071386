// Which sequence numbers from a base on are meant: a mask, its most significant bit the base's own.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace natsim::rtp {

// The mask of `bits` (up to 64) numbers from `base` on; those beyond it are left out.
std::uint64_t mask_of(std::span<const std::uint16_t> numbers, std::uint16_t base, int bits);

// Adds the numbers that a mask of `bits` names.
void append_masked(std::uint64_t mask, std::uint16_t base, int bits,
                   std::vector<std::uint16_t>& numbers);

}  // namespace natsim::rtp
