// STUN messages as they arrive: the header's vocabulary and a validated zero-copy view.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/random.h"
#include "stack/stun/attribute.h"
#include "stack/stun/error_code.h"

namespace natsim::stun {

inline constexpr std::size_t header_size = 20;              // RFC 8489 §5
inline constexpr std::uint32_t magic_cookie = 0x2112'a442;  // RFC 8489 §5

enum class MessageClass : std::uint8_t {
  request = 0,
  indication = 1,
  success_response = 2,
  error_response = 3,
};

// Method numbers of the IANA registry. A value from the wire may be any 12-bit number.
enum class Method : std::uint16_t {
  binding = 0x001,
  allocate = 0x003,
  refresh = 0x004,
  send = 0x006,
  data = 0x007,
  create_permission = 0x008,
  channel_bind = 0x009,
  connect = 0x00a,
  connection_bind = 0x00b,
  connection_attempt = 0x00c,
};

std::string to_string(MessageClass message_class);
// The RFC's name, or "0xabc" for a number not listed above.
std::string to_string(Method method);

// The 96 bits that tie a response to its request (RFC 8489 §5).
struct TransactionId {
  std::array<std::uint8_t, 12> bytes{};

  static TransactionId draw(Random& random);
  auto operator<=>(const TransactionId&) const = default;

  template <typename H>
  friend H AbslHashValue(H h, const TransactionId& id) {
    return H::combine(std::move(h), load_be64(id.bytes.data()), load_be32(id.bytes.data() + 8));
  }
};

// 24 hexadecimal digits.
std::string to_string(const TransactionId& id);

// True when `datagram` can be STUN by the demultiplexing rule: a whole header with two zero bits in
// front and the magic cookie (RFC 8489 §5, RFC 7983 §7). Says nothing about the rest.
bool looks_like_stun(ByteView datagram);

// Why bytes are not a STUN message. They are to be ignored, never answered (RFC 8489 §6.3).
enum class ParseError : std::uint8_t {
  too_short,               // less than a header
  not_stun,                // the first two bits are not zero
  no_magic_cookie,         // RFC 3489 traffic, or something else
  unaligned_length,        // the length field is not a multiple of 4
  truncated,               // the length field goes past the end of the bytes
  attribute_overrun,       // an attribute goes past the end of the message
  bad_integrity_length,    // MESSAGE-INTEGRITY is not 20, or -SHA256 not 16..32 bytes in fours
  bad_fingerprint_length,  // FINGERPRINT is not 4 bytes
  fingerprint_not_last,    // an attribute follows FINGERPRINT
  fingerprint_mismatch,    // FINGERPRINT has the wrong value
};

std::string to_string(ParseError error);

enum class FingerprintCheck : std::uint8_t { verify, skip };

// An attribute as found: its value without the padding.
struct Attribute {
  AttributeType type;
  ByteView value;
};

// CHANGE-REQUEST (RFC 5780 §7.2).
struct ChangeRequest {
  bool change_ip = false;
  bool change_port = false;
  auto operator<=>(const ChangeRequest&) const = default;
};

// ICMP (RFC 8656 §18.13).
struct IcmpError {
  std::uint8_t type = 0;   // ICMP or ICMPv6 type, by the family of the allocation
  std::uint8_t code = 0;   // ICMP or ICMPv6 code
  std::uint32_t data = 0;  // e.g. the next hop's MTU
  auto operator<=>(const IcmpError&) const = default;
};

// ADDRESS-ERROR-CODE (RFC 8656 §18.12).
struct AddressErrorCode {
  Family family;
  ErrorCode error;
};

using ReservationToken = std::array<std::uint8_t, 8>;
using UserHash = std::array<std::uint8_t, 32>;

// A view of a STUN message in bytes that it does not own.
//
// Contract:
// 1. A view exists only after `parse` has checked the header and the bounds of every attribute.
//    It is valid as long as the bytes are; copying it is cheap; nothing is allocated.
// 2. Of several attributes of one type the first counts (RFC 8489 §14).
// 3. What follows MESSAGE-INTEGRITY is invisible, but for MESSAGE-INTEGRITY-SHA256 and FINGERPRINT;
//    what follows MESSAGE-INTEGRITY-SHA256 is invisible but for FINGERPRINT (RFC 8489 §14.5-14.6).
// 4. A getter gives nullopt when its attribute is absent or its value malformed; `has` tells the
//    two apart. A getter never fails otherwise, whatever the bytes.
// 5. Bytes after the message (its length field says where it ends) are not looked at.
class MessageView {
 public:
  // Checks `bytes`, which begin with a message. On failure gives nullopt and, when `error` is not
  // null, the reason. FINGERPRINT is verified when present unless that is skipped.
  static std::optional<MessageView> parse(ByteView bytes, ParseError* error = nullptr,
                                          FingerprintCheck check = FingerprintCheck::verify);

