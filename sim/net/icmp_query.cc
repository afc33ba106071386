#include "sim/net/icmp_query.h"

#include <cstring>

#include "sim/net/checksum.h"

namespace natsim::net {
namespace {

struct EchoTypes {
  std::uint8_t request;
  std::uint8_t reply;
};
constexpr EchoTypes echo_types(bool v4) { return v4 ? EchoTypes{8, 0} : EchoTypes{128, 129}; }

constexpr std::size_t identifier_field = 4;
constexpr std::size_t sequence_field = 6;

std::optional<IcmpQuery> read_query(ByteView icmp, bool v4) {
  if (icmp.size() < icmp_header_size || icmp[1] != 0) return std::nullopt;
  const EchoTypes types = echo_types(v4);
  if (icmp[0] != types.request && icmp[0] != types.reply) return std::nullopt;
  return IcmpQuery{.reply = icmp[0] == types.reply,
                   .identifier = load_be16(icmp.data() + identifier_field),
                   .sequence = load_be16(icmp.data() + sequence_field)};
}

// Gives what the change adds to a sum over the message.
void write_identifier(std::uint8_t* icmp, std::uint16_t identifier) {
  const std::uint16_t difference = ones_difference(load_be16(icmp + identifier_field), identifier);
  std::uint8_t* const checksum = icmp + field::icmp_checksum;
  store_be16(icmp + identifier_field, identifier);
  store_be16(checksum, updated_checksum(load_be16(checksum), difference));
}

// Bytes from the start of an error's datagram to the transport that it quotes.
std::size_t quoted_transport(const Packet& packet, const IcmpErrorView& view) {
  const std::uint8_t first = packet.data()[view.quoted_offset];
  return view.quoted_offset + (packet.is_v4() ? std::size_t{first & 0x0fU} * 4 : ipv6_header_size);
}

}  // namespace

PacketPtr make_icmp_query(PacketPool& pool, const IpAddress& source, const IpAddress& destination,
                          const IcmpQuery& query, ByteView payload, std::uint8_t hop_limit) {
  const bool v4 = source.is_v4();
  const std::uint16_t ip_size = v4 ? ipv4_header_size : ipv6_header_size;
  PacketPtr packet =
      pool.make(static_cast<std::uint16_t>(ip_size + icmp_header_size + payload.size()));
  packet->source = {source, 0};
  packet->destination = {destination, 0};
  packet->hop_limit = hop_limit;
  packet->protocol = v4 ? Protocol::icmp : Protocol::icmpv6;
  packet->transport_offset = ip_size;
  packet->payload_offset = static_cast<std::uint16_t>(ip_size + icmp_header_size);
  write_ip_header(*packet);
  std::uint8_t* const icmp = packet->data() + ip_size;
  const EchoTypes types = echo_types(v4);
  icmp[0] = query.reply ? types.reply : types.request;
  icmp[1] = 0;
  store_be16(icmp + field::icmp_checksum, 0);
  store_be16(icmp + identifier_field, query.identifier);
  store_be16(icmp + sequence_field, query.sequence);
  if (!payload.empty()) std::memcpy(icmp + icmp_header_size, payload.data(), payload.size());
  store_be16(icmp + field::icmp_checksum, static_cast<std::uint16_t>(~transport_sum(*packet)));
  return packet;
}

std::optional<IcmpQuery> parse_icmp_query(const Packet& packet) {
  if (!packet.is_icmp()) return std::nullopt;
  return read_query(packet.transport(), packet.is_v4());
}

PacketPtr make_echo_reply(PacketPool& pool, const Packet& request) {
  auto query = parse_icmp_query(request);
  if (!query || query->reply) return nullptr;
  query->reply = true;
  return make_icmp_query(pool, request.destination.address, request.source.address, *query,
                         request.payload());
}

void rewrite_identifier(Packet& packet, std::uint16_t identifier) {
  write_identifier(packet.data() + packet.transport_offset, identifier);
}

std::optional<IcmpQuery> parse_quoted_query(const Packet& packet, const IcmpErrorView& view) {
  const bool v4 = packet.is_v4();
  if (view.quoted_protocol != (v4 ? Protocol::icmp : Protocol::icmpv6)) return std::nullopt;
  return read_query(packet.datagram().subspan(quoted_transport(packet, view)), v4);
}

void rewrite_quoted_identifier(Packet& packet, const IcmpErrorView& view,
                               std::uint16_t identifier) {
  std::uint8_t* const quoted = packet.data() + quoted_transport(packet, view);
  const ByteView whole = packet.datagram().subspan(view.quoted_offset);
  const std::uint16_t before = ones_sum(whole);
  write_identifier(quoted, identifier);
  std::uint8_t* const checksum = packet.data() + packet.transport_offset + field::icmp_checksum;
  store_be16(checksum,
             updated_checksum(load_be16(checksum), ones_difference(before, ones_sum(whole))));
}

}  // namespace natsim::net
