#include "sim/record/media_text.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "stack/rtp/packet.h"

namespace natsim::record {
namespace {

// RFC 6347 §4.1: type, version, epoch, sequence number, length.
constexpr std::size_t dtls_header_size = 13;
constexpr std::uint8_t dtls_handshake = 22;

struct DtlsRecord {
  std::uint8_t type;
  std::uint16_t epoch;
  ByteView fragment;
  std::size_t size;  // with its header
};

std::optional<DtlsRecord> read_dtls(ByteView bytes) {
  if (bytes.size() < dtls_header_size || bytes[0] < 20 || bytes[0] > 63) return std::nullopt;
  const std::uint16_t version = load_be16(bytes.data() + 1);
  const std::size_t length = load_be16(bytes.data() + 11);
  if ((version != 0xfefd && version != 0xfeff) || bytes.size() < dtls_header_size + length) {
    return std::nullopt;
  }
  return DtlsRecord{bytes[0], load_be16(bytes.data() + 3), bytes.subspan(dtls_header_size, length),
                    dtls_header_size + length};
}

// RFC 5246 §7.4, RFC 6347 §4.3.2, RFC 5077 §3.3.
std::string_view handshake_name(std::uint8_t type) {
  switch (type) {
    case 0:
      return "HelloRequest";
    case 1:
      return "ClientHello";
    case 2:
      return "ServerHello";
    case 3:
      return "HelloVerifyRequest";
    case 4:
      return "NewSessionTicket";
    case 11:
      return "Certificate";
    case 12:
      return "ServerKeyExchange";
    case 13:
      return "CertificateRequest";
    case 14:
      return "ServerHelloDone";
    case 15:
      return "CertificateVerify";
    case 16:
      return "ClientKeyExchange";
    case 20:
      return "Finished";
    default:
      return "handshake";
  }
}

std::string describe_record(const DtlsRecord& record) {
  switch (record.type) {
    case 20:
      return "ChangeCipherSpec";
    case 21:
      return record.epoch > 0 ? "encrypted alert" : "alert";
    case dtls_handshake:
      break;
    case 23:
      return fmt::format("data, {} bytes", record.fragment.size());
    default:
      return fmt::format("record of type {}", record.type);
  }
  if (record.epoch > 0) return "encrypted handshake";
  constexpr std::size_t header_size = 12;  // RFC 6347 §4.2.2
  if (record.fragment.size() < header_size) return "handshake";
  const auto u24 = [&](std::size_t at) {
    return static_cast<std::size_t>(record.fragment[at]) << 16 |
           load_be16(record.fragment.data() + at + 1);
  };
  const std::string_view name = handshake_name(record.fragment[0]);
  const std::size_t whole = u24(1);
  const std::size_t offset = u24(6);
  const std::size_t length = u24(9);
  if (length == whole) return std::string(name);
  return fmt::format("{} bytes {} to {} of {}", name, offset, offset + length, whole);
}

std::string describe_dtls(ByteView payload) {
  std::string text;
  while (const auto record = read_dtls(payload)) {
    text += text.empty() ? "DTLS " : ", ";
    text += describe_record(*record);
    payload = payload.subspan(record->size);
  }
  return text;
}

// RFC 3550 §12.1, RFC 4585 §6.1.
std::string_view rtcp_name(std::uint8_t packet_type) {
  switch (packet_type) {
    case 200:
      return "sender report";
    case 201:
      return "receiver report";
    case 202:
      return "source description";
    case 203:
      return "goodbye";
    case 205:
      return "transport feedback";
    case 206:
      return "payload feedback";
    default:
      return "packet";
  }
}

}  // namespace

std::string describe_media(ByteView payload) {
  if (rtp::is_rtcp(payload) && payload.size() >= 8) {
    return fmt::format("RTCP {}, {} bytes", rtcp_name(payload[1]), payload.size());
  }
  if (const auto packet = rtp::Packet::parse(payload)) {
    return fmt::format("RTP payload type {}, number {}, {} bytes", packet->header.payload_type,
                       packet->header.sequence_number, payload.size());
  }
  return describe_dtls(payload);
}

}  // namespace natsim::record
