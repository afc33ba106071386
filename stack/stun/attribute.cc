#include "stack/stun/attribute.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace natsim::stun {
namespace {

using enum AttributeType;
using enum Usage;

// DATA, PADDING and the lists have no limit of their own but the length field.
constexpr std::uint16_t any_length = 0xffff;
// An address value: 4 bytes of family and port, then 4 or 16 of address.
constexpr std::uint16_t ipv4_length = 8;
constexpr std::uint16_t ipv6_length = 20;

constexpr AttributeInfo table[] = {
    {mapped_address, "MAPPED-ADDRESS", stun, ipv4_length, ipv6_length},
    {change_request, "CHANGE-REQUEST", behaviour_discovery, 4, 4},
    {username, "USERNAME", stun, 0, 508},
    {message_integrity, "MESSAGE-INTEGRITY", stun, 20, 20},
    {error_code, "ERROR-CODE", stun, 4, 4 + max_text_bytes},
    {unknown_attributes, "UNKNOWN-ATTRIBUTES", stun, 0, any_length},
    {channel_number, "CHANNEL-NUMBER", turn, 4, 4},
    {lifetime, "LIFETIME", turn, 4, 4},
    {xor_peer_address, "XOR-PEER-ADDRESS", turn, ipv4_length, ipv6_length},
    {data, "DATA", turn, 0, any_length},
    {realm, "REALM", stun, 0, max_text_bytes},
    {nonce, "NONCE", stun, 0, max_text_bytes},
    {xor_relayed_address, "XOR-RELAYED-ADDRESS", turn, ipv4_length, ipv6_length},
    {requested_address_family, "REQUESTED-ADDRESS-FAMILY", turn, 4, 4},
    {even_port, "EVEN-PORT", turn, 1, 1},
    {requested_transport, "REQUESTED-TRANSPORT", turn, 4, 4},
    {dont_fragment, "DONT-FRAGMENT", turn, 0, 0},
    {message_integrity_sha256, "MESSAGE-INTEGRITY-SHA256", stun, 16, 32},
    {password_algorithm, "PASSWORD-ALGORITHM", stun, 4, any_length},
    {userhash, "USERHASH", stun, 32, 32},
    {xor_mapped_address, "XOR-MAPPED-ADDRESS", stun, ipv4_length, ipv6_length},
    {reservation_token, "RESERVATION-TOKEN", turn, 8, 8},
    {priority, "PRIORITY", ice, 4, 4},
    {use_candidate, "USE-CANDIDATE", ice, 0, 0},
    {padding, "PADDING", behaviour_discovery, 0, any_length},
    {response_port, "RESPONSE-PORT", behaviour_discovery, 2, 4},
    {connection_id, "CONNECTION-ID", turn, 4, 4},
    {additional_address_family, "ADDITIONAL-ADDRESS-FAMILY", turn, 4, 4},
    {address_error_code, "ADDRESS-ERROR-CODE", turn, 4, 4 + max_text_bytes},
    {password_algorithms, "PASSWORD-ALGORITHMS", stun, 4, any_length},
    {alternate_domain, "ALTERNATE-DOMAIN", stun, 1, 255},
    {icmp, "ICMP", turn, 8, 8},
    {software, "SOFTWARE", stun, 0, max_text_bytes},
    {alternate_server, "ALTERNATE-SERVER", stun, ipv4_length, ipv6_length},
    {cache_timeout, "CACHE-TIMEOUT", behaviour_discovery, 4, 4},
    {fingerprint, "FINGERPRINT", stun, 4, 4},
    {ice_controlled, "ICE-CONTROLLED", ice, 8, 8},
    {ice_controlling, "ICE-CONTROLLING", ice, 8, 8},
    {response_origin, "RESPONSE-ORIGIN", behaviour_discovery, ipv4_length, ipv6_length},
    {other_address, "OTHER-ADDRESS", behaviour_discovery, ipv4_length, ipv6_length},
    {mobility_ticket, "MOBILITY-TICKET", turn, 0, any_length},
    {nomination, "NOMINATION", ice, 4, 4},
};
static_assert(std::ranges::is_sorted(table, {}, &AttributeInfo::type));

}  // namespace

std::span<const AttributeInfo> attribute_table() { return table; }

const AttributeInfo* find_attribute(AttributeType type) {
  const auto* row = std::ranges::lower_bound(table, type, {}, &AttributeInfo::type);
  return row != std::end(table) && row->type == type ? row : nullptr;
}

std::string to_string(AttributeType type) {
  if (const AttributeInfo* info = find_attribute(type)) return std::string(info->name);
  return fmt::format("{:#06x}", static_cast<std::uint16_t>(type));
}

}  // namespace natsim::stun
