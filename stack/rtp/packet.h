// The RTP packet (RFC 3550 §5.1) and its header extensions (RFC 8285).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <absl/container/inlined_vector.h>

#include "stack/base/bytes.h"

namespace natsim::rtp {

inline constexpr std::uint8_t version = 2;  // of RTP and RTCP
inline constexpr std::size_t header_size = 12;
inline constexpr std::size_t most_csrcs = 15;

// Whether the datagram's first byte says RTP or RTCP (RFC 7983 §7), and whether its second says
// RTCP (RFC 5761 §4), be the rest as it may.
constexpr bool matches(ByteView datagram) {
  return !datagram.empty() && datagram[0] >= 128 && datagram[0] <= 191;
}
constexpr bool is_rtcp(ByteView datagram) {
  return matches(datagram) && datagram.size() > 1 && datagram[1] >= 192 && datagram[1] <= 223;
}

// Precondition: `packet` holds a whole header.
inline std::uint16_t sequence_number_of(ByteView packet) { return load_be16(&packet[2]); }

// What an element of the header extension holds. Every packet of WebRTC has a few small ones: they
// are not worth an allocation each.
using ExtensionData = absl::InlinedVector<std::uint8_t, 16>;

// One element of the header extension: `id` is from 1 to 14 in the one-byte form, to 255 in the
// two-byte form.
struct HeaderExtension {
  std::uint8_t id = 0;
  ExtensionData data;  // 1 to 16 bytes in the one-byte form, 0 to 255 in the two-byte form
  bool operator==(const HeaderExtension&) const = default;
};

using HeaderExtensions = absl::InlinedVector<HeaderExtension, 5>;

// What a packet says beside its payload.
struct Header {
  bool marker = false;
  std::uint8_t payload_type = 0;  // up to 127
  std::uint16_t sequence_number = 0;
  std::uint32_t timestamp = 0;  // in units of the payload's clock
  std::uint32_t ssrc = 0;
  std::vector<std::uint32_t> csrcs;  // up to 15
  HeaderExtensions extensions;
  bool operator==(const Header&) const = default;

  // The first element with that id; null if there is none.
  [[nodiscard]] const ExtensionData* extension(std::uint8_t id) const;
};

// A received packet.
struct Packet {
  Header header;
  ByteView payload;          // points into the parsed bytes, without the padding
  std::uint8_t padding = 0;  // bytes

  // nullopt for another version than 2, and where CSRCs, extension or padding do not fit. Elements
  // of an extension that break off, and extensions of another profile than RFC 8285's, are left
  // out: the packet is good without them.
  static std::optional<Packet> parse(ByteView datagram);
};

// The packet's bytes, with `padding` bytes at the end, and room for a tag of SRTP behind it. The
// extensions take the one-byte form if all of them fit it. Preconditions: as told at the members
// above; the extensions take at most 65535 words.
Bytes encode(const Header& header, ByteView payload, std::uint8_t padding = 0);

}  // namespace natsim::rtp
