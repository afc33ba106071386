#include "stack/stun/message.h"

#include <algorithm>

#include <fmt/format.h>

#include "stack/stun/fingerprint.h"

namespace natsim::stun {
namespace {

constexpr std::size_t attribute_header_size = 4;
constexpr std::size_t max_unknown_listed = 32;

constexpr std::size_t padded(std::size_t length) { return (length + 3) & ~std::size_t{3}; }

}  // namespace

std::string to_string(MessageClass message_class) {
  switch (message_class) {
    case MessageClass::request:
      return "request";
    case MessageClass::indication:
      return "indication";
    case MessageClass::success_response:
      return "success response";
    case MessageClass::error_response:
      return "error response";
  }
  return {};
}

std::string to_string(Method method) {
  switch (method) {
    case Method::binding:
      return "Binding";
    case Method::allocate:
      return "Allocate";
    case Method::refresh:
      return "Refresh";
    case Method::send:
      return "Send";
    case Method::data:
      return "Data";
    case Method::create_permission:
      return "CreatePermission";
    case Method::channel_bind:
      return "ChannelBind";
    case Method::connect:
      return "Connect";
    case Method::connection_bind:
      return "ConnectionBind";
    case Method::connection_attempt:
      return "ConnectionAttempt";
  }
  return fmt::format("{:#05x}", static_cast<std::uint16_t>(method));
}

TransactionId TransactionId::draw(Random& random) {
  TransactionId id;
  random.fill(id.bytes);
  return id;
}

std::string to_string(const TransactionId& id) {
  return fmt::format("{:016x}{:08x}", load_be64(id.bytes.data()), load_be32(id.bytes.data() + 8));
}

std::string to_string(ParseError error) {
  switch (error) {
    case ParseError::too_short:
      return "shorter than a STUN header";
    case ParseError::not_stun:
      return "first two bits are not zero";
    case ParseError::no_magic_cookie:
      return "no magic cookie";
    case ParseError::unaligned_length:
      return "length is not a multiple of 4";
    case ParseError::truncated:
      return "length goes past the end of the bytes";
    case ParseError::attribute_overrun:
      return "attribute goes past the end of the message";
    case ParseError::bad_integrity_length:
      return "message integrity has an impossible length";
    case ParseError::bad_fingerprint_length:
      return "FINGERPRINT is not 4 bytes";
    case ParseError::fingerprint_not_last:
      return "FINGERPRINT is not the last attribute";
    case ParseError::fingerprint_mismatch:
      return "FINGERPRINT does not match";
  }
  return {};
}

bool looks_like_stun(ByteView datagram) {
  return datagram.size() >= header_size && datagram[0] < 0x40 &&
         load_be32(datagram.data() + 4) == magic_cookie;
}

std::optional<MessageView> MessageView::parse(ByteView bytes, ParseError* error,
                                              FingerprintCheck check) {
  const auto refuse = [error](ParseError reason) {
    if (error != nullptr) *error = reason;
    return std::nullopt;
  };
  if (bytes.size() < header_size) return refuse(ParseError::too_short);
  if (bytes[0] >= 0x40) return refuse(ParseError::not_stun);
  if (load_be32(bytes.data() + 4) != magic_cookie) return refuse(ParseError::no_magic_cookie);
  const std::size_t length = load_be16(bytes.data() + 2);
  if (length % 4 != 0) return refuse(ParseError::unaligned_length);
  if (length > bytes.size() - header_size) return refuse(ParseError::truncated);

  MessageView message(bytes.first(header_size + length));
  if (const auto reason = message.index_attributes()) return refuse(*reason);
  if (message.fingerprint_ != 0 && check == FingerprintCheck::verify) {
    const std::uint32_t value = load_be32(message.attribute_at(message.fingerprint_).value.data());
    if (value != fingerprint_value(message.bytes_.first(message.fingerprint_))) {
      return refuse(ParseError::fingerprint_mismatch);
    }
  }
  return message;
}

std::optional<ParseError> MessageView::index_attributes() {
  std::size_t offset = header_size;
  while (offset < bytes_.size()) {
    // Length and offsets are multiples of 4, so the attribute's header is inside.
    const std::size_t length = load_be16(bytes_.data() + offset + 2);
    if (padded(length) > bytes_.size() - offset - attribute_header_size) {
      return ParseError::attribute_overrun;
    }
    if (fingerprint_ != 0) return ParseError::fingerprint_not_last;
    const bool plain = integrity_ == 0 && integrity_sha256_ == 0;
    switch (AttributeType{load_be16(bytes_.data() + offset)}) {
      case AttributeType::message_integrity:
        if (!plain) break;
        if (length != 20) return ParseError::bad_integrity_length;
        integrity_ = offset;
        break;
      case AttributeType::message_integrity_sha256:
        if (integrity_sha256_ != 0) break;
        if (length < 16 || length > 32 || length % 4 != 0) return ParseError::bad_integrity_length;
        integrity_sha256_ = offset;
        break;
      case AttributeType::fingerprint:
        if (length != 4) return ParseError::bad_fingerprint_length;
        fingerprint_ = offset;
        break;
      default:
        break;
    }
    offset = after(offset);
    if (plain && integrity_ == 0 && integrity_sha256_ == 0 && fingerprint_ == 0) {
      plain_end_ = offset;
    }
  }
  if (plain_end_ == 0) plain_end_ = header_size;
  return std::nullopt;
}

Attribute MessageView::attribute_at(std::size_t offset) const {
  const std::uint8_t* header = bytes_.data() + offset;
  return {AttributeType{load_be16(header)},
          bytes_.subspan(offset + attribute_header_size, load_be16(header + 2))};
}

std::size_t MessageView::after(std::size_t offset) const {
  return offset + attribute_header_size + padded(load_be16(bytes_.data() + offset + 2));
}

MessageClass MessageView::message_class() const {
  // The class is bits 4 and 8 of the type, interleaved with the method (RFC 8489 §5).
  const unsigned type = load_be16(bytes_.data());
  return MessageClass{static_cast<std::uint8_t>((type >> 7 & 2) | (type >> 4 & 1))};
}

Method MessageView::method() const {
  const unsigned type = load_be16(bytes_.data());
  return Method{
      static_cast<std::uint16_t>((type & 0xf) | (type >> 1 & 0x70) | (type >> 2 & 0xf80))};
}

TransactionId MessageView::transaction_id() const {
  TransactionId id;
  std::copy_n(bytes_.data() + 8, id.bytes.size(), id.bytes.data());
  return id;
}

MessageView::Iterator MessageView::begin() const {
  return {*this, bytes_.size() == header_size ? bytes_.size() : header_size};
}

MessageView::Iterator MessageView::end() const { return {*this, bytes_.size()}; }

MessageView::Iterator& MessageView::Iterator::operator++() {
  const MessageView& m = *message_;
  // Behind the plain attributes only the three special ones are visible; they stand in this order.
  std::size_t next = m.after(offset_);
  if (next >= m.plain_end_) {
    next = m.bytes_.size();
    for (const std::size_t special : {m.fingerprint_, m.integrity_sha256_, m.integrity_}) {
      if (special > offset_) next = special;
    }
  }
  offset_ = next;
  return *this;
}

std::optional<ByteView> MessageView::find(AttributeType type) const {
  const auto special = [this](std::size_t offset) -> std::optional<ByteView> {
    if (offset == 0) return std::nullopt;
    return attribute_at(offset).value;
  };
  switch (type) {
    case AttributeType::message_integrity:
      return special(integrity_);
    case AttributeType::message_integrity_sha256:
      return special(integrity_sha256_);
    case AttributeType::fingerprint:
      return special(fingerprint_);
    default:
      break;
  }
  for (std::size_t offset = header_size; offset < plain_end_; offset = after(offset)) {
    if (AttributeType{load_be16(bytes_.data() + offset)} == type) return attribute_at(offset).value;
  }
  return std::nullopt;
}

std::vector<std::uint16_t> MessageView::unknown_required(Usages understood) const {
  std::vector<std::uint16_t> unknown;
  for (const Attribute attribute : *this) {
    if (!is_comprehension_required(attribute.type)) continue;
    const AttributeInfo* info = find_attribute(attribute.type);
    if (info != nullptr && understood.contains(info->usage)) continue;
    const auto number = static_cast<std::uint16_t>(attribute.type);
    if (std::ranges::find(unknown, number) != unknown.end()) continue;
    unknown.push_back(number);
    if (unknown.size() == max_unknown_listed) break;
  }
  return unknown;
}

}  // namespace natsim::stun
