// The attributes that this library knows, in one table: number, RFC name, length and who uses it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace natsim::stun {

// Attribute numbers of the IANA registry "STUN Attributes". 0x0000..0x7FFF are comprehension
// required, 0x8000..0xFFFF comprehension optional (RFC 8489 §14). A value from the wire may be any
// 16-bit number; `find_attribute` tells whether it is one of these.
enum class AttributeType : std::uint16_t {
  // RFC 8489
  mapped_address = 0x0001,
  username = 0x0006,
  message_integrity = 0x0008,
  error_code = 0x0009,
  unknown_attributes = 0x000a,
  realm = 0x0014,
  nonce = 0x0015,
  message_integrity_sha256 = 0x001c,
  password_algorithm = 0x001d,
  userhash = 0x001e,
  xor_mapped_address = 0x0020,
  password_algorithms = 0x8002,
  alternate_domain = 0x8003,
  software = 0x8022,
  alternate_server = 0x8023,
  fingerprint = 0x8028,
  // RFC 5780
  change_request = 0x0003,
  padding = 0x0026,
  response_port = 0x0027,
  cache_timeout = 0x8027,
  response_origin = 0x802b,
  other_address = 0x802c,
  // RFC 8445
  priority = 0x0024,
  use_candidate = 0x0025,
  ice_controlled = 0x8029,
  ice_controlling = 0x802a,
  // draft-thatcher-ice-renomination, as libwebrtc has it
  nomination = 0xc001,
  // RFC 8656
  channel_number = 0x000c,
  lifetime = 0x000d,
  xor_peer_address = 0x0012,
  data = 0x0013,
  xor_relayed_address = 0x0016,
  requested_address_family = 0x0017,
  even_port = 0x0018,
  requested_transport = 0x0019,
  dont_fragment = 0x001a,
  reservation_token = 0x0022,
  additional_address_family = 0x8000,
  address_error_code = 0x8001,
  icmp = 0x8004,
  // RFC 6062
  connection_id = 0x002a,
  // RFC 8016
  mobility_ticket = 0x8030,
};

// The STUN usages that give attributes a meaning. An agent understands the attributes of the
// usages that it implements; the others are unknown to it.
enum class Usage : std::uint8_t {
  stun = 1,                 // RFC 8489
  behaviour_discovery = 2,  // RFC 5780
  ice = 4,                  // RFC 8445
  turn = 8,                 // RFC 8656, RFC 6062 and RFC 8016
};

// A set of usages: `Usage::stun | Usage::ice`.
class Usages {
 public:
  constexpr Usages(Usage usage) : bits_(static_cast<std::uint8_t>(usage)) {}
  [[nodiscard]] constexpr bool contains(Usage usage) const {
    return (bits_ & static_cast<std::uint8_t>(usage)) != 0;
  }
  constexpr Usages operator|(Usages other) const {
    return Usages(static_cast<std::uint8_t>(bits_ | other.bits_));
  }

 private:
  constexpr explicit Usages(std::uint8_t bits) : bits_(bits) {}
  std::uint8_t bits_;  // the enumerators of Usage, or-ed
};
constexpr Usages operator|(Usage a, Usage b) { return Usages(a) | Usages(b); }

// A row of the field table.
struct AttributeInfo {
  AttributeType type;
  std::string_view name;     // as the RFC writes it
  Usage usage;               // whose attribute it is
  std::uint16_t min_length;  // bytes of value, without padding
  std::uint16_t max_length;  // bytes of value, without padding
};

// All rows, in ascending order of type.
std::span<const AttributeInfo> attribute_table();
// The row of `type`; nullptr when there is none.
const AttributeInfo* find_attribute(AttributeType type);

constexpr bool is_comprehension_required(AttributeType type) {
  return static_cast<std::uint16_t>(type) < 0x8000;
}

// The RFC's name, or "0x4321" for a number that is not in the table.
std::string to_string(AttributeType type);

// Text attributes are limited in bytes by the table, and REALM, NONCE, SOFTWARE, ALTERNATE-DOMAIN
// and reason phrases also to fewer than 128 characters (RFC 8489 §14).
inline constexpr std::size_t max_text_characters = 127;
// The most bytes that 127 characters may take (RFC 8489 §14.8); a reason phrase's limit.
inline constexpr std::size_t max_text_bytes = 763;

// PASSWORD-ALGORITHM numbers (RFC 8489 §18.5).
enum class PasswordAlgorithm : std::uint16_t { md5 = 0x0001, sha256 = 0x0002 };

}  // namespace natsim::stun
