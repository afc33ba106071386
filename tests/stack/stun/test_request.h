// Binding requests to try the codec on.
#pragma once

#include "hex.h"

#include <string>
#include <string_view>

#include "stack/stun/message.h"
#include "stack/stun/message_builder.h"

namespace natsim::stun {

inline constexpr TransactionId id{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
inline constexpr std::string_view header_tail = "2112a442 0102030405060708090a0b0c";

inline MessageBuilder request() { return {MessageClass::request, Method::binding, id}; }

// A Binding request with these attributes, its length field right.
inline Bytes request_with(std::string_view attributes) {
  Bytes bytes = hex("0001 0000 " + std::string(header_tail) + std::string(attributes));
  store_be16(bytes.data() + 2, static_cast<std::uint16_t>(bytes.size() - header_size));
  return bytes;
}

// Parses; the bytes outlive the view in the caller.
inline MessageView parsed(const Bytes& bytes) { return MessageView::parse(bytes).value(); }

}  // namespace natsim::stun
