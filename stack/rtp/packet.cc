#include "stack/rtp/packet.h"

#include <algorithm>

namespace natsim::rtp {
namespace {

constexpr std::uint16_t one_byte_profile = 0xbede;
// Its lowest four bits are the application's (RFC 8285 §4.3).
constexpr std::uint16_t two_byte_profile = 0x1000;
constexpr std::uint16_t two_byte_mask = 0xfff0;
constexpr std::size_t longest_srtp_tag = 16;
constexpr std::uint8_t stop_id = 15;  // of the one-byte form: the rest is not to be read

bool fits_one_byte(const HeaderExtension& extension) {
  return extension.id < stop_id && !extension.data.empty() && extension.data.size() <= 16;
}

HeaderExtensions parse_extensions(std::uint16_t profile, ByteView words) {
  HeaderExtensions extensions;
  const bool one_byte = profile == one_byte_profile;
  if (!one_byte && (profile & two_byte_mask) != two_byte_profile) return extensions;
  ByteReader in(words);
  while (const auto first = in.u8()) {
    if (*first == 0) continue;  // padding
    std::uint8_t id = *first;
    std::size_t length = 0;
    if (one_byte) {
      id = *first >> 4;
      length = (*first & 0x0fU) + std::size_t{1};
      if (id == stop_id) break;
    } else {
      const auto second = in.u8();
      if (!second) break;
      length = *second;
    }
    const auto data = in.take(length);
    if (!data) break;
    // Id 0 with a length is padding with a length that is not 0 (RFC 8285 §4.2): it is passed over.
    if (id != 0) extensions.push_back({id, ExtensionData(data->begin(), data->end())});
  }
  return extensions;
}

std::size_t size_of(const HeaderExtensions& extensions, bool one_byte) {
  std::size_t size = 0;
  for (const HeaderExtension& e : extensions) size += (one_byte ? 1 : 2) + e.data.size();
  return size;
}

void write_extensions(ByteWriter& out, const HeaderExtensions& extensions) {
  const bool one_byte = std::all_of(extensions.begin(), extensions.end(), fits_one_byte);
  const std::size_t size = size_of(extensions, one_byte);
  const std::size_t words = (size + 3) / 4;
  out.u16(one_byte ? one_byte_profile : two_byte_profile);
  out.u16(static_cast<std::uint16_t>(words));
  for (const HeaderExtension& e : extensions) {
    if (one_byte) {
      out.u8(static_cast<std::uint8_t>(std::size_t{e.id} << 4 | (e.data.size() - 1)));
    } else {
      out.u8(e.id);
      out.u8(static_cast<std::uint8_t>(e.data.size()));
    }
    out.bytes(e.data);
  }
  out.fill(words * 4 - size, 0);
}

}  // namespace

const ExtensionData* Header::extension(std::uint8_t id) const {
  const auto found = std::find_if(extensions.begin(), extensions.end(),
                                  [id](const HeaderExtension& e) { return e.id == id; });
  return found == extensions.end() ? nullptr : &found->data;
}

std::optional<Packet> Packet::parse(ByteView datagram) {
  if (datagram.size() < header_size || datagram[0] >> 6 != version) return std::nullopt;
  Packet packet;
  Header& header = packet.header;
  const bool padded = (datagram[0] & 0x20) != 0;
  const bool extended = (datagram[0] & 0x10) != 0;
  const int csrc_count = datagram[0] & 0x0f;
  header.marker = (datagram[1] & 0x80) != 0;
  header.payload_type = datagram[1] & 0x7f;
  header.sequence_number = load_be16(datagram.data() + 2);
  header.timestamp = load_be32(datagram.data() + 4);
  header.ssrc = load_be32(datagram.data() + 8);
  ByteReader in(datagram.subspan(header_size));
  for (int i = 0; i < csrc_count; ++i) {
    const auto csrc = in.u32();
    if (!csrc) return std::nullopt;
    header.csrcs.push_back(*csrc);
  }
  if (extended) {
    const auto profile = in.u16();
    const auto words = in.u16();
    if (!profile || !words) return std::nullopt;
    const auto body = in.take(std::size_t{*words} * 4);
    if (!body) return std::nullopt;
    header.extensions = parse_extensions(*profile, *body);
  }
  packet.payload = in.rest();
  if (padded) {
    // The last byte counts itself (RFC 3550 §5.1).
    if (packet.payload.empty()) return std::nullopt;
    packet.padding = packet.payload.back();
    if (packet.padding == 0 || packet.padding > packet.payload.size()) return std::nullopt;
    packet.payload = packet.payload.first(packet.payload.size() - packet.padding);
  }
  return packet;
}

Bytes encode(const Header& header, ByteView payload, std::uint8_t padding) {
  Bytes bytes;
  constexpr std::size_t extension_header = 4;
  constexpr std::size_t alignment = 3;
  bytes.reserve(header_size + header.csrcs.size() * 4 + extension_header +
                size_of(header.extensions, false) + alignment + payload.size() + padding +
                longest_srtp_tag);
  ByteWriter out(bytes);
  out.u8(static_cast<std::uint8_t>(version << 6 | (padding != 0 ? 0x20 : 0) |
                                   (header.extensions.empty() ? 0 : 0x10) | header.csrcs.size()));
  out.u8(static_cast<std::uint8_t>((header.marker ? 0x80 : 0) | header.payload_type));
  out.u16(header.sequence_number);
  out.u32(header.timestamp);
  out.u32(header.ssrc);
  for (const std::uint32_t csrc : header.csrcs) out.u32(csrc);
  if (!header.extensions.empty()) write_extensions(out, header.extensions);
  out.bytes(payload);
  if (padding != 0) {
    out.fill(padding - std::size_t{1}, 0);
    out.u8(padding);
  }
  return bytes;
}

}  // namespace natsim::rtp
