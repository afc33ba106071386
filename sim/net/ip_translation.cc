#include "sim/net/ip_translation.h"

#include <algorithm>
#include <cstring>

#include "sim/net/checksum.h"
#include "sim/net/icmp_counterparts.h"
#include "sim/net/wire.h"

namespace natsim::net {
namespace {

constexpr auto icmpv6 = static_cast<std::uint8_t>(Protocol::icmpv6);
constexpr IpAddress nobody = IpAddress::v4(192, 0, 0, 8);

// A datagram's IP header in terms of neither version. Of a quoted one the end may be missing.
struct Header {
  Family family = Family::ipv4;
  std::uint8_t traffic_class = 0;
  std::size_t size = 0;     // of the header, with a fragment header
  std::uint16_t total = 0;  // of the whole datagram, as it says itself
  std::uint8_t hop_limit = 0;
  std::uint8_t protocol = 0;
  bool fragment_header = false;  // IPv6 alone
  bool dont_fragment = false;    // IPv4 alone
  bool more_fragments = false;
  std::uint16_t fragment_offset = 0;  // in bytes
  std::uint32_t identification = 0;
  IpAddress source;
  IpAddress destination;

  [[nodiscard]] bool is_fragment() const { return more_fragments || fragment_offset != 0; }
};

// nullopt if the header is not all there, or of the other version.
std::optional<Header> read_header(ByteView bytes, Family family) {
  Header header{.family = family};
  if (bytes.empty() || bytes[0] >> 4 != (family == Family::ipv4 ? 4 : 6)) return std::nullopt;
  const std::uint8_t* const p = bytes.data();
  if (family == Family::ipv4) {
    header.size = std::size_t{p[0] & 0x0fU} * 4;
    if (header.size < ipv4_header_size || bytes.size() < header.size) return std::nullopt;
    header.traffic_class = p[1];
    header.total = load_be16(p + 2);
    header.identification = load_be16(p + field::ipv4_identification);
    const std::uint16_t fragment = load_be16(p + field::ipv4_fragment);
    header.dont_fragment = (fragment & flag_dont_fragment) != 0;
    header.more_fragments = (fragment & flag_more_fragments) != 0;
    header.fragment_offset = static_cast<std::uint16_t>(fragment << 3);
    header.hop_limit = p[field::ipv4_ttl];
    header.protocol = p[9];
    header.source = IpAddress::from_bytes(family, p + field::ipv4_source);
    header.destination = IpAddress::from_bytes(family, p + field::ipv4_destination);
    return header.total < header.size ? std::nullopt : std::optional(header);
  }
  if (bytes.size() < ipv6_header_size) return std::nullopt;
  header.size = ipv6_header_size;
  const std::uint32_t payload = load_be16(p + 4);
  if (payload > 65535U - ipv6_header_size) return std::nullopt;
  header.total = static_cast<std::uint16_t>(ipv6_header_size + payload);
  header.traffic_class = static_cast<std::uint8_t>(load_be16(p) >> 4);
  header.protocol = p[6];
  header.hop_limit = p[field::ipv6_hop_limit];
  header.source = IpAddress::from_bytes(family, p + field::ipv6_source);
  header.destination = IpAddress::from_bytes(family, p + field::ipv6_destination);
  if (header.protocol == ipv6_fragment_header) {
    header.size += ipv6_fragment_header_size;
    if (bytes.size() < header.size) return std::nullopt;
    header.fragment_header = true;
    header.protocol = p[ipv6_header_size];
    const std::uint16_t fragment = load_be16(p + ipv6_header_size + 2);
    header.more_fragments = (fragment & 1) != 0;
    header.fragment_offset = fragment & 0xfff8;
    header.identification = load_be32(p + ipv6_header_size + 4);
  }
  return header.total < header.size ? std::nullopt : std::optional(header);
}

// Appends the header of the other version, for `transport_size` bytes behind it. Gives where the
// transport begins.
std::size_t write_ipv6(Bytes& out, const Header& from, std::uint8_t protocol,
                       const IpAddress& source, const IpAddress& destination,
                       std::size_t transport_size) {
  const std::size_t at = out.size();
  const bool fragment = from.is_fragment();
  const std::size_t size =
      ipv6_header_size + (fragment ? std::size_t{ipv6_fragment_header_size} : 0);
  out.resize(at + size);
  std::uint8_t* const p = out.data() + at;
  store_be32(p, 0x6000'0000U | std::uint32_t{from.traffic_class} << 20);
  store_be16(p + 4, static_cast<std::uint16_t>(size - ipv6_header_size + transport_size));
  p[6] = fragment ? ipv6_fragment_header : protocol;
  p[field::ipv6_hop_limit] = from.hop_limit;
  std::copy_n(source.to_bytes().begin(), 16, p + field::ipv6_source);
  std::copy_n(destination.to_bytes().begin(), 16, p + field::ipv6_destination);
  if (fragment) {
    std::uint8_t* const header = p + ipv6_header_size;
    header[0] = protocol;
    header[1] = 0;
    store_be16(header + 2,
               static_cast<std::uint16_t>(from.fragment_offset | (from.more_fragments ? 1U : 0U)));
    store_be32(header + 4, from.identification);
  }
  return at + size;
}

std::size_t write_ipv4(Bytes& out, const Header& from, std::uint8_t protocol,
                       const IpAddress& source, const IpAddress& destination,
                       std::size_t transport_size, std::uint16_t identification) {
  const std::size_t at = out.size();
  out.resize(at + ipv4_header_size);
  std::uint8_t* const p = out.data() + at;
  const std::size_t total = ipv4_header_size + transport_size;
  std::uint16_t fragment = 0;
  if (from.fragment_header) {
    identification = static_cast<std::uint16_t>(from.identification);
    fragment = static_cast<std::uint16_t>(from.fragment_offset / 8U);
    if (from.more_fragments) fragment |= flag_more_fragments;
  } else if (total > largest_cuttable_ipv4) {
    identification = 0;
    fragment = flag_dont_fragment;
  }
  p[0] = 0x45;
  p[1] = from.traffic_class;
  store_be16(p + 2, static_cast<std::uint16_t>(total));
  store_be16(p + field::ipv4_identification, identification);
  store_be16(p + field::ipv4_fragment, fragment);
  p[field::ipv4_ttl] = from.hop_limit;
  p[9] = protocol;
  store_be16(p + field::ipv4_checksum, 0);
  store_be32(p + field::ipv4_source, source.to_v4());
  store_be32(p + field::ipv4_destination, destination.to_v4());
  store_be16(p + field::ipv4_checksum,
             static_cast<std::uint16_t>(~ones_sum({p, ipv4_header_size})));
  return at + ipv4_header_size;
}

struct Translation {
  IpTranslator::AddressMap address;
  Family to;
  std::uint16_t identification;  // of an IPv4 datagram that may be cut
  Bytes& out;

  // Appends what comes of the datagram; false if nothing does. A quoted one may end early.
  bool datagram(ByteView in, bool quoted);

 private:
  bool icmp(const Header& header, ByteView transport, const IpAddress& source,
            const IpAddress& destination, bool quoted);
  std::size_t write(const Header& header, std::uint8_t protocol, const IpAddress& source,
                    const IpAddress& destination, std::size_t transport_size) {
    if (to == Family::ipv6) {
      return write_ipv6(out, header, protocol, source, destination, transport_size);
    }
    return write_ipv4(out, header, protocol, source, destination, transport_size, identification);
  }
};

bool Translation::datagram(ByteView in, bool quoted) {
  const auto header = read_header(in, to == Family::ipv6 ? Family::ipv4 : Family::ipv6);
  if (!header) return false;
  auto source = address(header->source);
  const auto destination = address(header->destination);
  const auto protocol = static_cast<Protocol>(header->protocol);
  const bool is_icmp =
      protocol == (header->family == Family::ipv4 ? Protocol::icmp : Protocol::icmpv6);
  if (!source && is_icmp && !quoted && to == Family::ipv4) source = nobody;
  if (!source || !destination) return false;
  const ByteView transport = in.subspan(header->size);
  if (is_icmp) return icmp(*header, transport, *source, *destination, quoted);
  if (protocol != Protocol::udp && protocol != Protocol::tcp) return false;

  const std::size_t said = header->total - header->size;
  if (!quoted && said != transport.size()) return false;
  const std::size_t at = write(*header, header->protocol, *source, *destination, said);
  out.insert(out.end(), transport.begin(), transport.end());
  if (header->fragment_offset != 0) return true;
  const std::size_t place = protocol == Protocol::udp ? field::udp_checksum : field::tcp_checksum;
  if (transport.size() < place + 2) return quoted;
  std::uint8_t* const checksum = out.data() + at + place;
  if (protocol == Protocol::udp && load_be16(checksum) == 0) {
    if (to == Family::ipv4 || quoted) return true;
    if (header->is_fragment()) return false;
    const std::uint16_t start = pseudo_header_sum(*source, *destination, header->protocol,
                                                  static_cast<std::uint32_t>(transport.size()));
    const auto whole = static_cast<std::uint16_t>(~ones_sum(ByteView(out).subspan(at), start));
    store_be16(checksum, whole == 0 ? 0xffff : whole);
    return true;
  }
  const std::uint16_t before =
      ones_add(address_sum(header->source), address_sum(header->destination));
  const std::uint16_t after = ones_add(address_sum(*source), address_sum(*destination));
  std::uint16_t changed = updated_checksum(load_be16(checksum), ones_difference(before, after));
  if (changed == 0 && protocol == Protocol::udp) changed = 0xffff;
  store_be16(checksum, changed);
  return true;
}

bool Translation::icmp(const Header& header, ByteView transport, const IpAddress& source,
                       const IpAddress& destination, bool quoted) {
  if (header.is_fragment() || transport.size() < icmp_header_size) return false;
  const IcmpHead head{transport[0], transport[1], load_be32(transport.data() + 4)};
  const bool error = quotes(head, header.family);
  if (error && quoted) return false;
  const ByteView body = transport.subspan(icmp_header_size);
  std::uint16_t quoted_size = 0;
  if (error) {
    const auto inner = read_header(body, header.family);
    if (!inner) return false;
    quoted_size = inner->total;
  }
  const auto other = to == Family::ipv6 ? in_icmpv6(head, quoted_size) : in_icmpv4(head);
  if (!other) return false;
  const Protocol protocol = to == Family::ipv6 ? Protocol::icmpv6 : Protocol::icmp;
  const std::size_t begin = out.size();
  const std::size_t at = write(header, static_cast<std::uint8_t>(protocol), source, destination,
                               header.total - header.size);
  out.insert(out.end(), transport.begin(), transport.begin() + icmp_header_size);
  std::uint8_t* const made = out.data() + at;
  made[0] = other->type;
  made[1] = other->code;
  store_be32(made + 4, other->rest);
  if (!error) {
    out.insert(out.end(), body.begin(), body.end());
  } else {
    if (!datagram(body, true)) return false;
    const std::size_t most = to == Family::ipv6 ? lowest_ipv6_mtu : 576;
    if (out.size() - begin > most) out.resize(begin + most);
    // The quotation has another length than it had.
    const auto total = static_cast<std::uint16_t>(out.size() - begin);
    std::uint8_t* const ip = out.data() + begin;
    if (to == Family::ipv6) {
      store_be16(ip + 4, static_cast<std::uint16_t>(total - ipv6_header_size));
    } else {
      store_be16(ip + 2, total);
      store_be16(ip + field::ipv4_checksum, 0);
      store_be16(ip + field::ipv4_checksum,
                 static_cast<std::uint16_t>(~ones_sum({ip, ipv4_header_size})));
    }
  }
  std::uint8_t* const checksum = out.data() + at + field::icmp_checksum;
  if (quoted) {
    // Not all of it need be there, so that its checksum can only follow what changes.
    const auto size = static_cast<std::uint32_t>(header.total - header.size);
    const auto sum = [&](const std::uint8_t* words, Family family, const IpAddress& from,
                         const IpAddress& for_whom) {
      return ones_add(load_be16(words), family == Family::ipv4
                                            ? std::uint16_t{0}
                                            : pseudo_header_sum(from, for_whom, icmpv6, size));
    };
    const std::uint16_t before =
        sum(transport.data(), header.family, header.source, header.destination);
    const std::uint16_t after = sum(out.data() + at, to, source, destination);
    store_be16(checksum, updated_checksum(load_be16(checksum), ones_difference(before, after)));
    return true;
  }
  store_be16(checksum, 0);
  const ByteView whole = ByteView(out).subspan(at);
  const std::uint16_t start =
      to == Family::ipv6
          ? pseudo_header_sum(source, destination, icmpv6, static_cast<std::uint32_t>(whole.size()))
          : std::uint16_t{0};
  store_be16(checksum, static_cast<std::uint16_t>(~ones_sum(whole, start)));
  return true;
}

}  // namespace

PacketPtr IpTranslator::to_ipv6(const Packet& packet, AddressMap address) {
  if (packet.is_icmp() && !checksums_right(packet)) return nullptr;
  datagram_.clear();
  Translation translation{address, Family::ipv6, 0, datagram_};
  if (!translation.datagram(packet.datagram(), false)) return nullptr;
  PacketPtr result = made(packet);
  if (result != nullptr) result->dont_fragment = packet.dont_fragment;
  return result;
}

PacketPtr IpTranslator::to_ipv4(const Packet& packet, AddressMap address) {
  if (packet.is_icmp() && !checksums_right(packet)) return nullptr;
  datagram_.clear();
  Translation translation{address, Family::ipv4, ++identification_, datagram_};
  if (!translation.datagram(packet.datagram(), false)) return nullptr;
  return made(packet);
}

std::uint16_t IpTranslator::size_in_ipv4(const Packet& packet) {
  return static_cast<std::uint16_t>(packet.size - packet.transport_offset + ipv4_header_size);
}

PacketPtr IpTranslator::made(const Packet& of) {
  PacketPtr packet = parse_datagram(pool_, datagram_);
  if (packet != nullptr) packet->id = of.id;
  return packet;
}

}  // namespace natsim::net
