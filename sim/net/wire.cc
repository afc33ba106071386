#include "sim/net/wire.h"

#include <algorithm>
#include <array>

#include "sim/net/checksum.h"

namespace natsim::net {
namespace {

void store_address(std::uint8_t* p, const IpAddress& address) {
  if (address.is_v4()) {
    store_be32(p, address.to_v4());
  } else {
    store_be64(p, address.high());
    store_be64(p + 8, address.low());
  }
}

struct IcmpRow {
  IcmpError error;
  std::uint8_t v4_type, v4_code, v6_type, v6_code;
};
constexpr std::array<IcmpRow, 7> icmp_rows = {{
    {IcmpError::no_route, 3, 0, 1, 0},
    {IcmpError::host_unreachable, 3, 1, 1, 3},
    {IcmpError::port_unreachable, 3, 3, 1, 4},
    {IcmpError::too_big, 3, 4, 2, 0},
    {IcmpError::admin_prohibited, 3, 13, 1, 1},
    {IcmpError::hop_limit_exceeded, 11, 0, 3, 0},
    {IcmpError::reassembly_timeout, 11, 1, 3, 1},
}};

// Echo and the like are questions and answers, not errors, and may be answered with one.
bool is_icmp_error(const Packet& packet) {
  if (!packet.is_icmp()) return false;
  const std::uint8_t type = packet.transport()[0];
  if (!packet.is_v4()) return type < 128;  // RFC 4443 §2.1
  // Destination unreachable, source quench, redirect, time exceeded, parameter problem
  // (RFC 1122 §3.2.2).
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

// "Any", loopback, multicast and IPv4's reserved upper range with its broadcast name no one host.
bool is_one_host(const IpAddress& address) {
  return !address.is_any() && !address.is_loopback() && !address.is_multicast() &&
         !(address.is_v4() && address.to_v4() >> 28 == 0xf);
}

struct Headers {
  Protocol protocol;
  std::uint8_t hop_limit;
  std::size_t transport_offset;
  std::size_t total_size;  // as the IP header says
  bool more_fragments;
  bool dont_fragment;
  std::uint16_t fragment_offset;
  Endpoint source;
  Endpoint destination;
};

// Reads the headers at the front of a datagram that may be cut short behind the transport's first
// eight bytes.
std::optional<Headers> read_headers(ByteView bytes) {
  Headers headers{};
  if (bytes.empty()) return std::nullopt;
  const std::uint8_t* const p = bytes.data();
  if (p[0] >> 4 == 4) {
    headers.transport_offset = std::size_t{p[0] & 0x0fU} * 4;
    if (bytes.size() < ipv4_header_size || headers.transport_offset < ipv4_header_size)
      return std::nullopt;
    headers.total_size = load_be16(p + 2);
    headers.hop_limit = p[field::ipv4_ttl];
    headers.protocol = static_cast<Protocol>(p[9]);
    const std::uint16_t fragment = load_be16(p + field::ipv4_fragment);
    headers.dont_fragment = (fragment & 0x4000) != 0;
    headers.more_fragments = (fragment & 0x2000) != 0;
    headers.fragment_offset = static_cast<std::uint16_t>(fragment << 3);
    headers.source.address = IpAddress::from_bytes(Family::ipv4, p + field::ipv4_source);
    headers.destination.address = IpAddress::from_bytes(Family::ipv4, p + field::ipv4_destination);
  } else if (p[0] >> 4 == 6) {
    if (bytes.size() < ipv6_header_size) return std::nullopt;
    headers.transport_offset = ipv6_header_size;
    headers.total_size = ipv6_header_size + std::size_t{load_be16(p + 4)};
    headers.hop_limit = p[field::ipv6_hop_limit];
    headers.dont_fragment = true;
    std::uint8_t next_header = p[6];
    if (next_header == ipv6_fragment_header) {
      if (bytes.size() < ipv6_header_size + ipv6_fragment_header_size) return std::nullopt;
      next_header = p[ipv6_header_size];
      const std::uint16_t fragment = load_be16(p + ipv6_header_size + 2);
      headers.more_fragments = (fragment & 1) != 0;
      headers.fragment_offset = fragment & 0xfff8;
      headers.transport_offset += ipv6_fragment_header_size;
    }
    headers.protocol = static_cast<Protocol>(next_header);
    headers.source.address = IpAddress::from_bytes(Family::ipv6, p + field::ipv6_source);
    headers.destination.address = IpAddress::from_bytes(Family::ipv6, p + field::ipv6_destination);
    // An IPv4-mapped address would read as IPv4 inside an IPv6 header.
    if (headers.source.address.is_v4() || headers.destination.address.is_v4()) return std::nullopt;
  } else {
    return std::nullopt;
  }
  // A later fragment may be as short as a byte.
  const std::size_t needed = headers.transport_offset + (headers.fragment_offset == 0 ? 8 : 1);
  if (needed > bytes.size() || needed > headers.total_size) return std::nullopt;
  if (headers.fragment_offset != 0) return headers;
  if (headers.protocol == Protocol::udp || headers.protocol == Protocol::tcp) {
    headers.source.port = load_be16(p + headers.transport_offset + field::source_port);
    headers.destination.port = load_be16(p + headers.transport_offset + field::destination_port);
  }
  return headers;
}

}  // namespace

void write_ip_header(Packet& packet) {
  std::uint8_t* const p = packet.data();
  const std::uint16_t transport_size =
      static_cast<std::uint16_t>(packet.size - packet.transport_offset);
  if (packet.is_v4()) {
    p[0] = 0x45;
    p[1] = 0;
    store_be16(p + 2, packet.size);
    // Never fragmented, so the identification may be anything (RFC 6864 §4.1): zero, and DF set.
    store_be32(p + 4, 0x0000'4000);
    p[field::ipv4_ttl] = packet.hop_limit;
    p[9] = static_cast<std::uint8_t>(packet.protocol);
    store_be16(p + field::ipv4_checksum, 0);
    store_address(p + field::ipv4_source, packet.source.address);
    store_address(p + field::ipv4_destination, packet.destination.address);
    store_be16(p + field::ipv4_checksum,
               static_cast<std::uint16_t>(~ones_sum({p, ipv4_header_size})));
  } else {
    store_be32(p, 0x6000'0000);
    store_be16(p + 4, transport_size);
    p[6] = static_cast<std::uint8_t>(packet.protocol);
    p[field::ipv6_hop_limit] = packet.hop_limit;
    store_address(p + field::ipv6_source, packet.source.address);
    store_address(p + field::ipv6_destination, packet.destination.address);
  }
}

std::uint16_t transport_sum(const Packet& packet) {
  const ByteView transport = packet.transport();
  std::uint16_t start = 0;
  if (packet.protocol != Protocol::icmp) {  // the one without a pseudo-header
    start = pseudo_header_sum(packet.source.address, packet.destination.address,
                              static_cast<std::uint8_t>(packet.protocol),
                              static_cast<std::uint32_t>(transport.size()));
  }
  return ones_sum(transport, start);
}

IcmpTypeAndCode wire_form(IcmpError error, Family family) {
  const IcmpRow& row = icmp_rows[static_cast<std::size_t>(error)];
  return family == Family::ipv4 ? IcmpTypeAndCode{row.v4_type, row.v4_code}
                                : IcmpTypeAndCode{row.v6_type, row.v6_code};
}

PacketPtr make_udp(PacketPool& pool, const Endpoint& source, const Endpoint& destination,
                   ByteView payload, std::uint8_t hop_limit) {
  const bool v4 = source.address.is_v4();
  const std::uint16_t ip_size = v4 ? ipv4_header_size : ipv6_header_size;
  const auto udp_size = static_cast<std::uint16_t>(udp_header_size + payload.size());
  PacketPtr packet = pool.make(static_cast<std::uint16_t>(ip_size + udp_size));
  packet->source = source;
  packet->destination = destination;
  packet->hop_limit = hop_limit;
  packet->protocol = Protocol::udp;
  packet->transport_offset = ip_size;
  packet->payload_offset = static_cast<std::uint16_t>(ip_size + udp_header_size);
  write_ip_header(*packet);
  std::uint8_t* const udp = packet->data() + ip_size;
  store_be16(udp + field::source_port, source.port);
  store_be16(udp + field::destination_port, destination.port);
  store_be16(udp + 4, udp_size);
  store_be16(udp + field::udp_checksum, 0);
  if (!payload.empty()) std::memcpy(udp + udp_header_size, payload.data(), payload.size());
  const auto checksum = static_cast<std::uint16_t>(~transport_sum(*packet));
  // Zero would mean "no checksum" (RFC 768).
  store_be16(udp + field::udp_checksum, checksum == 0 ? 0xffff : checksum);
  return packet;
}

PacketPtr make_icmp_error(PacketPool& pool, const IpAddress& source, IcmpError error,
                          const Packet& about, std::uint32_t mtu) {
  const IpAddress& sender = about.source.address;
  if (is_icmp_error(about) || about.fragment_offset != 0 || !is_one_host(sender) ||
      about.destination.address.is_multicast() || sender.family() != source.family()) {
    return nullptr;
  }
  const bool v4 = source.is_v4();
  const std::uint16_t ip_size = v4 ? ipv4_header_size : ipv6_header_size;
  const std::size_t limit = v4 ? 576 : 1280;
  const auto quoted = std::min<std::size_t>(about.size, limit - ip_size - icmp_header_size);
  PacketPtr packet = pool.make(static_cast<std::uint16_t>(ip_size + icmp_header_size + quoted));
  packet->source = {source, 0};
  packet->destination = {sender, 0};
  packet->hop_limit = default_hop_limit;
  packet->protocol = v4 ? Protocol::icmp : Protocol::icmpv6;
  packet->transport_offset = ip_size;
  packet->payload_offset = static_cast<std::uint16_t>(ip_size + icmp_header_size);
  write_ip_header(*packet);
  const auto [type, code] = wire_form(error, source.family());
  std::uint8_t* const icmp = packet->data() + ip_size;
  icmp[0] = type;
  icmp[1] = code;
  store_be16(icmp + field::icmp_checksum, 0);
  store_be32(icmp + 4, mtu);
  std::memcpy(icmp + icmp_header_size, about.data(), quoted);
  store_be16(icmp + field::icmp_checksum, static_cast<std::uint16_t>(~transport_sum(*packet)));
  return packet;
}

std::optional<IcmpErrorView> parse_icmp_error(const Packet& packet) {
  if (!packet.is_icmp() || packet.transport().size() < icmp_header_size) return std::nullopt;
  const std::uint8_t* const icmp = packet.transport().data();
  const bool v4 = packet.is_v4();
  for (const IcmpRow& row : icmp_rows) {
    if (icmp[0] != (v4 ? row.v4_type : row.v6_type)) continue;
    if (icmp[1] != (v4 ? row.v4_code : row.v6_code)) continue;
    const auto quoted = read_headers(packet.payload());
    // A later fragment does not tell whose packet it is of; errors about it are not sent either.
    if (!quoted || quoted->source.address.is_v4() != v4 || quoted->fragment_offset != 0) {
      return std::nullopt;
    }
    // The upper half is another field over IPv4 (RFC 1191, RFC 4884 §4.1).
    const std::uint32_t mtu = v4 ? load_be16(icmp + 6) : load_be32(icmp + 4);
    return IcmpErrorView{.error = row.error,
                         .mtu = row.error == IcmpError::too_big ? mtu : 0,
                         .quoted_protocol = quoted->protocol,
                         .quoted_source = quoted->source,
                         .quoted_destination = quoted->destination,
                         .quoted_offset = packet.payload_offset};
  }
  return std::nullopt;
}

PacketPtr parse_datagram(PacketPool& pool, ByteView bytes) {
  const auto headers = read_headers(bytes);
  if (!headers || headers->total_size != bytes.size() || bytes.size() > 65535) return nullptr;
  std::size_t payload_offset = headers->transport_offset + 8;
  if (headers->fragment_offset != 0) {
    payload_offset = headers->transport_offset;
  } else if (headers->protocol == Protocol::udp) {
    const std::size_t udp_size = load_be16(bytes.data() + headers->transport_offset + 4);
    const bool cut = headers->more_fragments;
    if (!cut && headers->transport_offset + udp_size != bytes.size()) return nullptr;
  } else if (headers->protocol == Protocol::tcp) {
    if (headers->transport_offset + 20 > bytes.size()) return nullptr;
    const std::size_t words = bytes[headers->transport_offset + 12] / 16U;
    payload_offset = headers->transport_offset + words * 4;
    if (words < 5 || payload_offset > bytes.size()) return nullptr;
  }
  PacketPtr packet = pool.make(static_cast<std::uint16_t>(bytes.size()));
  packet->source = headers->source;
  packet->destination = headers->destination;
  packet->hop_limit = headers->hop_limit;
  packet->protocol = headers->protocol;
  packet->transport_offset = static_cast<std::uint16_t>(headers->transport_offset);
  packet->payload_offset = static_cast<std::uint16_t>(payload_offset);
  packet->more_fragments = headers->more_fragments;
  packet->dont_fragment = headers->dont_fragment;
  packet->fragment_offset = headers->fragment_offset;
  std::memset(packet->data() + headers->transport_offset, 0, 8);
  std::memcpy(packet->data(), bytes.data(), bytes.size());
  return packet;
}

bool checksums_right(const Packet& packet) {
  if (packet.is_v4() && ones_sum(packet.datagram().first(packet.transport_offset)) != 0xffff)
    return false;
  if (packet.is_fragment()) return true;
  switch (packet.protocol) {
    case Protocol::udp:
      if (load_be16(packet.transport().data() + field::udp_checksum) == 0) return packet.is_v4();
      return transport_sum(packet) == 0xffff;
    case Protocol::tcp:
      return transport_sum(packet) == 0xffff;
    case Protocol::icmp:
    case Protocol::icmpv6:
      return !packet.is_icmp() || transport_sum(packet) == 0xffff;
    case Protocol::ipv4:
      return true;  // a tunnel's end judges what it carries
  }
  return true;
}

}  // namespace natsim::net
