#include "sim/net/tcp_segment.h"

#include <cstring>

namespace natsim::net {
namespace {

// Byte offsets in the header.
constexpr std::size_t seq_field = 4;
constexpr std::size_t ack_field = 8;
constexpr std::size_t data_offset_field = 12;  // in its upper half, in words of four bytes
constexpr std::size_t flags_field = 13;
constexpr std::size_t window_field = 14;
constexpr std::size_t urgent_field = 18;

enum class OptionKind : std::uint8_t { end = 0, no_operation = 1, mss = 2, window_scale = 3 };
constexpr std::size_t mss_option_size = 4;
constexpr std::size_t window_scale_option_size = 4;  // a no-operation in front aligns it

std::size_t options_size(const TcpSegment& segment) {
  return (segment.mss ? mss_option_size : 0) +
         (segment.window_scale ? window_scale_option_size : 0);
}

void write_options(std::uint8_t* p, const TcpSegment& segment) {
  if (segment.mss) {
    p[0] = static_cast<std::uint8_t>(OptionKind::mss);
    p[1] = 4;
    store_be16(p + 2, *segment.mss);
    p += mss_option_size;
  }
  if (segment.window_scale) {
    p[0] = static_cast<std::uint8_t>(OptionKind::no_operation);
    p[1] = static_cast<std::uint8_t>(OptionKind::window_scale);
    p[2] = 3;
    p[3] = *segment.window_scale;
  }
}

// False if an option's length is illegal.
bool read_options(ByteView bytes, TcpSegment& segment) {
  while (!bytes.empty()) {
    const auto kind = static_cast<OptionKind>(bytes[0]);
    if (kind == OptionKind::end) return true;
    if (kind == OptionKind::no_operation) {
      bytes = bytes.subspan(1);
      continue;
    }
    if (bytes.size() < 2 || bytes[1] < 2 || bytes[1] > bytes.size()) return false;
    const ByteView value = bytes.subspan(2, bytes[1] - std::size_t{2});
    if (kind == OptionKind::mss) {
      if (value.size() != 2) return false;
      segment.mss = load_be16(value.data());
    } else if (kind == OptionKind::window_scale) {
      if (value.size() != 1) return false;
      segment.window_scale = value[0];
    }
    bytes = bytes.subspan(bytes[1]);
  }
  return true;
}

}  // namespace

PacketPtr make_tcp(PacketPool& pool, const Endpoint& source, const Endpoint& destination,
                   const TcpSegment& segment, std::uint8_t hop_limit) {
  const std::uint16_t ip_size = source.address.is_v4() ? ipv4_header_size : ipv6_header_size;
  const std::size_t header_size = tcp_header_size + options_size(segment);
  PacketPtr packet =
      pool.make(static_cast<std::uint16_t>(ip_size + header_size + segment.payload.size()));
  packet->source = source;
  packet->destination = destination;
  packet->hop_limit = hop_limit;
  packet->protocol = Protocol::tcp;
  packet->transport_offset = ip_size;
  packet->payload_offset = static_cast<std::uint16_t>(ip_size + header_size);
  write_ip_header(*packet);
  std::uint8_t* const tcp = packet->data() + ip_size;
  store_be16(tcp + field::source_port, source.port);
  store_be16(tcp + field::destination_port, destination.port);
  store_be32(tcp + seq_field, segment.seq);
  store_be32(tcp + ack_field, segment.has(tcp_flag::ack) ? segment.ack : 0);
  tcp[data_offset_field] = static_cast<std::uint8_t>(header_size / 4 << 4);
  tcp[flags_field] = segment.flags;
  store_be16(tcp + window_field, segment.window);
  store_be16(tcp + field::tcp_checksum, 0);
  store_be16(tcp + urgent_field, 0);
  write_options(tcp + tcp_header_size, segment);
  if (!segment.payload.empty()) {
    std::memcpy(tcp + header_size, segment.payload.data(), segment.payload.size());
  }
  store_be16(tcp + field::tcp_checksum, static_cast<std::uint16_t>(~transport_sum(*packet)));
  return packet;
}

PacketPtr make_tcp_reset(PacketPool& pool, const Packet& about) {
  const auto segment =
      about.protocol == Protocol::tcp ? parse_tcp(about.transport()) : std::nullopt;
  if (!segment || segment->has(tcp_flag::rst)) return nullptr;
  TcpSegment reset{.flags = tcp_flag::rst};
  if (segment->has(tcp_flag::ack)) {
    reset.seq = segment->ack;
  } else {
    reset.ack = segment->seq + segment->length();
    reset.flags |= tcp_flag::ack;
  }
  return make_tcp(pool, about.destination, about.source, reset);
}

std::optional<TcpSegment> parse_tcp(ByteView tcp) {
  if (tcp.size() < tcp_header_size) return std::nullopt;
  const std::size_t header_size = std::size_t{tcp[data_offset_field]} / 16 * 4;
  if (header_size < tcp_header_size || header_size > tcp.size()) return std::nullopt;
  TcpSegment segment{.seq = load_be32(tcp.data() + seq_field),
                     .ack = load_be32(tcp.data() + ack_field),
                     .flags = tcp[flags_field],
                     .window = load_be16(tcp.data() + window_field),
                     .mss = std::nullopt,
                     .window_scale = std::nullopt,
                     .payload = tcp.subspan(header_size)};
  if (!read_options(tcp.subspan(tcp_header_size, header_size - tcp_header_size), segment)) {
    return std::nullopt;
  }
  return segment;
}

std::uint8_t tcp_flags(const Packet& packet) {
  const ByteView tcp = packet.transport();
  return packet.protocol == Protocol::tcp && tcp.size() > flags_field ? tcp[flags_field] : 0;
}

std::uint32_t quoted_tcp_seq(const Packet& packet, const IcmpErrorView& view) {
  const std::uint8_t* const quoted = packet.data() + view.quoted_offset;
  const std::size_t ip_size =
      quoted[0] >> 4 == 4 ? std::size_t{quoted[0] & 0x0fU} * 4 : ipv6_header_size;
  return load_be32(quoted + ip_size + seq_field);
}

}  // namespace natsim::net
