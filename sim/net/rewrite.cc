#include "sim/net/rewrite.h"

#include <cstring>

#include "sim/net/checksum.h"

namespace natsim::net {
namespace {

constexpr std::uint16_t sum_of_endpoint(std::uint16_t address, std::uint16_t port) {
  return ones_add(address, port);
}

void update_field(std::uint8_t* checksum, std::uint16_t difference) {
  store_be16(checksum, updated_checksum(load_be16(checksum), difference));
}

// Where the transport's checksum stands, if it covers the pseudo-header: null for ICMP over IPv4,
// for unknown protocols, for "no checksum", and if the bytes end before it.
std::uint8_t* transport_checksum(std::uint8_t* transport, std::size_t available, Protocol protocol,
                                 Family family) {
  std::size_t offset;
  switch (protocol) {
    case Protocol::udp:
      offset = field::udp_checksum;
      break;
    case Protocol::tcp:
      offset = field::tcp_checksum;
      break;
    case Protocol::icmpv6:
      if (family == Family::ipv4) return nullptr;
      offset = field::icmp_checksum;
      break;
    default:
      return nullptr;
  }
  if (offset + 2 > available) return nullptr;
  if (protocol == Protocol::udp && load_be16(transport + offset) == 0) return nullptr;
  return transport + offset;
}

bool has_ports(Protocol protocol) { return protocol == Protocol::udp || protocol == Protocol::tcp; }

// One side (source or destination) of a datagram in memory.
struct Side {
  std::size_t v4_address;
  std::size_t v6_address;
  std::size_t port;
};
constexpr Side source_side = {field::ipv4_source, field::ipv6_source, field::source_port};
constexpr Side destination_side = {field::ipv4_destination, field::ipv6_destination,
                                   field::destination_port};

// Changes one side of the datagram at `ip` from `old` to `now`. `available` bytes of its transport
// are there.
void rewrite_side(std::uint8_t* ip, std::size_t transport_offset, std::size_t available,
                  Protocol protocol, Side side, const Endpoint& old, const Endpoint& now) {
  const std::uint16_t old_sum = address_sum(old.address);
  const std::uint16_t new_sum = address_sum(now.address);
  const std::uint16_t address_difference = ones_difference(old_sum, new_sum);
  if (now.address.is_v4()) {
    store_be32(ip + side.v4_address, now.address.to_v4());
    update_field(ip + field::ipv4_checksum, address_difference);
  } else {
    store_be64(ip + side.v6_address, now.address.high());
    store_be64(ip + side.v6_address + 8, now.address.low());
  }
  std::uint8_t* const transport = ip + transport_offset;
  std::uint16_t difference = address_difference;
  if (has_ports(protocol) && side.port + 2 <= available) {
    difference =
        ones_difference(sum_of_endpoint(old_sum, old.port), sum_of_endpoint(new_sum, now.port));
    store_be16(transport + side.port, now.port);
  }
  if (std::uint8_t* const checksum =
          transport_checksum(transport, available, protocol, now.address.family())) {
    update_field(checksum, difference);
    if (protocol == Protocol::udp && load_be16(checksum) == 0) store_be16(checksum, 0xffff);
  }
}

void rewrite_own_side(Packet& packet, Side side, Endpoint& parsed, const Endpoint& now) {
  // Behind the IP header of a later fragment there is nothing to rewrite.
  const bool first = packet.fragment_offset == 0;
  const bool ports = first && has_ports(packet.protocol);
  const Endpoint target{now.address, ports ? now.port : std::uint16_t{0}};
  rewrite_side(packet.data(), packet.transport_offset, first ? packet.transport().size() : 0,
               packet.protocol, side, parsed, target);
  parsed = target;
}

void rewrite_quoted_side(Packet& packet, const IcmpErrorView& view, Side side, const Endpoint& old,
                         const Endpoint& now) {
  std::uint8_t* const quoted = packet.data() + view.quoted_offset;
  const std::size_t length = packet.size - std::size_t{view.quoted_offset};
  const std::size_t transport_offset =
      quoted[0] >> 4 == 4 ? std::size_t{quoted[0] & 0x0fU} * 4 : ipv6_header_size;
  const std::uint16_t before = ones_sum({quoted, length});
  const Endpoint target{now.address, has_ports(view.quoted_protocol) ? now.port : std::uint16_t{0}};
  rewrite_side(quoted, transport_offset, length - transport_offset, view.quoted_protocol, side, old,
               target);
  update_field(packet.data() + packet.transport_offset + field::icmp_checksum,
               ones_difference(before, ones_sum({quoted, length})));
}

}  // namespace

void rewrite_source(Packet& packet, const Endpoint& source) {
  rewrite_own_side(packet, source_side, packet.source, source);
}

void rewrite_destination(Packet& packet, const Endpoint& destination) {
  rewrite_own_side(packet, destination_side, packet.destination, destination);
}

void decrement_hop_limit(Packet& packet) {
  --packet.hop_limit;
  if (packet.is_v4()) {
    packet.data()[field::ipv4_ttl] = packet.hop_limit;
    // The hop limit is the upper byte of its 16-bit word.
    update_field(packet.data() + field::ipv4_checksum, ones_difference(0x0100, 0));
  } else {
    packet.data()[field::ipv6_hop_limit] = packet.hop_limit;
  }
}

PacketPtr with_payload(PacketPool& pool, const Packet& packet, ByteView payload) {
  PacketPtr made = pool.make(static_cast<std::uint16_t>(packet.payload_offset + payload.size()));
  made->id = packet.id;
  made->source = packet.source;
  made->destination = packet.destination;
  made->hop_limit = packet.hop_limit;
  made->protocol = packet.protocol;
  made->transport_offset = packet.transport_offset;
  made->payload_offset = packet.payload_offset;
  made->more_fragments = false;
  made->dont_fragment = packet.dont_fragment;
  made->fragment_offset = 0;
  std::memcpy(made->data(), packet.data(), packet.payload_offset);
  if (!payload.empty())
    std::memcpy(made->data() + packet.payload_offset, payload.data(), payload.size());

  std::uint8_t* const ip = made->data();
  if (made->is_v4()) {
    store_be16(ip + 2, made->size);
    update_field(ip + field::ipv4_checksum, ones_difference(packet.size, made->size));
  } else {
    store_be16(ip + 4, static_cast<std::uint16_t>(made->size - ipv6_header_size));
  }
  std::uint8_t* const udp = ip + made->transport_offset;
  const auto old_length = static_cast<std::uint16_t>(packet.size - packet.transport_offset);
  const auto length = static_cast<std::uint16_t>(made->size - made->transport_offset);
  store_be16(udp + field::udp_length, length);
  if (load_be16(udp + field::udp_checksum) == 0) return made;
  // The length counts twice, in the header and in the pseudo-header.
  const std::uint16_t longer = ones_difference(old_length, length);
  update_field(udp + field::udp_checksum,
               ones_add(ones_add(longer, longer),
                        ones_difference(ones_sum(packet.payload()), ones_sum(payload))));
  if (load_be16(udp + field::udp_checksum) == 0) store_be16(udp + field::udp_checksum, 0xffff);
  return made;
}

void flip_bit(Packet& packet, std::uint32_t bit) {
  const auto behind = static_cast<std::uint32_t>(packet.size - packet.transport_offset);
  const std::uint32_t place = bit % (behind * 8);
  std::uint8_t* const transport = packet.data() + packet.transport_offset;
  transport[place / 8] = static_cast<std::uint8_t>(transport[place / 8] ^ 0x80U >> place % 8);
  if (!has_ports(packet.protocol) || packet.fragment_offset != 0 || behind < 4) return;
  packet.source.port = load_be16(transport + field::source_port);
  packet.destination.port = load_be16(transport + field::destination_port);
}

void rewrite_quoted_source(Packet& packet, const IcmpErrorView& view, const Endpoint& source) {
  rewrite_quoted_side(packet, view, source_side, view.quoted_source, source);
}

void rewrite_quoted_destination(Packet& packet, const IcmpErrorView& view,
                                const Endpoint& destination) {
  rewrite_quoted_side(packet, view, destination_side, view.quoted_destination, destination);
}

}  // namespace natsim::net
