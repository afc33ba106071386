// MessageView's typed getters: from an attribute's bytes to its meaning.
#include <algorithm>

#include "stack/stun/message.h"
#include "stack/stun/utf8.h"

namespace natsim::stun {
namespace {

// Families of address attributes (RFC 8489 §14.1).
std::optional<Family> family_from(std::uint8_t number) {
  if (number == 0x01) return Family::ipv4;
  if (number == 0x02) return Family::ipv6;
  return std::nullopt;
}

// The family when `value` is a well-formed address value, XORed or not.
std::optional<Family> address_family(ByteView value) {
  if (value.size() < 8) return std::nullopt;
  const auto family = family_from(value[1]);
  if (!family || value.size() != (*family == Family::ipv4 ? 8U : 20U)) return std::nullopt;
  return family;
}

// An IPv4-mapped IPv6 address may not appear on the wire, where it would be a second spelling.
std::optional<Endpoint> checked(Family family, Endpoint endpoint) {
  if (endpoint.address.family() != family) return std::nullopt;
  return endpoint;
}

// ERROR-CODE's value: 21 reserved bits, class, number, reason (RFC 8489 §14.8).
std::optional<ErrorCode> error_from(ByteView value) {
  const unsigned hundreds = value[2] & 0x7U;
  const unsigned number = value[3];
  const std::string_view reason = as_text(value.subspan(4));
  const auto characters = utf8_length(reason);
  if (hundreds < 3 || hundreds > 6 || number > 99 || !characters ||
      *characters > max_text_characters) {
    return std::nullopt;
  }
  return ErrorCode{ErrorNumber{static_cast<std::uint16_t>(hundreds * 100 + number)}, reason};
}

template <std::size_t size>
std::optional<std::array<std::uint8_t, size>> array_from(std::optional<ByteView> value) {
  if (!value) return std::nullopt;
  std::array<std::uint8_t, size> array;
  std::copy_n(value->data(), size, array.data());
  return array;
}

std::optional<std::uint16_t> u16_from(std::optional<ByteView> value) {
  if (!value) return std::nullopt;
  return load_be16(value->data());
}

std::optional<std::uint32_t> u32_from(std::optional<ByteView> value) {
  if (!value) return std::nullopt;
  return load_be32(value->data());
}

std::optional<std::uint64_t> u64_from(std::optional<ByteView> value) {
  if (!value) return std::nullopt;
  return load_be64(value->data());
}

std::optional<Family> family_value(std::optional<ByteView> value) {
  if (!value) return std::nullopt;
  return family_from((*value)[0]);
}

// Reads one algorithm with its parameters, which none of the known ones has (RFC 8489 §14.11).
std::optional<PasswordAlgorithm> read_algorithm(ByteReader& reader) {
  const auto number = reader.u16();
  const auto length = reader.u16();
  if (!number || !length || !reader.take((*length + 3U) & ~3U)) return std::nullopt;
  return PasswordAlgorithm{*number};
}

}  // namespace

std::optional<ByteView> MessageView::sized(AttributeType type) const {
  const auto value = find(type);
  const AttributeInfo* info = find_attribute(type);
  if (!value || value->size() < info->min_length || value->size() > info->max_length) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::string_view> MessageView::text(AttributeType type) const {
  const auto value = sized(type);
  if (!value) return std::nullopt;
  const auto characters = utf8_length(as_text(*value));
  // USERNAME alone is limited in bytes only (RFC 8489 §14.3).
  if (!characters || (*characters > max_text_characters && type != AttributeType::username &&
                      type != AttributeType::alternate_domain)) {
    return std::nullopt;
  }
  return as_text(*value);
}

std::optional<Endpoint> MessageView::address(AttributeType type) const {
  const auto value = sized(type);
  if (!value) return std::nullopt;
  const auto family = address_family(*value);
  if (!family) return std::nullopt;
  return checked(*family, Endpoint{IpAddress::from_bytes(*family, value->data() + 4),
                                   load_be16(value->data() + 2)});
}

std::optional<Endpoint> MessageView::xor_address(ByteView value) const {
  const auto family = address_family(value);
  if (!family) return std::nullopt;
  // The mask is the cookie, for IPv6 followed by the transaction id (RFC 8489 §14.2): the header's
  // bytes 4 to 19 in either case.
  const std::uint8_t* mask = bytes_.data() + 4;
  std::array<std::uint8_t, 16> plain{};
  for (std::size_t i = 0; i < value.size() - 4; ++i) {
    plain[i] = static_cast<std::uint8_t>(value[i + 4] ^ mask[i]);
  }
  const auto port = static_cast<std::uint16_t>(load_be16(value.data() + 2) ^ load_be16(mask));
  return checked(*family, Endpoint{IpAddress::from_bytes(*family, plain.data()), port});
}

std::optional<std::vector<Endpoint>> MessageView::xor_addresses(AttributeType type) const {
  std::vector<Endpoint> endpoints;
  for (const Attribute attribute : *this) {
    if (attribute.type != type) continue;
    const auto endpoint = xor_address(attribute.value);
    if (!endpoint) return std::nullopt;
    endpoints.push_back(*endpoint);
  }
  if (endpoints.empty()) return std::nullopt;
  return endpoints;
}

std::optional<Endpoint> MessageView::mapped_address() const {
  return address(AttributeType::mapped_address);
}

std::optional<Endpoint> MessageView::xor_mapped_address() const {
  const auto value = sized(AttributeType::xor_mapped_address);
  return value ? xor_address(*value) : std::nullopt;
}

std::optional<std::string_view> MessageView::username() const {
  return text(AttributeType::username);
}

std::optional<UserHash> MessageView::userhash() const {
  return array_from<32>(sized(AttributeType::userhash));
}

std::optional<std::string_view> MessageView::realm() const { return text(AttributeType::realm); }

std::optional<std::string_view> MessageView::nonce() const { return text(AttributeType::nonce); }

std::optional<std::string_view> MessageView::software() const {
  return text(AttributeType::software);
}

std::optional<ErrorCode> MessageView::error_code() const {
  const auto value = sized(AttributeType::error_code);
  return value ? error_from(*value) : std::nullopt;
}

std::optional<std::vector<std::uint16_t>> MessageView::unknown_attributes() const {
  const auto value = sized(AttributeType::unknown_attributes);
  if (!value || value->size() % 2 != 0) return std::nullopt;
  std::vector<std::uint16_t> types;
  types.reserve(value->size() / 2);
  for (std::size_t i = 0; i < value->size(); i += 2) types.push_back(load_be16(value->data() + i));
  return types;
}

std::optional<Endpoint> MessageView::alternate_server() const {
  return address(AttributeType::alternate_server);
}

std::optional<std::string_view> MessageView::alternate_domain() const {
  return text(AttributeType::alternate_domain);
}

std::optional<std::vector<PasswordAlgorithm>> MessageView::password_algorithms() const {
  const auto value = sized(AttributeType::password_algorithms);
  if (!value) return std::nullopt;
  std::vector<PasswordAlgorithm> algorithms;
  ByteReader reader(*value);
  while (reader.remaining() > 0) {
    const auto algorithm = read_algorithm(reader);
    if (!algorithm) return std::nullopt;
    algorithms.push_back(*algorithm);
  }
  return algorithms;
}

std::optional<PasswordAlgorithm> MessageView::password_algorithm() const {
  const auto value = sized(AttributeType::password_algorithm);
  if (!value) return std::nullopt;
  ByteReader reader(*value);
  const auto algorithm = read_algorithm(reader);
  return reader.remaining() == 0 ? algorithm : std::nullopt;
}

std::optional<ChangeRequest> MessageView::change_request() const {
  const auto flags = u32_from(sized(AttributeType::change_request));
  if (!flags) return std::nullopt;
  return ChangeRequest{.change_ip = (*flags & 4) != 0, .change_port = (*flags & 2) != 0};
}

std::optional<std::size_t> MessageView::padding() const {
  const auto value = sized(AttributeType::padding);
  if (!value) return std::nullopt;
  return value->size();
}

std::optional<std::uint16_t> MessageView::response_port() const {
  return u16_from(sized(AttributeType::response_port));
}

std::optional<std::uint32_t> MessageView::cache_timeout() const {
  return u32_from(sized(AttributeType::cache_timeout));
}

std::optional<Endpoint> MessageView::response_origin() const {
  return address(AttributeType::response_origin);
}

std::optional<Endpoint> MessageView::other_address() const {
  return address(AttributeType::other_address);
}

std::optional<std::uint32_t> MessageView::priority() const {
  return u32_from(sized(AttributeType::priority));
}

std::optional<std::uint32_t> MessageView::nomination() const {
  return u32_from(sized(AttributeType::nomination));
}

bool MessageView::use_candidate() const { return sized(AttributeType::use_candidate).has_value(); }

std::optional<std::uint64_t> MessageView::ice_controlling() const {
  return u64_from(sized(AttributeType::ice_controlling));
}

std::optional<std::uint64_t> MessageView::ice_controlled() const {
  return u64_from(sized(AttributeType::ice_controlled));
}

std::optional<std::uint16_t> MessageView::channel_number() const {
  return u16_from(sized(AttributeType::channel_number));
}

std::optional<std::uint32_t> MessageView::lifetime() const {
  return u32_from(sized(AttributeType::lifetime));
}

std::optional<Endpoint> MessageView::xor_peer_address() const {
  const auto value = sized(AttributeType::xor_peer_address);
  return value ? xor_address(*value) : std::nullopt;
}

std::optional<std::vector<Endpoint>> MessageView::xor_peer_addresses() const {
  return xor_addresses(AttributeType::xor_peer_address);
}

std::optional<Endpoint> MessageView::xor_relayed_address() const {
  const auto value = sized(AttributeType::xor_relayed_address);
  return value ? xor_address(*value) : std::nullopt;
}

std::optional<std::vector<Endpoint>> MessageView::xor_relayed_addresses() const {
  return xor_addresses(AttributeType::xor_relayed_address);
}

std::optional<ByteView> MessageView::data() const { return find(AttributeType::data); }

std::optional<Family> MessageView::requested_address_family() const {
  return family_value(sized(AttributeType::requested_address_family));
}

std::optional<Family> MessageView::additional_address_family() const {
  return family_value(sized(AttributeType::additional_address_family));
}

std::optional<AddressErrorCode> MessageView::address_error_code() const {
  const auto value = sized(AttributeType::address_error_code);
  if (!value) return std::nullopt;
  const auto family = family_from((*value)[0]);
  const auto error = error_from(*value);
  if (!family || !error) return std::nullopt;
  return AddressErrorCode{*family, *error};
}

std::optional<bool> MessageView::even_port() const {
  const auto value = sized(AttributeType::even_port);
  if (!value) return std::nullopt;
  return ((*value)[0] & 0x80) != 0;
}

std::optional<std::uint8_t> MessageView::requested_transport() const {
  const auto value = sized(AttributeType::requested_transport);
  if (!value) return std::nullopt;
  return (*value)[0];
}

bool MessageView::dont_fragment() const { return sized(AttributeType::dont_fragment).has_value(); }

std::optional<ReservationToken> MessageView::reservation_token() const {
  return array_from<8>(sized(AttributeType::reservation_token));
}

std::optional<IcmpError> MessageView::icmp() const {
  const auto value = sized(AttributeType::icmp);
  if (!value) return std::nullopt;
  // Two reserved bytes, type, code, data (RFC 8656 §18.13).
  return IcmpError{(*value)[2], (*value)[3], load_be32(value->data() + 4)};
}

std::optional<std::uint32_t> MessageView::connection_id() const {
  return u32_from(sized(AttributeType::connection_id));
}

std::optional<ByteView> MessageView::mobility_ticket() const {
  return find(AttributeType::mobility_ticket);
}

}  // namespace natsim::stun
