#include "stack/rtp/vp8.h"

#include <utility>

namespace natsim::rtp {

Bytes Vp8Descriptor::encode() const {
  const bool extended = picture_id || tl0_picture_index || layer || key_index;
  Bytes bytes;
  ByteWriter out(bytes);
  out.u8(static_cast<std::uint8_t>((extended ? 0x80 : 0) | (non_reference ? 0x20 : 0) |
                                   (starts_partition ? 0x10 : 0) | (partition & 7)));
  if (!extended) return bytes;
  out.u8(static_cast<std::uint8_t>((picture_id ? 0x80 : 0) | (tl0_picture_index ? 0x40 : 0) |
                                   (layer ? 0x20 : 0) | (key_index ? 0x10 : 0)));
  if (picture_id) out.u16(static_cast<std::uint16_t>(0x8000 | *picture_id));
  if (tl0_picture_index) out.u8(*tl0_picture_index);
  if (layer || key_index) {
    const Layer of = layer.value_or(Layer{});
    out.u8(static_cast<std::uint8_t>((of.id & 3) << 6 | (of.sync ? 0x20 : 0) |
                                     (key_index.value_or(0) & 0x1f)));
  }
  return bytes;
}

std::optional<Vp8Payload> Vp8Payload::parse(ByteView payload) {
  ByteReader in(payload);
  const auto first = in.u8();
  if (!first) return std::nullopt;
  Vp8Payload parsed;
  Vp8Descriptor& descriptor = parsed.descriptor;
  descriptor.non_reference = (*first & 0x20) != 0;
  descriptor.starts_partition = (*first & 0x10) != 0;
  descriptor.partition = *first & 7;
  if ((*first & 0x80) != 0) {
    const auto extensions = in.u8();
    if (!extensions) return std::nullopt;
    if ((*extensions & 0x80) != 0) {
      const auto high = in.u8();
      if (!high) return std::nullopt;
      descriptor.picture_id = *high;
      if ((*high & 0x80) != 0) {
        const auto low = in.u8();
        if (!low) return std::nullopt;
        descriptor.picture_id = static_cast<std::uint16_t>((*high & 0x7f) << 8 | *low);
      }
    }
    if ((*extensions & 0x40) != 0) {
      descriptor.tl0_picture_index = in.u8();
      if (!descriptor.tl0_picture_index) return std::nullopt;
    }
    if ((*extensions & 0x30) != 0) {
      const auto both = in.u8();
      if (!both) return std::nullopt;
      if ((*extensions & 0x20) != 0) {
        descriptor.layer = {static_cast<std::uint8_t>(*both >> 6), (*both & 0x20) != 0};
      }
      if ((*extensions & 0x10) != 0) descriptor.key_index = static_cast<std::uint8_t>(*both & 0x1f);
    }
  }
  if (in.remaining() == 0) return std::nullopt;
  parsed.data = in.rest();
  return parsed;
}

std::vector<Bytes> packetize_vp8(Vp8Descriptor descriptor, ByteView frame, std::size_t most) {
  descriptor.starts_partition = true;
  descriptor.partition = 0;
  const std::size_t room = most - descriptor.encode().size();
  const std::size_t count = (frame.size() + room - 1) / room;
  std::vector<Bytes> payloads;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t from = frame.size() * i / count;
    const std::size_t to = frame.size() * (i + 1) / count;
    Bytes payload = descriptor.encode();
    ByteWriter(payload).bytes(frame.subspan(from, to - from));
    payloads.push_back(std::move(payload));
    descriptor.starts_partition = false;
  }
  return payloads;
}

}  // namespace natsim::rtp
