#include "stack/rtp/flexfec.h"

#include "stack/rtp/number_mask.h"

namespace natsim::rtp {
namespace {

constexpr std::uint8_t not_read = 0xc0;  // R and F, in the first byte

// The mask's three parts; a bit before the first and the second says that another follows.
constexpr int first_bits = 15;
constexpr int second_bits = 31;
constexpr int third_bits = 64;
constexpr std::uint16_t second_follows = 0x8000;
constexpr std::uint32_t third_follows = 0x8000'0000;

std::uint16_t behind(std::uint16_t base, int offset) {
  return static_cast<std::uint16_t>(base + offset);
}

}  // namespace

Bytes encode_flexfec(const Repair& repair) {
  const std::uint16_t base = repair.numbers.front();
  const int last = static_cast<std::uint16_t>(repair.numbers.back() - base);
  const std::uint16_t second = behind(base, first_bits);
  const std::uint16_t third = behind(second, second_bits);
  const bool has_second = last >= first_bits;
  const bool has_third = last >= first_bits + second_bits;
  Bytes payload;
  ByteWriter out(payload);
  out.u8(repair.flags);
  out.u8(repair.type);
  out.u16(repair.length);
  out.u32(repair.timestamp);
  out.u16(base);
  out.u16(static_cast<std::uint16_t>(mask_of(repair.numbers, base, first_bits) |
                                     (has_second ? second_follows : 0U)));
  if (has_second) {
    out.u32(static_cast<std::uint32_t>(mask_of(repair.numbers, second, second_bits)) |
            (has_third ? third_follows : 0U));
  }
  if (has_third) out.u64(mask_of(repair.numbers, third, third_bits));
  out.bytes(repair.rest);
  return payload;
}

std::optional<Repair> parse_flexfec(ByteView payload) {
  ByteReader in(payload);
  const auto flags = in.u8();
  const auto type = in.u8();
  const auto length = in.u16();
  const auto timestamp = in.u32();
  const auto base = in.u16();
  const auto first = in.u16();
  if (!first || (*flags & not_read) != 0) return std::nullopt;
  Repair repair{.flags = *flags, .type = *type, .timestamp = *timestamp, .length = *length};
  append_masked(*first, *base, first_bits, repair.numbers);
  if ((*first & second_follows) != 0) {
    const std::uint16_t from = behind(*base, first_bits);
    const auto second = in.u32();
    if (!second) return std::nullopt;
    append_masked(*second, from, second_bits, repair.numbers);
    if ((*second & third_follows) != 0) {
      const auto third = in.u64();
      if (!third) return std::nullopt;
      append_masked(*third, behind(from, second_bits), third_bits, repair.numbers);
    }
  }
  if (repair.numbers.empty()) return std::nullopt;
  repair.rest.assign(in.rest().begin(), in.rest().end());
  return repair;
}

}  // namespace natsim::rtp
