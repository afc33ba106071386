#include "sim/record/tls_text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace natsim::record {
namespace {

// RFC 8446 §5.1, RFC 5246 §6.2.1.
constexpr std::size_t longest_record = (1 << 14) + 2048;
constexpr std::uint8_t change_cipher_spec_record = 20;
constexpr std::uint8_t alert_record = 21;
constexpr std::uint8_t handshake_record = 22;
constexpr std::uint8_t application_data_record = 23;

using Names = std::pair<std::uint8_t, std::string_view>;

// RFC 8446 §4, RFC 5246 §7.4.
constexpr std::array<Names, 11> messages = {{{1, "ClientHello"},
                                             {2, "ServerHello"},
                                             {4, "NewSessionTicket"},
                                             {8, "EncryptedExtensions"},
                                             {11, "Certificate"},
                                             {12, "ServerKeyExchange"},
                                             {13, "CertificateRequest"},
                                             {14, "ServerHelloDone"},
                                             {15, "CertificateVerify"},
                                             {16, "ClientKeyExchange"},
                                             {20, "Finished"}}};
// RFC 8446 §6.
constexpr std::array<Names, 14> alerts = {{{0, "close_notify"},
                                           {10, "unexpected_message"},
                                           {20, "bad_record_mac"},
                                           {22, "record_overflow"},
                                           {40, "handshake_failure"},
                                           {42, "bad_certificate"},
                                           {46, "certificate_unknown"},
                                           {47, "illegal_parameter"},
                                           {48, "unknown_ca"},
                                           {50, "decode_error"},
                                           {51, "decrypt_error"},
                                           {70, "protocol_version"},
                                           {80, "internal_error"},
                                           {120, "no_application_protocol"}}};

template <std::size_t N>
std::string_view name_of(const std::array<Names, N>& table, std::uint8_t number) {
  const auto found = std::ranges::find(table, number, &Names::first);
  return found == table.end() ? std::string_view() : found->second;
}

// Skips a vector whose length is in its first byte.
bool skip_short(ByteReader& reader) {
  const auto length = reader.u8();
  return length && reader.take(*length);
}
bool skip_long(ByteReader& reader) {
  const auto length = reader.u16();
  return length && reader.take(*length);
}

// The host's name in a ClientHello's server_name (RFC 6066 §3).
std::optional<std::string_view> server_name(ByteView hello) {
  constexpr std::size_t version_and_random = 34;
  ByteReader reader(hello);
  if (!reader.take(version_and_random)) return std::nullopt;
  if (!skip_short(reader) || !skip_long(reader) || !skip_short(reader)) return std::nullopt;
  const auto length = reader.u16();
  const auto extensions = length ? reader.take(*length) : std::nullopt;
  if (!extensions) return std::nullopt;
  for (ByteReader rest(*extensions); rest.remaining() > 0;) {
    const auto type = rest.u16();
    const auto size = rest.u16();
    const auto content = size ? rest.take(*size) : std::nullopt;
    if (!content) return std::nullopt;
    if (*type != 0) continue;
    ByteReader list(*content);
    const auto list_length = list.u16();
    const auto kind = list.u8();
    const auto name_length = list.u16();
    const auto name = name_length ? list.take(*name_length) : std::nullopt;
    if (!list_length || kind != 0 || !name) return std::nullopt;
    return as_text(*name);
  }
  return std::nullopt;
}

// Of one record; the messages of a handshake are readable until its keys are in use.
void name_handshake(ByteView record, std::vector<std::string>& names) {
  const std::size_t before = names.size();
  for (ByteReader reader(record); reader.remaining() > 0;) {
    const std::uint8_t type = *reader.u8();
    const auto high = reader.u8();
    const auto low = reader.u16();
    const auto body = low ? reader.take((std::size_t{*high} << 16) + *low) : std::nullopt;
    const std::string_view name = name_of(messages, type);
    if (!body || name.empty()) break;
    names.emplace_back(name);
    if (const auto host = type == 1 ? server_name(*body) : std::nullopt) {
      names.back() += fmt::format(" for '{}'", *host);
    }
  }
  if (names.size() == before) names.emplace_back("encrypted handshake");
}

void name_record(std::uint8_t type, ByteView record, std::vector<std::string>& names) {
  switch (type) {
    case change_cipher_spec_record:
      names.emplace_back("ChangeCipherSpec");
      return;
    case alert_record: {
      const std::string_view alert = record.size() == 2 ? name_of(alerts, record[1]) : "";
      names.push_back(alert.empty() ? "encrypted alert" : fmt::format("alert {}", alert));
      return;
    }
    case handshake_record:
      return name_handshake(record, names);
    default:
      names.emplace_back("application data");
  }
}

}  // namespace

std::string describe_tls(ByteView payload) {
  std::vector<std::string> names;
  for (ByteReader reader(payload); reader.remaining() > 0;) {
    const auto type = reader.u8();
    const auto version = reader.u16();
    const auto length = reader.u16();
    const bool is_record = length && *type >= change_cipher_spec_record &&
                           *type <= application_data_record && *version >> 8 == 3 &&
                           *length <= longest_record;
    if (!is_record) break;
    const auto record = reader.take(*length);
    if (!record) {
      names.emplace_back("the beginning of a record");
      break;
    }
    name_record(*type, *record, names);
  }
  std::string text;
  for (std::size_t i = 0; i < names.size();) {
    std::size_t same = i + 1;
    while (same < names.size() && names[same] == names[i]) ++same;
    text += fmt::format("{}{}", text.empty() ? "TLS " : ", ", names[i]);
    if (same - i > 1) text += fmt::format(" ({} times)", same - i);
    i = same;
  }
  return text;
}

}  // namespace natsim::record
