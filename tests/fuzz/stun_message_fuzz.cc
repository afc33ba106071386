// Any bytes: parse or refuse, read every attribute, and agree with their canonical encoding.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "stack/stun/integrity.h"
#include "stack/stun/message.h"
#include "stack/stun/message_builder.h"

namespace natsim::stun {
namespace {

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

// The same attributes in the same order with zero padding, without what is invisible.
Bytes canonical(const MessageView& message) {
  MessageBuilder builder(message.message_class(), message.method(), message.transaction_id());
  for (const Attribute attribute : message) builder.attribute(attribute.type, attribute.value);
  return builder.take();
}

template <typename Value>
void same(const Value& a, const Value& b) {
  require(a == b, "the canonical encoding reads otherwise");
}

void same_bytes(const std::optional<ByteView>& a, const std::optional<ByteView>& b) {
  require(a.has_value() == b.has_value() && (!a || std::ranges::equal(*a, *b)),
          "the canonical encoding has other bytes");
}

void same_error(const std::optional<ErrorCode>& a, const std::optional<ErrorCode>& b) {
  require(
      a.has_value() == b.has_value() && (!a || (a->number == b->number && a->reason == b->reason)),
      "the canonical encoding has another error");
}

// Calls every getter on both.
void compare(const MessageView& a, const MessageView& b) {
  same(a.message_class(), b.message_class());
  same(a.method(), b.method());
  same(a.transaction_id(), b.transaction_id());
  same(a.mapped_address(), b.mapped_address());
  same(a.xor_mapped_address(), b.xor_mapped_address());
  same(a.username(), b.username());
  same(a.userhash(), b.userhash());
  same(a.realm(), b.realm());
  same(a.nonce(), b.nonce());
  same(a.software(), b.software());
  same_error(a.error_code(), b.error_code());
  same(a.unknown_attributes(), b.unknown_attributes());
  same(a.alternate_server(), b.alternate_server());
  same(a.alternate_domain(), b.alternate_domain());
  same(a.password_algorithms(), b.password_algorithms());
  same(a.password_algorithm(), b.password_algorithm());
  same(a.change_request(), b.change_request());
  same(a.padding(), b.padding());
  same(a.response_port(), b.response_port());
  same(a.cache_timeout(), b.cache_timeout());
  same(a.response_origin(), b.response_origin());
  same(a.other_address(), b.other_address());
  same(a.priority(), b.priority());
  same(a.use_candidate(), b.use_candidate());
  same(a.ice_controlling(), b.ice_controlling());
  same(a.ice_controlled(), b.ice_controlled());
  same(a.channel_number(), b.channel_number());
  same(a.lifetime(), b.lifetime());
  same(a.xor_peer_address(), b.xor_peer_address());
  same(a.xor_peer_addresses(), b.xor_peer_addresses());
  same(a.xor_relayed_address(), b.xor_relayed_address());
  same(a.xor_relayed_addresses(), b.xor_relayed_addresses());
  same_bytes(a.data(), b.data());
  same(a.requested_address_family(), b.requested_address_family());
  same(a.additional_address_family(), b.additional_address_family());
  same(a.address_error_code().has_value(), b.address_error_code().has_value());
  same(a.even_port(), b.even_port());
  same(a.requested_transport(), b.requested_transport());
  same(a.dont_fragment(), b.dont_fragment());
  same(a.reservation_token(), b.reservation_token());
  same(a.icmp(), b.icmp());
  same(a.connection_id(), b.connection_id());
  same(a.has_fingerprint(), b.has_fingerprint());
  same(a.unknown_required(Usage::stun), b.unknown_required(Usage::stun));
  same(a.unknown_required(Usage::stun | Usage::turn),
       b.unknown_required(Usage::stun | Usage::turn));
}

// An address that was read is written back to the same bytes, but for the byte that is reserved.
void rewrite_addresses(const MessageView& message) {
  const auto mapped = message.xor_mapped_address();
  if (!mapped) return;
  MessageBuilder builder(message.message_class(), message.method(), message.transaction_id());
  const Bytes bytes = builder.xor_mapped_address(*mapped).take();
  const ByteView before = *message.find(AttributeType::xor_mapped_address);
  const ByteView after = ByteView(bytes).subspan(header_size + 4);
  require(std::ranges::equal(before.subspan(1), after.subspan(1)), "an address is not canonical");
}

void fuzz(ByteView input) {
  ParseError error{};
  const auto strict = MessageView::parse(input, &error);
  // Without the check of FINGERPRINT the fuzzer gets behind it.
  const auto message = MessageView::parse(input, nullptr, FingerprintCheck::skip);
  require(!strict || message, "what passes the strict parse passes the other");
  require(!message || looks_like_stun(input), "what parses looks like STUN");
  if (!message) {
    require(!to_string(error).empty(), "a refusal has a reason");
    return;
  }
  const Bytes encoded = canonical(*message);
  const auto again = MessageView::parse(encoded, nullptr, FingerprintCheck::skip);
  require(again.has_value(), "the canonical encoding parses");
  require(canonical(*again) == encoded, "the canonical encoding is its own");
  compare(*message, *again);
  rewrite_addresses(*message);

  IntegrityKey key = IntegrityKey::short_term("VOkJxbRl1RmTxUk/WvJxBt");
  key.verify(*message);
  key.verify_message_integrity(*message);
}

}  // namespace
}  // namespace natsim::stun

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  natsim::stun::fuzz({data, size});
  return 0;
}
