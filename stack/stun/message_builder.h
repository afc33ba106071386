// STUN messages as they are sent: attributes are appended one after another.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "stack/stun/message.h"

namespace natsim::stun {

class IntegrityKey;

// Writes a message into bytes that it owns.
//
// Contract:
// 1. The attributes appear in the order of the calls; the length field is right after each call,
//    so `bytes()` and `take()` are a whole message at any time.
// 2. Padding is zero (RFC 8489 §14).
// 3. MESSAGE-INTEGRITY, then MESSAGE-INTEGRITY-SHA256, then FINGERPRINT are written last; the
//    builder does not reorder. A call in the wrong order is a std::logic_error.
// 4. A value longer than the field table allows, or a message longer than 65 535 bytes of
//    attributes, is a std::length_error: such values come from a caller, not from the wire.
class MessageBuilder {
 public:
  // `buffer` is cleared and its memory used.
  MessageBuilder(MessageClass message_class, Method method, const TransactionId& id,
                 Bytes buffer = {});
  // The response to `request`: same method and transaction id.
  static MessageBuilder success_response(const MessageView& request);
  static MessageBuilder error_response(const MessageView& request, ErrorNumber number);

  // RFC 8489.
  MessageBuilder& mapped_address(const Endpoint& endpoint);
  MessageBuilder& xor_mapped_address(const Endpoint& endpoint);
  MessageBuilder& username(std::string_view name);
  MessageBuilder& userhash(const UserHash& hash);
  MessageBuilder& realm(std::string_view realm);
  MessageBuilder& nonce(std::string_view nonce);
  MessageBuilder& software(std::string_view text);
  // With the number's own reason phrase, or with another one. Number in 300..699.
  MessageBuilder& error_code(ErrorNumber number);
  MessageBuilder& error_code(ErrorNumber number, std::string_view reason);
  MessageBuilder& unknown_attributes(std::span<const std::uint16_t> types);
  MessageBuilder& alternate_server(const Endpoint& endpoint);
  MessageBuilder& alternate_domain(std::string_view domain);
  MessageBuilder& password_algorithms(std::span<const PasswordAlgorithm> algorithms);
  MessageBuilder& password_algorithm(PasswordAlgorithm algorithm);

  // RFC 5780.
  MessageBuilder& change_request(ChangeRequest change);
  MessageBuilder& padding(std::size_t bytes);
  MessageBuilder& response_port(std::uint16_t port);
  MessageBuilder& cache_timeout(std::uint32_t seconds);
  MessageBuilder& response_origin(const Endpoint& endpoint);
  MessageBuilder& other_address(const Endpoint& endpoint);

  // RFC 8445.
  MessageBuilder& priority(std::uint32_t priority);
  MessageBuilder& nomination(std::uint32_t value);  // of 24 bits
  MessageBuilder& use_candidate();
  MessageBuilder& ice_controlling(std::uint64_t tiebreaker);
  MessageBuilder& ice_controlled(std::uint64_t tiebreaker);

  // RFC 8656, RFC 6062 and RFC 8016.
  MessageBuilder& channel_number(std::uint16_t number);
  MessageBuilder& lifetime(std::uint32_t seconds);
  MessageBuilder& xor_peer_address(const Endpoint& endpoint);
  MessageBuilder& xor_relayed_address(const Endpoint& endpoint);
  MessageBuilder& data(ByteView payload);
  MessageBuilder& requested_address_family(Family family);
  MessageBuilder& additional_address_family(Family family);
  MessageBuilder& address_error_code(Family family, ErrorNumber number);
  MessageBuilder& even_port(bool reserve_next);
  MessageBuilder& requested_transport(std::uint8_t protocol);
  MessageBuilder& dont_fragment();
  MessageBuilder& reservation_token(const ReservationToken& token);
  MessageBuilder& icmp(const IcmpError& error);
  MessageBuilder& connection_id(std::uint32_t id);
  MessageBuilder& mobility_ticket(ByteView ticket);

  // Any attribute, with its value as it is and no check of the table's lengths.
  MessageBuilder& attribute(AttributeType type, ByteView value);

  // The last ones. `length` is 16, 20, 24, 28 or 32 bytes (RFC 8489 §14.6).
  MessageBuilder& message_integrity(IntegrityKey& key);
  MessageBuilder& message_integrity_sha256(IntegrityKey& key, std::size_t length = 32);
  MessageBuilder& fingerprint();

  // The message as far as it has been written; invalid after the next call.
  [[nodiscard]] ByteView bytes() const { return bytes_; }
  // Hands the message over. The builder must not be used afterwards.
  Bytes take() { return std::move(bytes_); }

 private:
  // How far the message has come towards its last attribute (rule 3).
  enum class Stage : std::uint8_t { plain, integrity, integrity_sha256, fingerprint };

  // Room for the value of a new attribute of `length` bytes, padding zeroed.
  std::uint8_t* append(AttributeType type, std::size_t length);
  std::uint8_t* append_checked(AttributeType type, std::size_t length);
  MessageBuilder& text(AttributeType type, std::string_view value);
  MessageBuilder& u16(AttributeType type, std::uint16_t value, std::size_t length);
  MessageBuilder& u32(AttributeType type, std::uint32_t value);
  MessageBuilder& u64(AttributeType type, std::uint64_t value);
  MessageBuilder& family(AttributeType type, Family family);
  MessageBuilder& address(AttributeType type, const Endpoint& endpoint);
  MessageBuilder& xor_address(AttributeType type, const Endpoint& endpoint);
  void advance(Stage stage);

  Bytes bytes_;                 // header and the attributes so far
  Stage stage_ = Stage::plain;  // what was written last
};

}  // namespace natsim::stun
