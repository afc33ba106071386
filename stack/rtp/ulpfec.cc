#include "stack/rtp/ulpfec.h"

#include "stack/rtp/number_mask.h"

namespace natsim::rtp {
namespace {

constexpr std::uint8_t long_mask = 0x40;  // L, in the first byte
constexpr std::uint8_t ulpfec_flags = 0x3f;
constexpr int short_mask_bits = 16;

}  // namespace

Bytes encode_ulpfec(const Repair& repair) {
  const std::uint16_t base = repair.numbers.front();
  const bool is_long = static_cast<std::uint16_t>(repair.numbers.back() - base) >= short_mask_bits;
  Bytes payload;
  ByteWriter out(payload);
  out.u8(static_cast<std::uint8_t>((is_long ? long_mask : 0) | repair.flags));
  out.u8(repair.type);
  out.u16(base);
  out.u32(repair.timestamp);
  out.u16(repair.length);
  out.u16(static_cast<std::uint16_t>(repair.rest.size()));
  const int bits = is_long ? ulpfec_reach : short_mask_bits;
  const std::uint64_t mask = mask_of(repair.numbers, base, bits);
  if (is_long) out.u32(static_cast<std::uint32_t>(mask >> 16));
  out.u16(static_cast<std::uint16_t>(mask));
  out.bytes(repair.rest);
  return payload;
}

std::optional<Repair> parse_ulpfec(ByteView payload) {
  ByteReader in(payload);
  const auto flags = in.u8();
  const auto type = in.u8();
  const auto base = in.u16();
  const auto timestamp = in.u32();
  const auto length = in.u16();
  const auto protected_length = in.u16();
  if (!protected_length) return std::nullopt;
  std::uint64_t mask = 0;
  const bool is_long = (*flags & long_mask) != 0;
  if (is_long) {
    const auto upper = in.u32();
    if (!upper) return std::nullopt;
    mask = std::uint64_t{*upper} << 16;
  }
  const auto lower = in.u16();
  const auto rest = in.take(*protected_length);
  if (!lower || !rest) return std::nullopt;
  mask |= *lower;
  if (mask == 0) return std::nullopt;
  Repair repair{.flags = static_cast<std::uint8_t>(*flags & ulpfec_flags),
                .type = *type,
                .timestamp = *timestamp,
                .length = *length,
                .rest = Bytes(rest->begin(), rest->end())};
  append_masked(mask, *base, is_long ? ulpfec_reach : short_mask_bits, repair.numbers);
  return repair;
}

}  // namespace natsim::rtp