  [[nodiscard]] MessageClass message_class() const;
  [[nodiscard]] Method method() const;
  [[nodiscard]] TransactionId transaction_id() const;
  // The message alone: header and attributes.
  [[nodiscard]] ByteView bytes() const { return bytes_; }

  [[nodiscard]] bool is_request() const { return message_class() == MessageClass::request; }
  [[nodiscard]] bool is_indication() const { return message_class() == MessageClass::indication; }
  [[nodiscard]] bool is_success() const {
    return message_class() == MessageClass::success_response;
  }
  [[nodiscard]] bool is_error() const { return message_class() == MessageClass::error_response; }
  [[nodiscard]] bool is_response() const { return is_success() || is_error(); }

  // Walks the visible attributes in their order, with MESSAGE-INTEGRITY(-SHA256) and FINGERPRINT.
  class Iterator;
  [[nodiscard]] Iterator begin() const;
  [[nodiscard]] Iterator end() const;

  [[nodiscard]] bool has(AttributeType type) const { return find(type).has_value(); }
  // The value of the first visible attribute of `type`, whatever its length.
  [[nodiscard]] std::optional<ByteView> find(AttributeType type) const;

  // The comprehension-required attributes that an agent for `understood` does not know: each number
  // once, in their order, no more than 32 (RFC 8489 §6.3.1). Does not allocate when there are none.
  [[nodiscard]] std::vector<std::uint16_t> unknown_required(Usages understood) const;

  // RFC 8489.
  [[nodiscard]] std::optional<Endpoint> mapped_address() const;
  [[nodiscard]] std::optional<Endpoint> xor_mapped_address() const;
  [[nodiscard]] std::optional<std::string_view> username() const;
  [[nodiscard]] std::optional<UserHash> userhash() const;
  [[nodiscard]] std::optional<std::string_view> realm() const;
  [[nodiscard]] std::optional<std::string_view> nonce() const;
  [[nodiscard]] std::optional<std::string_view> software() const;
  [[nodiscard]] std::optional<ErrorCode> error_code() const;
  [[nodiscard]] std::optional<std::vector<std::uint16_t>> unknown_attributes() const;
  [[nodiscard]] std::optional<Endpoint> alternate_server() const;
  [[nodiscard]] std::optional<std::string_view> alternate_domain() const;
  // The algorithms in their order; numbers other than PasswordAlgorithm's enumerators may occur.
  [[nodiscard]] std::optional<std::vector<PasswordAlgorithm>> password_algorithms() const;
  [[nodiscard]] std::optional<PasswordAlgorithm> password_algorithm() const;

  // RFC 5780.
  [[nodiscard]] std::optional<ChangeRequest> change_request() const;
  // Bytes of PADDING.
  [[nodiscard]] std::optional<std::size_t> padding() const;
  [[nodiscard]] std::optional<std::uint16_t> response_port() const;
  [[nodiscard]] std::optional<std::uint32_t> cache_timeout() const;  // seconds
  [[nodiscard]] std::optional<Endpoint> response_origin() const;
  [[nodiscard]] std::optional<Endpoint> other_address() const;

  // RFC 8445.
  [[nodiscard]] std::optional<std::uint32_t> priority() const;
  [[nodiscard]] std::optional<std::uint32_t> nomination() const;
  [[nodiscard]] bool use_candidate() const;
  [[nodiscard]] std::optional<std::uint64_t> ice_controlling() const;  // tiebreaker
  [[nodiscard]] std::optional<std::uint64_t> ice_controlled() const;   // tiebreaker

