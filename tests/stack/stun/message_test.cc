#include "stack/stun/message.h"

#include "hex.h"
#include "test_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/stun/integrity.h"
#include "stack/stun/message_builder.h"

namespace natsim::stun {
namespace NATSIM_TEST_FILE {

using testing::ElementsAre;
using testing::IsEmpty;

std::optional<ParseError> refusal(const Bytes& bytes) {
  ParseError error{};
  if (MessageView::parse(bytes, &error)) return std::nullopt;
  return error;
}

TEST(StunHeader, Stun01_TypeInterleavesMethodAndClass) {
  // Every method with every class, against the bit layout M11-M7 C1 M6-M4 C0 M3-M0.
  for (unsigned method = 0; method < 0x1000; ++method) {
    for (unsigned message_class = 0; message_class < 4; ++message_class) {
      const Bytes bytes = MessageBuilder(MessageClass{static_cast<std::uint8_t>(message_class)},
                                         Method{static_cast<std::uint16_t>(method)}, id)
                              .take();
      unsigned expected = 0;
      for (unsigned bit = 0; bit < 12; ++bit) {
        const unsigned position = bit < 4 ? bit : bit < 7 ? bit + 1 : bit + 2;
        expected |= (method >> bit & 1) << position;
      }
      expected |= (message_class & 1) << 4 | (message_class >> 1) << 8;
      ASSERT_EQ(load_be16(bytes.data()), expected);
      ASSERT_EQ(static_cast<unsigned>(parsed(bytes).method()), method);
      ASSERT_EQ(static_cast<unsigned>(parsed(bytes).message_class()), message_class);
    }
  }
  // The well-known ones.
  EXPECT_EQ(load_be16(request().bytes().data()), 0x0001);
  EXPECT_EQ(
      load_be16(MessageBuilder(MessageClass::success_response, Method::binding, id).bytes().data()),
      0x0101);
  EXPECT_EQ(
      load_be16(MessageBuilder(MessageClass::error_response, Method::allocate, id).bytes().data()),
      0x0113);
  EXPECT_EQ(load_be16(MessageBuilder(MessageClass::indication, Method::data, id).bytes().data()),
            0x0017);
}

TEST(StunHeader, Stun01_HeaderChecks) {
  const std::string tail(header_tail);
  EXPECT_EQ(refusal({}), ParseError::too_short);
  EXPECT_EQ(refusal(Bytes(19, 0)), ParseError::too_short);
  EXPECT_EQ(refusal(hex("0001 0000" + tail)), std::nullopt);
  EXPECT_EQ(refusal(hex("4001 0000" + tail)), ParseError::not_stun);
  EXPECT_EQ(refusal(hex("8001 0000" + tail)), ParseError::not_stun);
  EXPECT_EQ(refusal(hex("0001 0000 2112a443 000000000000000000000000")),
            ParseError::no_magic_cookie);
  EXPECT_EQ(refusal(hex("0001 0003" + tail + "000000")), ParseError::unaligned_length);
  EXPECT_EQ(refusal(hex("0001 0004" + tail)), ParseError::truncated);
  EXPECT_EQ(refusal(hex("0001 0004" + tail + "80220001")), ParseError::attribute_overrun);
  EXPECT_EQ(refusal(hex("0001 0004" + tail + "8022ffff")), ParseError::attribute_overrun);
}

TEST(StunHeader, Stun01_BytesBehindTheMessageAreNotPartOfIt) {
  Bytes bytes = request().software("x").take();
  const std::size_t size = bytes.size();
  bytes.insert(bytes.end(), 7, 0xff);
  EXPECT_EQ(parsed(bytes).bytes().size(), size);
  EXPECT_EQ(parsed(bytes).software(), "x");
}

TEST(StunHeader, Stun02_LooksLikeStunBeforeParsing) {
  EXPECT_TRUE(looks_like_stun(request().bytes()));
  Bytes bytes = request().take();
  EXPECT_FALSE(looks_like_stun(ByteView(bytes).first(19)));
  bytes[0] = 0x40;  // ChannelData
  EXPECT_FALSE(looks_like_stun(bytes));
  bytes[0] = 0x16;  // a DTLS handshake record, unless the cookie is there
  EXPECT_TRUE(looks_like_stun(bytes));
  bytes[4] = 0;
  EXPECT_FALSE(looks_like_stun(bytes));
}

TEST(StunAttributes, Stun03_UnknownComprehensionRequired) {
  const Bytes bytes = request_with(
      "7fff0000 00240004 01020304 80aa0000 7abc0001 00000000 7fff0000 00030004 00000000");
  const MessageView message = parsed(bytes);
  EXPECT_THAT(message.unknown_required(Usage::stun), ElementsAre(0x7fff, 0x0024, 0x7abc, 0x0003));
  EXPECT_THAT(message.unknown_required(Usage::stun | Usage::ice),
              ElementsAre(0x7fff, 0x7abc, 0x0003));
  EXPECT_THAT(message.unknown_required(Usage::stun | Usage::ice | Usage::behaviour_discovery),
              ElementsAre(0x7fff, 0x7abc));
}

TEST(StunAttributes, Stun03_ManyUnknownAreListedUpToALimit) {
  MessageBuilder builder = request();
  for (std::uint16_t type = 0x7000; type < 0x7100; ++type) {
    builder.attribute(AttributeType{type}, {});
  }
  EXPECT_EQ(parsed(builder.take()).unknown_required(Usage::stun).size(), 32);
}

TEST(StunAttributes, Stun04_UnknownOptionalIsIgnored) {
  const Bytes bytes = request_with("fffe0003 61626300 80220001 78000000");
  EXPECT_THAT(parsed(bytes).unknown_required(Usage::stun), IsEmpty());
  EXPECT_EQ(parsed(bytes).software(), "x");
}

TEST(StunAttributes, Stun05_FirstOfDuplicatesCounts) {
  const Bytes bytes = request().software("first").software("second").priority(1).priority(2).take();
  EXPECT_EQ(parsed(bytes).software(), "first");
  EXPECT_EQ(parsed(bytes).priority(), 1);
}

TEST(StunAttributes, Stun05_MalformedFirstDoesNotGiveWayToSecond) {
  const Bytes bytes = request_with("00240003 00000000 00240004 00000007");
  EXPECT_TRUE(parsed(bytes).has(AttributeType::priority));
  EXPECT_EQ(parsed(bytes).priority(), std::nullopt);
}

TEST(StunAttributes, Stun06_PaddingOfAnyValueIsSkipped) {
  for (const char* padding : {"000000", "202020", "ff80a5"}) {
    const Bytes bytes =
        request_with(std::string("80220005 68656c6c 6f") + padding + "00240004 00000007");
    EXPECT_EQ(parsed(bytes).software(), "hello");
    EXPECT_EQ(parsed(bytes).priority(), 7);
  }
  // Written as zeros, and not counted in the attribute's length.
  EXPECT_EQ(request().software("hello").take(), request_with("80220005 68656c6c 6f000000"));
}

TEST(StunFingerprint, Stun07_WrongValueIsRefused) {
  Bytes bytes = request().priority(5).fingerprint().take();
  EXPECT_EQ(refusal(bytes), std::nullopt);
  EXPECT_TRUE(parsed(bytes).has_fingerprint());
  bytes[27] ^= 1;
  EXPECT_EQ(refusal(bytes), ParseError::fingerprint_mismatch);
  EXPECT_TRUE(MessageView::parse(bytes, nullptr, FingerprintCheck::skip));
}

TEST(StunFingerprint, Stun07_MustBeLastAndFourBytes) {
  EXPECT_EQ(refusal(request_with("80280004 00000000 80220000")), ParseError::fingerprint_not_last);
  EXPECT_EQ(refusal(request_with("80280003 00000000")), ParseError::bad_fingerprint_length);
  EXPECT_EQ(refusal(request_with("80280008 0000000000000000")), ParseError::bad_fingerprint_length);
}

TEST(StunIntegrity, Stun08_CoversTheMessageUpToItself) {
  IntegrityKey key = IntegrityKey::short_term("secret");
  const Bytes plain = request().username("u").message_integrity(key).take();
  EXPECT_TRUE(key.verify(parsed(plain)));
  // What follows changes the length field, not the MAC.
  const Bytes followed = request().username("u").message_integrity(key).fingerprint().take();
  EXPECT_TRUE(key.verify(parsed(followed)));
  EXPECT_EQ(*parsed(plain).find(AttributeType::message_integrity).value().begin(),
            *parsed(followed).find(AttributeType::message_integrity).value().begin());
  for (std::size_t at = 0; at < plain.size(); ++at) {
    Bytes changed = plain;
    changed[at] ^= 0x01;
    const auto message = MessageView::parse(changed);
    EXPECT_FALSE(message && key.verify(*message)) << at;
  }
}

// Appends an attribute behind the integrity attributes, which the builder refuses to do.
Bytes followed_by(Bytes bytes, std::string_view attribute) {
  const Bytes more = hex(attribute);
  bytes.insert(bytes.end(), more.begin(), more.end());
  store_be16(bytes.data() + 2, static_cast<std::uint16_t>(bytes.size() - header_size));
  return bytes;
}

TEST(StunIntegrity, Stun08_WhatFollowsIsInvisible) {
  IntegrityKey key = IntegrityKey::short_term("secret");
  const Bytes bytes = followed_by(request().username("u").message_integrity(key).take(),
                                  "00250000 7fff0000 00240004 00000001 00060001 78000000");
  const MessageView message = parsed(bytes);
  EXPECT_TRUE(key.verify(message));
  EXPECT_FALSE(message.use_candidate());
  EXPECT_EQ(message.priority(), std::nullopt);
  EXPECT_EQ(message.username(), "u");
  EXPECT_THAT(message.unknown_required(Usage::stun), IsEmpty());
  std::vector<AttributeType> seen;
  for (const Attribute attribute : message) seen.push_back(attribute.type);
  EXPECT_THAT(seen, ElementsAre(AttributeType::username, AttributeType::message_integrity));
}

TEST(StunIntegrity, Stun08_AMessageOfIntegrityAlone) {
  IntegrityKey key = IntegrityKey::short_term("secret");
  const Bytes bytes = request().message_integrity(key).fingerprint().take();
  std::vector<AttributeType> seen;
  for (const Attribute attribute : parsed(bytes)) seen.push_back(attribute.type);
  EXPECT_THAT(seen, ElementsAre(AttributeType::message_integrity, AttributeType::fingerprint));
  EXPECT_TRUE(key.verify(parsed(bytes)));
}

TEST(StunIntegrity, Stun08_WrongLengthIsRefused) {
  EXPECT_EQ(refusal(request_with("00080010 00000000 00000000 00000000 00000000")),
            ParseError::bad_integrity_length);
  EXPECT_EQ(refusal(request_with("001c000c 00000000 00000000 00000000")),
            ParseError::bad_integrity_length);
  EXPECT_EQ(refusal(request_with("001c0012 00000000 00000000 00000000 00000000 00000000")),
            ParseError::bad_integrity_length);
}

TEST(StunIntegrity, Stun09_Sha256MayBeTruncated) {
  IntegrityKey key = IntegrityKey::short_term("secret");
  for (std::size_t length = 16; length <= 32; length += 4) {
    const Bytes bytes = request().username("u").message_integrity_sha256(key, length).take();
    EXPECT_EQ(parsed(bytes).find(AttributeType::message_integrity_sha256)->size(), length);
    EXPECT_TRUE(key.verify_message_integrity_sha256(parsed(bytes)));
    EXPECT_FALSE(key.verify_message_integrity(parsed(bytes)));
    EXPECT_TRUE(key.verify(parsed(bytes)));
  }
  for (const std::size_t length : {0UL, 12UL, 18UL, 36UL}) {
    EXPECT_THROW(request().message_integrity_sha256(key, length), std::length_error);
  }
}

TEST(StunIntegrity, Stun09_BothAttributesInOrder) {
  IntegrityKey key = IntegrityKey::short_term("secret");
  const Bytes bytes =
      request().message_integrity(key).message_integrity_sha256(key).fingerprint().take();
  EXPECT_TRUE(key.verify_message_integrity(parsed(bytes)));
  EXPECT_TRUE(key.verify_message_integrity_sha256(parsed(bytes)));
  EXPECT_THROW(request().message_integrity_sha256(key).message_integrity(key), std::logic_error);
  EXPECT_THROW(request().fingerprint().message_integrity(key), std::logic_error);
  EXPECT_THROW(request().message_integrity(key).priority(1), std::logic_error);
  EXPECT_THROW(request().fingerprint().fingerprint(), std::logic_error);

  // The first of them hides what is between them.
  const Bytes hidden = followed_by(request().message_integrity_sha256(key).take(),
                                   "00080014 0000000000000000000000000000000000000000");
  EXPECT_FALSE(parsed(hidden).has(AttributeType::message_integrity));
}

// The first of two counts here too; the second, under another key, is not looked at.
TEST(StunIntegrity, Stun09_FirstOfTwoCounts) {
  IntegrityKey key = IntegrityKey::short_term("secret");
  const Bytes bytes = followed_by(request().message_integrity_sha256(key).take(),
                                  "001c0010 00000000 00000000 00000000 00000000");
  EXPECT_TRUE(key.verify(parsed(bytes)));
  EXPECT_EQ(parsed(bytes).find(AttributeType::message_integrity_sha256)->size(), 32);
}

TEST(StunIntegrity, ConstantTimeComparison) {
  const Bytes bytes = hex("01 02 03 04");
  EXPECT_TRUE(equal_in_constant_time(bytes, hex("01 02 03 04")));
  EXPECT_FALSE(equal_in_constant_time(bytes, hex("01 02 03 05")));
  EXPECT_FALSE(equal_in_constant_time(bytes, hex("01 02 03 04 05")));
  EXPECT_TRUE(equal_in_constant_time({}, {}));
}

TEST(StunIntegrity, AKeyIsMovableAndLasts) {
  IntegrityKey first = IntegrityKey::short_term("one");
  const Bytes bytes = request().message_integrity(first).take();
  IntegrityKey moved = std::move(first);
  EXPECT_TRUE(moved.verify(parsed(bytes)));
  IntegrityKey other = IntegrityKey::short_term("two");
  other = std::move(moved);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(other.verify(parsed(bytes)));
  IntegrityKey empty = IntegrityKey::short_term("");
  const Bytes with_empty = request().message_integrity(empty).take();
  EXPECT_TRUE(empty.verify(parsed(with_empty)));
}

TEST(StunBuilder, TooLongIsRefused) {
  EXPECT_THROW(request().data(Bytes(0x10000)), std::length_error);
  EXPECT_NO_THROW(request().data(Bytes(65528)));
  EXPECT_THROW(request().data(Bytes(65529)), std::length_error);
  // The failed call leaves the message as it was.
  MessageBuilder builder = request().priority(1);
  EXPECT_THROW(builder.data(Bytes(65528)), std::length_error);
  const Bytes bytes = builder.take();
  EXPECT_EQ(parsed(bytes).priority(), 1);
  EXPECT_FALSE(parsed(bytes).has(AttributeType::data));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::stun
