#include "sim/net/fragment.h"

#include <algorithm>
#include <cstring>

#include "sim/net/checksum.h"
#include "sim/net/wire.h"

namespace natsim::net {
namespace {

void write_ipv4_fragment_field(Packet& packet) {
  std::uint8_t* const ip = packet.data();
  auto word = static_cast<std::uint16_t>(packet.fragment_offset / 8);
  if (packet.dont_fragment) word |= flag_dont_fragment;
  if (packet.more_fragments) word |= flag_more_fragments;
  store_be16(ip + field::ipv4_fragment, word);
  store_be16(ip + field::ipv4_checksum, 0);
  store_be16(ip + field::ipv4_checksum,
             static_cast<std::uint16_t>(~ones_sum({ip, packet.transport_offset})));
}

void write_ipv6_fragment_header(Packet& packet, std::uint32_t identification) {
  std::uint8_t* const ip = packet.data();
  ip[6] = ipv6_fragment_header;
  std::uint8_t* const header = ip + ipv6_header_size;
  header[0] = static_cast<std::uint8_t>(packet.protocol);
  header[1] = 0;
  store_be16(header + 2,
             static_cast<std::uint16_t>(packet.fragment_offset | (packet.more_fragments ? 1 : 0)));
  store_be32(header + 4, identification);
  store_be16(ip + 4, static_cast<std::uint16_t>(packet.size - ipv6_header_size));
}

// The piece of `whole` with `length` bytes of its transport from `from` on, behind `header_size`
// bytes of headers, which are still `whole`'s.
PacketPtr piece(PacketPool& pool, const Packet& whole, std::uint16_t header_size,
                std::uint16_t from, std::uint16_t length) {
  PacketPtr made = pool.make(static_cast<std::uint16_t>(header_size + length));
  made->id = whole.id;
  made->source = whole.source;
  made->destination = whole.destination;
  made->hop_limit = whole.hop_limit;
  made->protocol = whole.protocol;
  made->dont_fragment = whole.dont_fragment;
  made->transport_offset = header_size;
  made->payload_offset = header_size;
  made->fragment_offset = static_cast<std::uint16_t>(whole.fragment_offset + from);
  made->more_fragments =
      whole.more_fragments || from + length < whole.size - whole.transport_offset;
  if (made->fragment_offset == 0) {
    made->payload_offset = std::min(
        static_cast<std::uint16_t>(header_size + whole.payload_offset - whole.transport_offset),
        made->size);
  } else {
    made->source.port = made->destination.port = 0;
  }
  std::memcpy(made->data(), whole.data(), std::min(header_size, whole.transport_offset));
  std::memset(made->data() + header_size, 0, 8);
  std::memcpy(made->data() + header_size, whole.transport().data() + from, length);
  return made;
}

std::vector<PacketPtr> pieces(PacketPool& pool, const Packet& whole, std::uint16_t header_size,
                              std::uint16_t mtu) {
  std::vector<PacketPtr> all;
  const auto total = static_cast<std::uint16_t>(whole.size - whole.transport_offset);
  // Offsets count units of eight bytes.
  const auto most = static_cast<std::uint16_t>((mtu - header_size) / 8 * 8);
  for (std::uint16_t from = 0; from < total; from = static_cast<std::uint16_t>(from + most)) {
    const auto rest = static_cast<std::uint16_t>(total - from);
    // The last piece need not be a multiple of eight, and may fill the MTU.
    const bool last = rest <= mtu - header_size;
    all.push_back(piece(pool, whole, header_size, from, last ? rest : most));
    if (last) break;
  }
  return all;
}

}  // namespace

void allow_fragmentation(Packet& packet, std::uint16_t identification) {
  packet.dont_fragment = false;
  store_be16(packet.data() + field::ipv4_identification, identification);
  write_ipv4_fragment_field(packet);
}

std::uint32_t identification_of(const Packet& packet) {
  if (packet.is_v4()) return load_be16(packet.data() + field::ipv4_identification);
  return load_be32(packet.data() + ipv6_header_size + 4);
}

std::vector<PacketPtr> cut(PacketPool& pool, const Packet& packet, std::uint16_t mtu) {
  auto all = pieces(pool, packet, packet.transport_offset, mtu);
  for (const PacketPtr& made : all) {
    store_be16(made->data() + 2, made->size);
    write_ipv4_fragment_field(*made);
  }
  return all;
}

std::vector<PacketPtr> cut_at_source(PacketPool& pool, const Packet& packet, std::uint16_t mtu,
                                     std::uint32_t identification) {
  auto all = pieces(pool, packet, ipv6_header_size + ipv6_fragment_header_size, mtu);
  for (const PacketPtr& made : all) write_ipv6_fragment_header(*made, identification);
  return all;
}

}  // namespace natsim::net
