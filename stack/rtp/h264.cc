#include "stack/rtp/h264.h"

#include <algorithm>
#include <utility>

namespace natsim::rtp {
namespace {

constexpr std::uint8_t forbidden_and_importance = 0xe0;  // F and NRI (§5.3)
constexpr std::uint8_t start_bit = 0x80;
constexpr std::uint8_t end_bit = 0x40;
constexpr std::size_t fragment_header = 2;  // FU indicator and FU header
constexpr std::size_t length_field = 2;     // of each unit in a STAP-A

void cut(ByteView unit, std::size_t most, std::vector<Bytes>& payloads) {
  const auto indicator = static_cast<std::uint8_t>((unit[0] & forbidden_and_importance) |
                                                   static_cast<std::uint8_t>(NalType::fu_a));
  const auto type = static_cast<std::uint8_t>(unit[0] & 0x1f);
  const ByteView body = unit.subspan(1);
  const std::size_t room = most - fragment_header;
  const std::size_t count = (body.size() + room - 1) / room;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t from = body.size() * i / count;
    const std::size_t to = body.size() * (i + 1) / count;
    Bytes payload = {indicator, static_cast<std::uint8_t>(type | (i == 0 ? start_bit : 0) |
                                                          (i + 1 == count ? end_bit : 0))};
    ByteWriter(payload).bytes(body.subspan(from, to - from));
    payloads.push_back(std::move(payload));
  }
}

// Of the units' importances the highest, and F if any has it (§5.7.1).
Bytes aggregate(std::span<const ByteView> units) {
  std::uint8_t forbidden = 0;
  std::uint8_t importance = 0;
  for (const ByteView unit : units) {
    forbidden |= static_cast<std::uint8_t>(unit[0] & 0x80);
    importance = std::max<std::uint8_t>(importance, unit[0] & 0x60);
  }
  Bytes payload = {static_cast<std::uint8_t>(forbidden | importance |
                                             static_cast<std::uint8_t>(NalType::stap_a))};
  ByteWriter out(payload);
  for (const ByteView unit : units) {
    out.u16(static_cast<std::uint16_t>(unit.size()));
    out.bytes(unit);
  }
  return payload;
}

}  // namespace

std::vector<Bytes> packetize_h264(std::span<const ByteView> units, std::size_t most) {
  std::vector<Bytes> payloads;
  while (!units.empty()) {
    std::size_t together = 0;
    std::size_t size = 1;
    while (together < units.size() && size + length_field + units[together].size() <= most) {
      size += length_field + units[together++].size();
    }
    if (together > 1) {
      payloads.push_back(aggregate(units.first(together)));
      units = units.subspan(together);
      continue;
    }
    const ByteView unit = units.front();
    if (unit.size() <= most) {
      payloads.emplace_back(unit.begin(), unit.end());
    } else {
      cut(unit, most, payloads);
    }
    units = units.subspan(1);
  }
  return payloads;
}

std::optional<std::vector<Bytes>> H264Assembler::receive(ByteView payload) {
  if (payload.empty()) return std::nullopt;
  const NalType type = nal_type(payload[0]);
  if (type != NalType::fu_a) part_.reset();
  std::vector<Bytes> units;
  if (type == NalType::stap_a) {
    ByteReader in(payload.subspan(1));
    while (const auto length = in.u16()) {
      const auto unit = in.take(*length);
      if (!unit || unit->empty()) return std::nullopt;
      units.emplace_back(unit->begin(), unit->end());
    }
    if (in.remaining() != 0 || units.empty()) return std::nullopt;
    return units;
  }
  if (type != NalType::fu_a) {
    // 1 to 23 are units by themselves; the rest is of other modes, or not used.
    const int number = payload[0] & 0x1f;
    if (number == 0 || number > 23) return std::nullopt;
    units.emplace_back(payload.begin(), payload.end());
    return units;
  }
  if (payload.size() <= fragment_header) return std::nullopt;
  const std::uint8_t header = payload[1];
  if ((header & start_bit) != 0) {
    part_ =
        Bytes{static_cast<std::uint8_t>((payload[0] & forbidden_and_importance) | (header & 0x1f))};
  }
  if (!part_) return std::nullopt;
  ByteWriter(*part_).bytes(payload.subspan(fragment_header));
  if ((header & end_bit) != 0) units.push_back(*std::exchange(part_, std::nullopt));
  return units;
}

}  // namespace natsim::rtp
