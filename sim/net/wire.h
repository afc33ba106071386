// IPv4, IPv6, UDP and ICMP headers: making datagrams and reading them back.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/net/packet.h"
#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace natsim::net {

inline constexpr std::uint16_t ipv4_header_size = 20;
inline constexpr std::uint16_t ipv6_header_size = 40;
inline constexpr std::uint16_t ipv6_fragment_header_size = 8;
inline constexpr std::uint8_t ipv6_fragment_header = 44;  // its number among the next headers
inline constexpr std::uint16_t udp_header_size = 8;
inline constexpr std::uint16_t icmp_header_size = 8;
inline constexpr std::uint8_t default_hop_limit = 64;

// The largest UDP payload that fits an IP datagram of either family (RFC 768, RFC 8200).
inline constexpr std::size_t max_udp_payload = 65535 - ipv6_header_size - udp_header_size;

// Byte offsets of the header fields that are changed in place.
namespace field {
inline constexpr std::size_t ipv4_identification = 4;
inline constexpr std::size_t ipv4_fragment = 6;  // flags, and the offset in units of eight bytes
inline constexpr std::size_t ipv4_ttl = 8;
inline constexpr std::size_t ipv4_checksum = 10;
inline constexpr std::size_t ipv4_source = 12;
inline constexpr std::size_t ipv4_destination = 16;
inline constexpr std::size_t ipv6_hop_limit = 7;
inline constexpr std::size_t ipv6_source = 8;
inline constexpr std::size_t ipv6_destination = 24;
inline constexpr std::size_t source_port = 0;       // UDP and TCP
inline constexpr std::size_t destination_port = 2;  // UDP and TCP
inline constexpr std::size_t udp_length = 4;
inline constexpr std::size_t udp_checksum = 6;
inline constexpr std::size_t tcp_checksum = 16;
inline constexpr std::size_t icmp_checksum = 2;
}  // namespace field

// The flags beside IPv4's fragment offset.
inline constexpr std::uint16_t flag_dont_fragment = 0x4000;
inline constexpr std::uint16_t flag_more_fragments = 0x2000;

// What an ICMP error says; the wire's type and code depend on the family (RFC 792, RFC 4443).
enum class IcmpError : std::uint8_t {
  no_route,            // type 3 code 0, or type 1 code 0
  host_unreachable,    // type 3 code 1, or type 1 code 3
  port_unreachable,    // type 3 code 3, or type 1 code 4
  too_big,             // type 3 code 4, or type 2
  admin_prohibited,    // type 3 code 13, or type 1 code 1
  hop_limit_exceeded,  // type 11 code 0, or type 3 code 0
  reassembly_timeout,  // type 11 code 1, or type 3 code 1
};

// Type and code of an error as they stand on the wire of a family.
struct IcmpTypeAndCode {
  std::uint8_t type;
  std::uint8_t code;
};
IcmpTypeAndCode wire_form(IcmpError error, Family family);

// An ICMP error as read from a packet.
struct IcmpErrorView {
  IcmpError error;
  std::uint32_t mtu;  // of too_big, otherwise 0
  // The packet that it is about, as quoted: possibly cut short, with both ports if it is UDP or
  // TCP.
  Protocol quoted_protocol;
  Endpoint quoted_source;
  Endpoint quoted_destination;
  std::uint16_t quoted_offset;  // bytes from the start of the whole datagram to the quoted one
};

// A UDP datagram with right checksums. Preconditions: both endpoints of one family, payload at
// most max_udp_payload. The caller sets the id.
PacketPtr make_udp(PacketPool& pool, const Endpoint& source, const Endpoint& destination,
                   ByteView payload, std::uint8_t hop_limit = default_hop_limit);

// For the makers of other transports. Writes the IP header of a packet whose size and fields are
// set.
void write_ip_header(Packet& packet);
// The one's complement sum of the transport, with the pseudo-header where its protocol has one:
// ffff if the checksum in it is right.
std::uint16_t transport_sum(const Packet& packet);

// An ICMP error from `source` to the sender of `about`, quoting as much of it as fits 576 bytes
// (IPv4, RFC 1812 §4.3.2.3) or 1280 bytes (IPv6, RFC 4443 §2.4c). Null where none may be sent:
// about another ICMP error or a later fragment, to a sender that is not one host or not of the
// family of `source`, or about what was sent to many (RFC 1122 §3.2.2).
PacketPtr make_icmp_error(PacketPool& pool, const IpAddress& source, IcmpError error,
                          const Packet& about, std::uint32_t mtu = 0);

// The ICMP error in `packet`; nullopt if it is anything else, too short to tell, or quotes another
// family. Checksums are not verified.
std::optional<IcmpErrorView> parse_icmp_error(const Packet& packet);

// A packet from bytes that came from outside the simulation; null with no reason given if they are
// not one whole IPv4 or IPv6 datagram or fragment, with a complete transport header where it
// begins a datagram. Checksums are not verified.
// The caller sets the id.
PacketPtr parse_datagram(PacketPool& pool, ByteView bytes);

// True if the IPv4 header's and the transport's checksums are right; of a fragment the header's
// alone, for the transport's covers all fragments. A zero UDP checksum is right
// over IPv4 (RFC 768) and wrong over IPv6 (RFC 8200 §8.1). Of a protocol that is not in `Protocol`
// nothing is known and nothing is wrong.
bool checksums_right(const Packet& packet);

}  // namespace natsim::net
