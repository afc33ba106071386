#include "stack/rtp/rtcp.h"

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "stack/rtp/packet.h"

namespace natsim::rtp {
namespace {

constexpr std::size_t rtcp_header_size = 4;
constexpr std::uint8_t first_type = 192;
constexpr std::uint8_t last_type = 223;

// What tells the types of packets apart: the packet type and, of feedback, the format.
struct Kind {
  std::uint8_t packet_type;
  std::optional<std::uint8_t> format;  // unset: the field is a count
};
template <typename T>
constexpr Kind kind = {0, std::nullopt};
template <>
constexpr Kind kind<SenderReport> = {200, std::nullopt};
template <>
constexpr Kind kind<ReceiverReport> = {201, std::nullopt};
template <>
constexpr Kind kind<SourceDescription> = {202, std::nullopt};
template <>
constexpr Kind kind<Goodbye> = {203, std::nullopt};
template <>
constexpr Kind kind<ApplicationDefined> = {204, std::nullopt};
template <>
constexpr Kind kind<Nack> = {205, 1};
template <>
constexpr Kind kind<TransportFeedback> = {205, 15};
template <>
constexpr Kind kind<CongestionFeedback> = {205, 11};
template <>
constexpr Kind kind<PictureLoss> = {206, 1};
template <>
constexpr Kind kind<FullIntraRequest> = {206, 4};
template <>
constexpr Kind kind<EstimatedBitrate> = {206, 15};

// The format of the last is for any application (RFC 4585 §6.4): what is not REMB is unknown.
bool is_optional(std::uint8_t packet_type, std::uint8_t format) {
  return packet_type == kind<EstimatedBitrate>.packet_type &&
         format == *kind<EstimatedBitrate>.format;
}

struct Parsing {
  std::uint8_t packet_type;
  std::uint8_t count;
  ByteView body;
  bool known = false;
  std::optional<RtcpPacket> packet;

  template <typename T>
  void try_as() {
    if (known || packet_type != kind<T>.packet_type ||
        (kind<T>.format && count != *kind<T>.format)) {
      return;
    }
    known = true;
    if (auto parsed = T::parse(count, body)) packet = std::move(*parsed);
  }
};

std::optional<RtcpPacket> parse_one(std::uint8_t packet_type, std::uint8_t count, ByteView body) {
  Parsing parsing{packet_type, count, body};
  parsing.try_as<SenderReport>();
  parsing.try_as<ReceiverReport>();
  parsing.try_as<SourceDescription>();
  parsing.try_as<Goodbye>();
  parsing.try_as<ApplicationDefined>();
  parsing.try_as<Nack>();
  parsing.try_as<TransportFeedback>();
  parsing.try_as<CongestionFeedback>();
  parsing.try_as<PictureLoss>();
  parsing.try_as<FullIntraRequest>();
  parsing.try_as<EstimatedBitrate>();
  if (parsing.packet) return std::move(parsing.packet);
  if (parsing.known && !is_optional(packet_type, count)) return std::nullopt;
  return UnknownRtcp{packet_type, count, Bytes(body.begin(), body.end())};
}

template <typename T>
void write_packet(Bytes& bytes, const T& packet) {
  const std::size_t start = bytes.size();
  ByteWriter out(bytes);
  std::uint8_t packet_type = 0;
  std::uint8_t count = 0;
  if constexpr (std::is_same_v<T, UnknownRtcp>) {
    packet_type = packet.packet_type;
    count = packet.count;
  } else {
    packet_type = kind<T>.packet_type;
    if constexpr (kind<T>.format.has_value()) {
      count = *kind<T>.format;
    } else {
      count = packet.count();
    }
  }
  out.u8(static_cast<std::uint8_t>(version << 6 | count));
  out.u8(packet_type);
  out.u16(0);
  if constexpr (std::is_same_v<T, UnknownRtcp>) {
    out.bytes(packet.body);
  } else {
    packet.write(out);
  }
  const std::size_t words = (bytes.size() - start) / 4 - 1;
  store_be16(bytes.data() + start + 2, static_cast<std::uint16_t>(words));
}

}  // namespace

std::optional<std::vector<RtcpPacket>> parse_rtcp(ByteView datagram) {
  std::vector<RtcpPacket> packets;
  ByteReader in(datagram);
  bool padded = false;
  do {
    const auto header = in.take(rtcp_header_size);
    if (!header || padded || (*header)[0] >> 6 != version) return std::nullopt;
    const std::uint8_t packet_type = (*header)[1];
    if (packet_type < first_type || packet_type > last_type) return std::nullopt;
    auto body = in.take(std::size_t{load_be16(header->data() + 2)} * 4);
    if (!body) return std::nullopt;
    padded = ((*header)[0] & 0x20) != 0;
    if (padded) {
      // The last byte counts the padding, which is whole words (RFC 3550 §6.4.1).
      const std::size_t padding = body->empty() ? 0 : body->back();
      if (padding == 0 || padding % 4 != 0 || padding > body->size()) return std::nullopt;
      body = body->first(body->size() - padding);
    }
    auto packet = parse_one(packet_type, (*header)[0] & 0x1f, *body);
    if (!packet) return std::nullopt;
    packets.push_back(std::move(*packet));
  } while (in.remaining() != 0);
  return packets;
}

bool is_compound(const std::vector<RtcpPacket>& packets) {
  if (packets.empty() || (!std::holds_alternative<SenderReport>(packets.front()) &&
                          !std::holds_alternative<ReceiverReport>(packets.front()))) {
    return false;
  }
  return std::any_of(packets.begin(), packets.end(), [](const RtcpPacket& packet) {
    const auto* const description = std::get_if<SourceDescription>(&packet);
    if (description == nullptr) return false;
    return std::any_of(
        description->chunks.begin(), description->chunks.end(), [](const auto& chunk) {
          return std::any_of(chunk.items.begin(), chunk.items.end(), [](const auto& item) {
            return item.type == SourceDescription::ItemType::cname;
          });
        });
  });
}

Bytes encode(const std::vector<RtcpPacket>& packets) {
  Bytes bytes;
  for (const RtcpPacket& packet : packets) {
    std::visit([&bytes](const auto& each) { write_packet(bytes, each); }, packet);
  }
  return bytes;
}

}  // namespace natsim::rtp
