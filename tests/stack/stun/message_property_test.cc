// Properties of the codec over arbitrary values and arbitrary bytes.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "stack/stun/integrity.h"
#include "stack/stun/message.h"
#include "stack/stun/message_builder.h"

namespace natsim::stun {
namespace NATSIM_TEST_FILE {

TransactionId any_id() {
  TransactionId id;
  for (std::uint8_t& byte : id.bytes) byte = *rc::gen::arbitrary<std::uint8_t>();
  return id;
}

Endpoint any_endpoint() {
  const auto port = *rc::gen::arbitrary<std::uint16_t>();
  if (*rc::gen::arbitrary<bool>())
    return {IpAddress::v4(*rc::gen::arbitrary<std::uint32_t>()), port};
  return {IpAddress::v6(*rc::gen::arbitrary<std::uint64_t>(), *rc::gen::arbitrary<std::uint64_t>()),
          port};
}

std::string any_text(int most) {
  const int size = *rc::gen::inRange(0, most + 1);
  return *rc::gen::container<std::string>(static_cast<std::size_t>(size),
                                          rc::gen::inRange<char>(' ', '~'));
}

TEST(StunProperty, BuiltMessagesReadBack) {
  EXPECT_TRUE(rc::check([] {
    const TransactionId id = any_id();
    const Endpoint mapped = any_endpoint();
    const Endpoint peer = any_endpoint();
    const std::string username = any_text(508);
    const std::string realm = any_text(127);
    const auto priority = *rc::gen::arbitrary<std::uint32_t>();
    const auto tiebreaker = *rc::gen::arbitrary<std::uint64_t>();
    const auto payload = *rc::gen::arbitrary<Bytes>();
    IntegrityKey key(*rc::gen::arbitrary<Bytes>());

    MessageBuilder builder(MessageClass::request, Method::binding, id);
    builder.xor_mapped_address(mapped)
        .mapped_address(mapped)
        .xor_peer_address(peer)
        .username(username)
        .realm(realm)
        .priority(priority)
        .ice_controlling(tiebreaker)
        .data(payload)
        .message_integrity(key)
        .message_integrity_sha256(key)
        .fingerprint();
    const Bytes bytes = builder.take();
    const auto message = MessageView::parse(bytes);
    RC_ASSERT(message.has_value());
    RC_ASSERT(message->transaction_id() == id);
    RC_ASSERT(message->xor_mapped_address() == mapped);
    RC_ASSERT(message->mapped_address() == mapped);
    RC_ASSERT(message->xor_peer_address() == peer);
    RC_ASSERT(message->username() == username);
    RC_ASSERT(message->realm() == realm);
    RC_ASSERT(message->priority() == priority);
    RC_ASSERT(message->ice_controlling() == tiebreaker);
    RC_ASSERT(std::ranges::equal(message->data().value(), payload));
    RC_ASSERT(key.verify_message_integrity(*message));
    RC_ASSERT(key.verify_message_integrity_sha256(*message));
  }));
}

// STUN-28: arbitrary bytes either do not parse or read as attributes that lie inside the message.
TEST(StunProperty, Stun28_AnyBytesParseOrAreRefused) {
  EXPECT_TRUE(rc::check([] {
    Bytes bytes = *rc::gen::arbitrary<Bytes>();
    // A right header makes the attributes worth reading.
    Bytes message_bytes = MessageBuilder(MessageClass::request, Method::binding, any_id()).take();
    bytes.resize(bytes.size() / 4 * 4);
    message_bytes.insert(message_bytes.end(), bytes.begin(), bytes.end());
    store_be16(message_bytes.data() + 2, static_cast<std::uint16_t>(bytes.size()));
    const auto message = MessageView::parse(message_bytes, nullptr, FingerprintCheck::skip);
    if (!message) return;
    for (const Attribute attribute : *message) {
      RC_ASSERT(attribute.value.data() >= message_bytes.data() + header_size + 4);
      RC_ASSERT(attribute.value.data() + attribute.value.size() <=
                message_bytes.data() + message_bytes.size());
      RC_ASSERT(message->has(attribute.type));
    }
  }));
}

TEST(StunProperty, Stun01_OneChangedHeaderBitIsNoticedOrChangesTheType) {
  EXPECT_TRUE(rc::check([] {
    Bytes bytes =
        MessageBuilder(MessageClass::request, Method::binding, any_id()).fingerprint().take();
    const auto bit = *rc::gen::inRange<std::size_t>(0, bytes.size() * 8);
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    // The CRC finds every single-bit error, wherever it is.
    ParseError error{};
    const auto message = MessageView::parse(bytes, &error);
    RC_ASSERT(!message || !message->has_fingerprint());
  }));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::stun
