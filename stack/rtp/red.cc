#include "stack/rtp/red.h"

namespace natsim::rtp {
namespace {

constexpr std::uint8_t another_follows = 0x80;
constexpr int length_bits = 10;

}  // namespace

Bytes encode_red(std::span<const RedBlock> blocks) {
  Bytes payload;
  ByteWriter out(payload);
  for (const RedBlock& block : blocks.first(blocks.size() - 1)) {
    const auto length = static_cast<std::uint32_t>(block.data.size());
    out.u8(another_follows | block.payload_type);
    const std::uint32_t rest = std::uint32_t{block.age} << length_bits | length;  // 24 bits
    out.u8(static_cast<std::uint8_t>(rest >> 16));
    out.u16(static_cast<std::uint16_t>(rest));
  }
  out.u8(blocks.back().payload_type);
  for (const RedBlock& block : blocks) out.bytes(block.data);
  return payload;
}

std::optional<std::vector<RedBlock>> parse_red(ByteView payload) {
  struct Entry {
    RedBlock block;
    std::size_t length = 0;
  };
  std::vector<Entry> earlier;
  ByteReader in(payload);
  auto type = in.u8();
  while (type && (*type & another_follows) != 0) {
    const auto upper = in.u8();
    const auto lower = in.u16();
    if (!upper || !lower) return std::nullopt;
    const std::uint32_t rest = std::uint32_t{*upper} << 16 | *lower;
    earlier.push_back({{.payload_type = static_cast<std::uint8_t>(*type & 0x7fU),
                        .age = static_cast<std::uint16_t>(rest >> length_bits),
                        .data = {}},
                       rest & most_red_block});
    type = in.u8();
  }
  if (!type) return std::nullopt;
  std::vector<RedBlock> blocks;
  for (const Entry& entry : earlier) {
    const auto data = in.take(entry.length);
    if (!data) return std::nullopt;
    blocks.push_back(entry.block);
    blocks.back().data = *data;
  }
  blocks.push_back({.payload_type = *type, .age = 0, .data = in.rest()});
  return blocks;
}

}  // namespace natsim::rtp
