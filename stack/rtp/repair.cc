#include "stack/rtp/repair.h"

#include <algorithm>

#include "stack/rtp/packet.h"

namespace natsim::rtp {
namespace {

constexpr std::uint8_t repair_flags = 0x3f;  // of the first byte, the rest is the version

// What is longer than the sum's `rest` is left out of it.
void add_to_sum(ByteView packet, Repair& sum) {
  const ByteView rest = packet.subspan(header_size);
  sum.flags = static_cast<std::uint8_t>(sum.flags ^ (packet[0] & repair_flags));
  sum.type = static_cast<std::uint8_t>(sum.type ^ packet[1]);
  sum.timestamp ^= load_be32(&packet[4]);
  sum.length = static_cast<std::uint16_t>(sum.length ^ rest.size());
  const std::size_t size = std::min(rest.size(), sum.rest.size());
  for (std::size_t i = 0; i < size; ++i) {
    sum.rest[i] = static_cast<std::uint8_t>(sum.rest[i] ^ rest[i]);
  }
}

}  // namespace

Repair repair_for(std::span<const ByteView> packets) {
  Repair sum;
  std::size_t longest = header_size;
  for (const ByteView packet : packets) longest = std::max(longest, packet.size());
  sum.rest.resize(longest - header_size);
  for (const ByteView packet : packets) {
    sum.numbers.push_back(load_be16(&packet[2]));
    add_to_sum(packet, sum);
  }
  return sum;
}

std::vector<Repair> repairs_for(std::span<const ByteView> packets, std::size_t count) {
  std::vector<Repair> repairs;
  for (std::size_t turn = 0; turn < count; ++turn) {
    std::vector<ByteView> share;
    for (std::size_t i = turn; i < packets.size(); i += count) share.push_back(packets[i]);
    repairs.push_back(repair_for(share));
  }
  return repairs;
}

std::optional<Bytes> restore(const Repair& repair, std::span<const ByteView> others,
                             std::uint16_t missing, std::uint32_t ssrc) {
  Repair sum = repair;
  for (const ByteView packet : others) add_to_sum(packet, sum);
  if (sum.length > sum.rest.size()) return std::nullopt;
  Bytes packet;
  ByteWriter out(packet);
  out.u8(static_cast<std::uint8_t>(version << 6 | sum.flags));
  out.u8(sum.type);
  out.u16(missing);
  out.u32(sum.timestamp);
  out.u32(ssrc);
  out.bytes(ByteView(sum.rest).first(sum.length));
  if (!Packet::parse(packet)) return std::nullopt;
  return packet;
}

}  // namespace natsim::rtp
