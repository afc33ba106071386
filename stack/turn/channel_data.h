// The ChannelData message (RFC 8656 §12.4): a 4-byte header in place of a STUN message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "stack/base/bytes.h"
#include "stack/base/datagram.h"

namespace natsim::turn {

// Channel numbers that clients may bind.
inline constexpr std::uint16_t first_channel = 0x4000;
inline constexpr std::uint16_t last_channel = 0x4FFF;  // what follows is reserved (RFC 8656 §12)
// As clients do that follow RFC 5766 §11, such as coturn's until 2026.
inline constexpr std::uint16_t last_legacy_channel = 0x7FFE;

// The most application data that both framings carry in one UDP datagram: 65507 bytes (RFC 768 over
// IPv4) less the header and attributes of a Send or Data indication for an IPv6 peer, padded.
inline constexpr std::size_t max_application_data = 65507 - (20 + 24 + 4 + 3);

constexpr bool is_channel_number(std::uint16_t number, std::uint16_t last = last_channel) {
  return number >= first_channel && number <= last;
}

// A received ChannelData message.
//
//   0                   2                   4
//   | channel number    | length            | application data … | padding |
//
// Length counts the application data only. Over UDP the message need not be padded, and whatever
// follows the data in the datagram is ignored, as is the padding over a stream.
struct ChannelData {
  static constexpr std::size_t header_size = 4;

  std::uint16_t number = 0;
  ByteView payload;  // points into the parsed bytes; may be empty (RFC 8656 §12.5)

  // True for a datagram whose first byte says ChannelData and not STUN (RFC 7983 §7), valid or not;
  // `last` is the highest channel number.
  static bool matches(ByteView datagram, std::uint16_t last = last_channel) {
    return !datagram.empty() && datagram[0] >= 0x40 && datagram[0] <= last >> 8;
  }

  // Nullopt for a reserved number, or a datagram shorter than its length field claims.
  static std::optional<ChannelData> parse(ByteView datagram, std::uint16_t last = last_channel) {
    if (datagram.size() < header_size) return std::nullopt;
    const std::uint16_t number = load_be16(datagram.data());
    const std::size_t length = load_be16(datagram.data() + 2);
    if (!is_channel_number(number, last) || datagram.size() - header_size < length)
      return std::nullopt;
    return ChannelData{number, datagram.subspan(header_size, length)};
  }
};

// The message as sent: without padding over UDP, padded with zeros to a multiple of four bytes over
// a stream (RFC 8656 §12.5). Precondition: `payload` is at most 65535 bytes.
inline Bytes encode_channel_data(std::uint16_t number, ByteView payload,
                                 Transport transport = Transport::udp) {
  Bytes out;
  out.reserve(ChannelData::header_size + payload.size() + 3);
  ByteWriter writer(out);
  writer.u16(number);
  writer.u16(static_cast<std::uint16_t>(payload.size()));
  writer.bytes(payload);
  if (is_stream(transport)) out.resize((out.size() + 3) / 4 * 4);
  return out;
}

}  // namespace natsim::turn
