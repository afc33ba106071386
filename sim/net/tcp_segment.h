// TCP segments on the wire (RFC 9293 §3.1).
#pragma once

#include <cstdint>
#include <optional>

#include "sim/net/packet.h"
#include "sim/net/wire.h"
#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace natsim::net {

inline constexpr std::uint16_t tcp_header_size = 20;  // without options
inline constexpr std::uint16_t max_unscaled_window = 65535;
inline constexpr std::uint8_t max_window_shift = 14;  // RFC 7323 §2.3

// The control bits as they stand in the header's fourteenth byte.
namespace tcp_flag {
inline constexpr std::uint8_t fin = 0x01;
inline constexpr std::uint8_t syn = 0x02;
inline constexpr std::uint8_t rst = 0x04;
inline constexpr std::uint8_t psh = 0x08;
inline constexpr std::uint8_t ack = 0x10;
inline constexpr std::uint8_t urg = 0x20;
inline constexpr std::uint8_t ece = 0x40;
inline constexpr std::uint8_t cwr = 0x80;
}  // namespace tcp_flag

// A segment without its ports. The fields are the header's, in host order.
struct TcpSegment {
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;                     // 0 on the wire unless the ACK bit is set
  std::uint8_t flags = 0;                    // of tcp_flag
  std::uint16_t window = 0;                  // as on the wire, not scaled
  std::optional<std::uint16_t> mss;          // option 2, on SYN segments
  std::optional<std::uint8_t> window_scale;  // option 3 (RFC 7323 §2.2), on SYN segments
  ByteView payload;  // somebody else's bytes: valid as long as what they were taken from

  [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  // It begins a connection, and answers nothing.
  [[nodiscard]] bool opens() const {
    return has(tcp_flag::syn) && !has(tcp_flag::ack) && !has(tcp_flag::rst);
  }
  // SEG.LEN: what it takes of the sequence space.
  [[nodiscard]] std::uint32_t length() const {
    return static_cast<std::uint32_t>(payload.size()) + (has(tcp_flag::syn) ? 1 : 0) +
           (has(tcp_flag::fin) ? 1 : 0);
  }
};

// A datagram with right checksums, and DF set over IPv4, so that the path's MTU can be found
// (RFC 1191). Preconditions: both endpoints of one family; the datagram has at most 65535 bytes.
// The caller sets the id.
PacketPtr make_tcp(PacketPool& pool, const Endpoint& source, const Endpoint& destination,
                   const TcpSegment& segment, std::uint8_t hop_limit = default_hop_limit);

// The RST that answers a segment which is for no connection (RFC 9293 §3.10.7.1), from where it was
// sent to. Null if it is an RST itself, or no TCP segment.
PacketPtr make_tcp_reset(PacketPool& pool, const Packet& about);

// The segment in the bytes behind an IP header, as a view of them. nullopt if the data offset does
// not fit, or if an option's length is illegal (RFC 9293 §3.1, MUST-7); other options are passed
// over. Checksums are not verified.
std::optional<TcpSegment> parse_tcp(ByteView transport);

// The control bits alone, for boxes on the way; 0 if the packet is not TCP or ends before them.
std::uint8_t tcp_flags(const Packet& packet);

// The sequence number of the segment that an ICMP error quotes. `view` must come from `packet` and
// quote TCP.
std::uint32_t quoted_tcp_seq(const Packet& packet, const IcmpErrorView& view);

}  // namespace natsim::net