  // RFC 8656, RFC 6062 and RFC 8016.
  [[nodiscard]] std::optional<std::uint16_t> channel_number() const;
  [[nodiscard]] std::optional<std::uint32_t> lifetime() const;  // seconds
  [[nodiscard]] std::optional<Endpoint> xor_peer_address() const;
  // All of them, since CreatePermission carries several; nullopt when none or any is malformed.
  [[nodiscard]] std::optional<std::vector<Endpoint>> xor_peer_addresses() const;
  [[nodiscard]] std::optional<Endpoint> xor_relayed_address() const;
  // All of them, since a dual allocation has two; nullopt when none or any is malformed.
  [[nodiscard]] std::optional<std::vector<Endpoint>> xor_relayed_addresses() const;
  [[nodiscard]] std::optional<ByteView> data() const;
  [[nodiscard]] std::optional<Family> requested_address_family() const;
  [[nodiscard]] std::optional<Family> additional_address_family() const;
  [[nodiscard]] std::optional<AddressErrorCode> address_error_code() const;
  // The R bit: whether the next higher port is to be reserved.
  [[nodiscard]] std::optional<bool> even_port() const;
  // The protocol number: 17 is UDP, 6 TCP.
  [[nodiscard]] std::optional<std::uint8_t> requested_transport() const;
  [[nodiscard]] bool dont_fragment() const;
  [[nodiscard]] std::optional<ReservationToken> reservation_token() const;
  [[nodiscard]] std::optional<IcmpError> icmp() const;
  [[nodiscard]] std::optional<std::uint32_t> connection_id() const;
  // Empty in a request for a ticket.
  [[nodiscard]] std::optional<ByteView> mobility_ticket() const;

  // Where MESSAGE-INTEGRITY(-SHA256) begin in `bytes()`; 0 when absent. For IntegrityKey, which
  // covers what is before them.
  [[nodiscard]] std::size_t message_integrity_offset() const { return integrity_; }
  [[nodiscard]] std::size_t message_integrity_sha256_offset() const { return integrity_sha256_; }
  [[nodiscard]] bool has_fingerprint() const { return fingerprint_ != 0; }

 private:
  explicit MessageView(ByteView bytes) : bytes_(bytes) {}

  std::optional<ParseError> index_attributes();
  [[nodiscard]] Attribute attribute_at(std::size_t offset) const;
  [[nodiscard]] std::size_t after(std::size_t offset) const;
  // `find` with the table's limits of length applied.
  [[nodiscard]] std::optional<ByteView> sized(AttributeType type) const;
  [[nodiscard]] std::optional<std::string_view> text(AttributeType type) const;
  [[nodiscard]] std::optional<Endpoint> address(AttributeType type) const;
  [[nodiscard]] std::optional<Endpoint> xor_address(ByteView value) const;
  [[nodiscard]] std::optional<std::vector<Endpoint>> xor_addresses(AttributeType type) const;

  ByteView bytes_;                    // header and attributes, no more
  std::size_t plain_end_ = 0;         // where the attributes before MESSAGE-INTEGRITY(-SHA256) end
  std::size_t integrity_ = 0;         // offset of MESSAGE-INTEGRITY, 0 when absent
  std::size_t integrity_sha256_ = 0;  // offset of MESSAGE-INTEGRITY-SHA256, 0 when absent
  std::size_t fingerprint_ = 0;       // offset of FINGERPRINT, 0 when absent
};

class MessageView::Iterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = Attribute;
  using difference_type = std::ptrdiff_t;
  using pointer = const Attribute*;
  using reference = Attribute;

  Iterator() = default;
  Attribute operator*() const { return message_->attribute_at(offset_); }
  Iterator& operator++();
  Iterator operator++(int) {
    const Iterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Iterator& other) const { return offset_ == other.offset_; }

 private:
  friend class MessageView;
  Iterator(const MessageView& message, std::size_t offset) : message_(&message), offset_(offset) {}

  const MessageView* message_ = nullptr;  // outlives the iterator
  std::size_t offset_ = 0;                // of the attribute; bytes().size() at the end
};

}  // namespace natsim::stun
