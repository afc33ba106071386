#include "stack/stun/message_builder.h"

#include <algorithm>
#include <stdexcept>

#include "stack/stun/fingerprint.h"
#include "stack/stun/integrity.h"

namespace natsim::stun {
namespace {

constexpr std::size_t attribute_header_size = 4;
constexpr std::size_t max_attributes_size = 0xfffc;  // the length field, in whole words

// The 14 bits of the message type (RFC 8489 §5).
std::uint16_t message_type(MessageClass message_class, Method method) {
  const auto c = static_cast<unsigned>(message_class);
  const auto m = static_cast<unsigned>(method);
  return static_cast<std::uint16_t>((m & 0xf) | (m & 0x70) << 1 | (m & 0xf80) << 2 | (c & 1) << 4 |
                                    (c & 2) << 7);
}

std::uint8_t family_number(Family family) { return family == Family::ipv4 ? 0x01 : 0x02; }

// ERROR-CODE's value without the family of ADDRESS-ERROR-CODE.
void store_error(std::uint8_t* value, ErrorNumber number, std::string_view reason) {
  const auto code = static_cast<unsigned>(number);
  value[2] = static_cast<std::uint8_t>(code / 100);
  value[3] = static_cast<std::uint8_t>(code % 100);
  std::ranges::copy(reason, value + 4);
}

// An address value without the XOR; returns how many bytes of address there are.
std::size_t store_address(std::uint8_t* value, const Endpoint& endpoint) {
  const bool v4 = endpoint.address.is_v4();
  value[1] = family_number(endpoint.address.family());
  store_be16(value + 2, endpoint.port);
  if (v4) {
    store_be32(value + 4, endpoint.address.to_v4());
    return 4;
  }
  std::ranges::copy(endpoint.address.to_bytes(), value + 4);
  return 16;
}

std::size_t address_length(const Endpoint& endpoint) { return endpoint.address.is_v4() ? 8 : 20; }

}  // namespace

MessageBuilder::MessageBuilder(MessageClass message_class, Method method, const TransactionId& id,
                               Bytes buffer)
    : bytes_(std::move(buffer)) {
  bytes_.clear();
  ByteWriter writer(bytes_);
  writer.u16(message_type(message_class, method));
  writer.u16(0);
  writer.u32(magic_cookie);
  writer.bytes(id.bytes);
}

MessageBuilder MessageBuilder::success_response(const MessageView& request) {
  return {MessageClass::success_response, request.method(), request.transaction_id()};
}

MessageBuilder MessageBuilder::error_response(const MessageView& request, ErrorNumber number) {
  MessageBuilder response(MessageClass::error_response, request.method(), request.transaction_id());
  response.error_code(number);
  return response;
}

void MessageBuilder::advance(Stage stage) {
  // Plain attributes repeat; each of the others comes once, in the order of Stage.
  if (stage < stage_ || (stage == stage_ && stage != Stage::plain)) {
    throw std::logic_error("STUN attribute after the ones that protect the message");
  }
  stage_ = stage;
}

std::uint8_t* MessageBuilder::append(AttributeType type, std::size_t length) {
  const std::size_t start = bytes_.size();
  const std::size_t grown = start + attribute_header_size + ((length + 3) & ~std::size_t{3});
  if (length > 0xffff || grown - header_size > max_attributes_size) {
    throw std::length_error("STUN message longer than its length field can say");
  }
  bytes_.resize(grown);
  store_be16(bytes_.data() + start, static_cast<std::uint16_t>(type));
  store_be16(bytes_.data() + start + 2, static_cast<std::uint16_t>(length));
  store_be16(bytes_.data() + 2, static_cast<std::uint16_t>(grown - header_size));
  return bytes_.data() + start + attribute_header_size;
}

std::uint8_t* MessageBuilder::append_checked(AttributeType type, std::size_t length) {
  const AttributeInfo* info = find_attribute(type);
  if (length < info->min_length || length > info->max_length) {
    throw std::length_error("impossible length for " + std::string(info->name));
  }
  advance(Stage::plain);
  return append(type, length);
}

MessageBuilder& MessageBuilder::attribute(AttributeType type, ByteView value) {
  advance(Stage::plain);
  std::ranges::copy(value, append(type, value.size()));
  return *this;
}

MessageBuilder& MessageBuilder::text(AttributeType type, std::string_view value) {
  std::ranges::copy(value, append_checked(type, value.size()));
  return *this;
}

MessageBuilder& MessageBuilder::u16(AttributeType type, std::uint16_t value, std::size_t length) {
  store_be16(append_checked(type, length), value);
  return *this;
}

MessageBuilder& MessageBuilder::u32(AttributeType type, std::uint32_t value) {
  store_be32(append_checked(type, 4), value);
  return *this;
}

MessageBuilder& MessageBuilder::u64(AttributeType type, std::uint64_t value) {
  store_be64(append_checked(type, 8), value);
  return *this;
}

MessageBuilder& MessageBuilder::family(AttributeType type, Family family) {
  *append_checked(type, 4) = family_number(family);
  return *this;
}

MessageBuilder& MessageBuilder::address(AttributeType type, const Endpoint& endpoint) {
  store_address(append_checked(type, address_length(endpoint)), endpoint);
  return *this;
}

MessageBuilder& MessageBuilder::xor_address(AttributeType type, const Endpoint& endpoint) {
  std::uint8_t* value = append_checked(type, address_length(endpoint));
  const std::size_t size = store_address(value, endpoint);
  // The mask is the header from the cookie on (RFC 8489 §14.2).
  const std::uint8_t* mask = bytes_.data() + 4;
  for (std::size_t i = 0; i < 2; ++i) value[2 + i] ^= mask[i];
  for (std::size_t i = 0; i < size; ++i) value[4 + i] ^= mask[i];
  return *this;
}

MessageBuilder& MessageBuilder::mapped_address(const Endpoint& endpoint) {
  return address(AttributeType::mapped_address, endpoint);
}

MessageBuilder& MessageBuilder::xor_mapped_address(const Endpoint& endpoint) {
  return xor_address(AttributeType::xor_mapped_address, endpoint);
}

MessageBuilder& MessageBuilder::username(std::string_view name) {
  return text(AttributeType::username, name);
}

MessageBuilder& MessageBuilder::userhash(const UserHash& hash) {
  return text(AttributeType::userhash, as_text(hash));
}

MessageBuilder& MessageBuilder::realm(std::string_view realm) {
  return text(AttributeType::realm, realm);
}

MessageBuilder& MessageBuilder::nonce(std::string_view nonce) {
  return text(AttributeType::nonce, nonce);
}

MessageBuilder& MessageBuilder::software(std::string_view software) {
  return text(AttributeType::software, software);
}

MessageBuilder& MessageBuilder::error_code(ErrorNumber number) {
  return error_code(number, reason_phrase(number));
}

MessageBuilder& MessageBuilder::error_code(ErrorNumber number, std::string_view reason) {
  store_error(append_checked(AttributeType::error_code, 4 + reason.size()), number, reason);
  return *this;
}

MessageBuilder& MessageBuilder::unknown_attributes(std::span<const std::uint16_t> types) {
  std::uint8_t* value = append_checked(AttributeType::unknown_attributes, 2 * types.size());
  for (const std::uint16_t type : types) {
    store_be16(value, type);
    value += 2;
  }
  return *this;
}

MessageBuilder& MessageBuilder::alternate_server(const Endpoint& endpoint) {
  return address(AttributeType::alternate_server, endpoint);
}

MessageBuilder& MessageBuilder::alternate_domain(std::string_view domain) {
  return text(AttributeType::alternate_domain, domain);
}

MessageBuilder& MessageBuilder::password_algorithms(std::span<const PasswordAlgorithm> algorithms) {
  std::uint8_t* value = append_checked(AttributeType::password_algorithms, 4 * algorithms.size());
  for (const PasswordAlgorithm algorithm : algorithms) {
    store_be16(value, static_cast<std::uint16_t>(algorithm));
    value += 4;
  }
  return *this;
}

MessageBuilder& MessageBuilder::password_algorithm(PasswordAlgorithm algorithm) {
  return u16(AttributeType::password_algorithm, static_cast<std::uint16_t>(algorithm), 4);
}

MessageBuilder& MessageBuilder::change_request(ChangeRequest change) {
  return u32(AttributeType::change_request,
             (change.change_ip ? 4U : 0U) | (change.change_port ? 2U : 0U));
}

MessageBuilder& MessageBuilder::padding(std::size_t bytes) {
  append_checked(AttributeType::padding, bytes);
  return *this;
}

MessageBuilder& MessageBuilder::response_port(std::uint16_t port) {
  return u16(AttributeType::response_port, port, 4);
}

MessageBuilder& MessageBuilder::cache_timeout(std::uint32_t seconds) {
  return u32(AttributeType::cache_timeout, seconds);
}

MessageBuilder& MessageBuilder::response_origin(const Endpoint& endpoint) {
  return address(AttributeType::response_origin, endpoint);
}

MessageBuilder& MessageBuilder::other_address(const Endpoint& endpoint) {
  return address(AttributeType::other_address, endpoint);
}

MessageBuilder& MessageBuilder::priority(std::uint32_t priority) {
  return u32(AttributeType::priority, priority);
}

MessageBuilder& MessageBuilder::nomination(std::uint32_t value) {
  return u32(AttributeType::nomination, value);
}

MessageBuilder& MessageBuilder::use_candidate() {
  append_checked(AttributeType::use_candidate, 0);
  return *this;
}

MessageBuilder& MessageBuilder::ice_controlling(std::uint64_t tiebreaker) {
  return u64(AttributeType::ice_controlling, tiebreaker);
}

MessageBuilder& MessageBuilder::ice_controlled(std::uint64_t tiebreaker) {
  return u64(AttributeType::ice_controlled, tiebreaker);
}

MessageBuilder& MessageBuilder::channel_number(std::uint16_t number) {
  return u16(AttributeType::channel_number, number, 4);
}

MessageBuilder& MessageBuilder::lifetime(std::uint32_t seconds) {
  return u32(AttributeType::lifetime, seconds);
}

MessageBuilder& MessageBuilder::xor_peer_address(const Endpoint& endpoint) {
  return xor_address(AttributeType::xor_peer_address, endpoint);
}

MessageBuilder& MessageBuilder::xor_relayed_address(const Endpoint& endpoint) {
  return xor_address(AttributeType::xor_relayed_address, endpoint);
}

MessageBuilder& MessageBuilder::data(ByteView payload) {
  std::ranges::copy(payload, append_checked(AttributeType::data, payload.size()));
  return *this;
}

MessageBuilder& MessageBuilder::requested_address_family(Family value) {
  return family(AttributeType::requested_address_family, value);
}

MessageBuilder& MessageBuilder::additional_address_family(Family value) {
  return family(AttributeType::additional_address_family, value);
}

MessageBuilder& MessageBuilder::address_error_code(Family value, ErrorNumber number) {
  const std::string_view reason = reason_phrase(number);
  std::uint8_t* bytes = append_checked(AttributeType::address_error_code, 4 + reason.size());
  bytes[0] = family_number(value);
  store_error(bytes, number, reason);
  return *this;
}

MessageBuilder& MessageBuilder::even_port(bool reserve_next) {
  *append_checked(AttributeType::even_port, 1) = reserve_next ? 0x80 : 0x00;
  return *this;
}

MessageBuilder& MessageBuilder::requested_transport(std::uint8_t protocol) {
  *append_checked(AttributeType::requested_transport, 4) = protocol;
  return *this;
}

MessageBuilder& MessageBuilder::dont_fragment() {
  append_checked(AttributeType::dont_fragment, 0);
  return *this;
}

MessageBuilder& MessageBuilder::reservation_token(const ReservationToken& token) {
  return text(AttributeType::reservation_token, as_text(token));
}

MessageBuilder& MessageBuilder::icmp(const IcmpError& error) {
  std::uint8_t* value = append_checked(AttributeType::icmp, 8);
  value[2] = error.type;
  value[3] = error.code;
  store_be32(value + 4, error.data);
  return *this;
}

MessageBuilder& MessageBuilder::connection_id(std::uint32_t id) {
  return u32(AttributeType::connection_id, id);
}

MessageBuilder& MessageBuilder::mobility_ticket(ByteView ticket) {
  return attribute(AttributeType::mobility_ticket, ticket);
}

MessageBuilder& MessageBuilder::message_integrity(IntegrityKey& key) {
  advance(Stage::integrity);
  const HmacSha1 mac = key.message_integrity(bytes_);
  std::ranges::copy(mac, append(AttributeType::message_integrity, mac.size()));
  return *this;
}

MessageBuilder& MessageBuilder::message_integrity_sha256(IntegrityKey& key, std::size_t length) {
  if (length < 16 || length > 32 || length % 4 != 0) {
    throw std::length_error("impossible length for MESSAGE-INTEGRITY-SHA256");
  }
  advance(Stage::integrity_sha256);
  const HmacSha256 mac = key.message_integrity_sha256(bytes_, length);
  std::copy_n(mac.data(), length, append(AttributeType::message_integrity_sha256, length));
  return *this;
}

MessageBuilder& MessageBuilder::fingerprint() {
  advance(Stage::fingerprint);
  const std::size_t before = bytes_.size();
  // Appended first, so that the length field already counts it.
  std::uint8_t* value = append(AttributeType::fingerprint, 4);
  store_be32(value, fingerprint_value(ByteView(bytes_).first(before)));
  return *this;
}

}  // namespace natsim::stun
