#include "stack/stun/message.h"

#include "hex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/stun/integrity.h"
#include "stack/stun/message_builder.h"

namespace natsim::stun {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr TransactionId id{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
constexpr std::string_view header_tail = "2112a442 0102030405060708090a0b0c";

MessageBuilder request() { return {MessageClass::request, Method::binding, id}; }

// A Binding request with these attributes, its length field right.
Bytes request_with(std::string_view attributes) {
  Bytes bytes = hex("0001 0000 " + std::string(header_tail) + std::string(attributes));
  store_be16(bytes.data() + 2, static_cast<std::uint16_t>(bytes.size() - header_size));
  return bytes;
}

// Parses; the bytes outlive the view in the caller.
MessageView parsed(const Bytes& bytes) { return MessageView::parse(bytes).value(); }

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

TEST(StunAddresses, Stun10_XorMappedAddress) {
  // 192.0.2.1:32853 as RFC 5769 §2.2 has it.
  const Bytes v4 = request_with("00200008 0001a147 e112a643");
  EXPECT_EQ(parsed(v4).xor_mapped_address(), Endpoint::parse("192.0.2.1:32853"));
  EXPECT_EQ(request().xor_mapped_address(Endpoint::parse("192.0.2.1:32853").value()).take(), v4);
  // For IPv6 the mask goes on with the transaction id: 2001:db8::1 ^ 2112a442 01020304 05060708
  // 090a0b0c.
  const Bytes v6 = request_with("00200014 00020000 0113a9fa 01020304 05060708 090a0b0d");
  EXPECT_EQ(parsed(v6).xor_mapped_address(), Endpoint::parse("[2001:db8::1]:8466"));
}

TEST(StunAddresses, Stun10_MappedAddressOfOldServers) {
  const Bytes bytes = request_with("00010008 00018055 c0000201");
  EXPECT_EQ(parsed(bytes).mapped_address(), Endpoint::parse("192.0.2.1:32853"));
  EXPECT_EQ(parsed(bytes).xor_mapped_address(), std::nullopt);
}

TEST(StunAddresses, Stun10_UnknownFamilyOrLengthIsRefused) {
  for (const char* value : {
           "00200008 0003a147 e112a643",                             // family 3
           "00200008 0000a147 e112a643",                             // family 0
           "00200008 0002a147 e112a643",                             // IPv6 with IPv4's length
           "00200014 0001a147 00000000 00000000 00000000 00000000",  // IPv4 with IPv6's length
           "00200004 0001a147",                                      // no address
           "0020000c 0001a147 e112a643 00000000",                    // between the two
       }) {
    EXPECT_EQ(parsed(request_with(value)).xor_mapped_address(), std::nullopt) << value;
  }
  // ::ffff:192.0.2.1 would be a second spelling of an IPv4 address.
  EXPECT_EQ(parsed(request_with("00010014 00028055 00000000 00000000 0000ffff c0000201"))
                .mapped_address(),
            std::nullopt);
  // The reserved byte is ignored.
  EXPECT_EQ(parsed(request_with("00010008 ff018055 c0000201")).mapped_address(),
            Endpoint::parse("192.0.2.1:32853"));
}

TEST(StunErrorCode, Stun11_ClassAndNumber) {
  const auto code_of = [](std::string_view value) {
    const Bytes bytes = request_with(value);
    const auto code = parsed(bytes).error_code();
    return code ? static_cast<int>(code->number) : 0;
  };
  EXPECT_EQ(code_of("00090004 00000414"), 420);
  EXPECT_EQ(code_of("00090004 00000300"), 300);
  EXPECT_EQ(code_of("00090004 00000663"), 699);
  EXPECT_EQ(code_of("00090004 fffff857"), 0);  // reserved bits set, class 0
  EXPECT_EQ(code_of("00090004 fffffc57"), 487);
  EXPECT_EQ(code_of("00090004 00000200"), 0);
  EXPECT_EQ(code_of("00090004 00000700"), 0);
  EXPECT_EQ(code_of("00090004 00000464"), 0);  // number 100
  EXPECT_EQ(code_of("00090003 00000400"), 0);
}

TEST(StunErrorCode, Stun11_ReasonPhrase) {
  const Bytes stale = request().error_code(ErrorNumber::stale_nonce).take();
  EXPECT_EQ(parsed(stale).error_code()->reason, "Stale Nonce");
  const auto readable = [](std::string_view reason) {
    const Bytes bytes = request().error_code(ErrorNumber::bad_request, reason).take();
    return parsed(bytes).error_code().has_value();
  };
  EXPECT_TRUE(readable(std::string(127, 'x')));
  EXPECT_FALSE(readable(std::string(128, 'x')));
  std::string wide;
  for (int i = 0; i < 127; ++i) wide += "\u30DE";
  EXPECT_TRUE(readable(wide));
  EXPECT_FALSE(readable("\xff"));
  EXPECT_THROW(request().error_code(ErrorNumber::bad_request, std::string(764, 'x')),
               std::length_error);
}

TEST(StunText, Stun12_Limits) {
  EXPECT_EQ(parsed(request().username(std::string(508, 'u')).take()).username()->size(), 508);
  EXPECT_THROW(request().username(std::string(509, 'u')), std::length_error);
  const Bytes long_name = request().attribute(AttributeType::username, Bytes(509, 'u')).take();
  EXPECT_EQ(parsed(long_name).username(), std::nullopt);

  for (const AttributeType type :
       {AttributeType::realm, AttributeType::nonce, AttributeType::software}) {
    const auto readable = [type](const std::string& text) {
      const Bytes bytes = request().attribute(type, as_bytes(text)).take();
      const MessageView message = parsed(bytes);
      switch (type) {
        case AttributeType::realm:
          return message.realm() == text;
        case AttributeType::nonce:
          return message.nonce() == text;
        default:
          return message.software() == text;
      }
    };
    EXPECT_TRUE(readable(""));
    EXPECT_TRUE(readable(std::string(127, 'x'))) << to_string(type);
    EXPECT_FALSE(readable(std::string(128, 'x'))) << to_string(type);
    std::string wide;
    for (int i = 0; i < 127; ++i) wide += "\U0001F4E6";  // 508 bytes, 127 characters
    EXPECT_TRUE(readable(wide)) << to_string(type);
    EXPECT_FALSE(readable(std::string(764, 'x'))) << to_string(type);
  }
}

TEST(StunText, Stun12_IllFormedUtf8IsRefused) {
  for (const char* text :
       {"\x80", "\xc0\xaf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "a\xe3\x83"}) {
    const Bytes bytes = request().attribute(AttributeType::username, as_bytes(text)).take();
    EXPECT_EQ(parsed(bytes).username(), std::nullopt);
  }
}

TEST(StunTurnAttributes, RoundTrip) {
  const Endpoint one = Endpoint::parse("198.51.100.1:9").value();
  const Endpoint two = Endpoint::parse("[2001:db8::2]:5000").value();
  const ReservationToken token{1, 2, 3, 4, 5, 6, 7, 8};
  const Bytes payload = hex("00 01 02 03 04");
  const Bytes bytes =
      request()
          .channel_number(0x4001)
          .lifetime(600)
          .xor_peer_address(one)
          .xor_peer_address(two)
          .xor_relayed_address(two)
          .data(payload)
          .requested_address_family(Family::ipv6)
          .additional_address_family(Family::ipv6)
          .address_error_code(Family::ipv6, ErrorNumber::address_family_not_supported)
          .even_port(true)
          .requested_transport(17)
          .dont_fragment()
          .reservation_token(token)
          .icmp({3, 4, 1280})
          .connection_id(77)
          .take();
  const MessageView message = parsed(bytes);
  EXPECT_EQ(message.channel_number(), 0x4001);
  EXPECT_EQ(message.lifetime(), 600);
  EXPECT_EQ(message.xor_peer_address(), one);
  EXPECT_THAT(message.xor_peer_addresses().value(), ElementsAre(one, two));
  EXPECT_EQ(message.xor_relayed_address(), two);
  EXPECT_THAT(message.xor_relayed_addresses().value(), ElementsAre(two));
  EXPECT_TRUE(std::ranges::equal(message.data().value(), payload));
  EXPECT_EQ(message.requested_address_family(), Family::ipv6);
  EXPECT_EQ(message.additional_address_family(), Family::ipv6);
  EXPECT_EQ(message.address_error_code()->family, Family::ipv6);
  EXPECT_EQ(message.address_error_code()->error.number, ErrorNumber::address_family_not_supported);
  EXPECT_EQ(message.even_port(), true);
  EXPECT_EQ(message.requested_transport(), 17);
  EXPECT_TRUE(message.dont_fragment());
  EXPECT_EQ(message.reservation_token(), token);
  EXPECT_EQ(message.icmp(), (IcmpError{3, 4, 1280}));
  EXPECT_EQ(message.connection_id(), 77);
  EXPECT_THAT(message.unknown_required(Usage::turn), IsEmpty());

  // One malformed peer spoils them all.
  const Bytes spoilt = request()
                           .xor_peer_address(one)
                           .attribute(AttributeType::xor_peer_address, hex("00030000 00000000"))
                           .take();
  EXPECT_EQ(parsed(spoilt).xor_peer_address(), one);
  EXPECT_EQ(parsed(spoilt).xor_peer_addresses(), std::nullopt);
}

TEST(StunDiscoveryAttributes, RoundTrip) {
  const Endpoint origin = Endpoint::parse("192.0.2.1:3478").value();
  const Endpoint other = Endpoint::parse("192.0.2.2:3479").value();
  const Bytes bytes = request()
                          .change_request({.change_ip = true, .change_port = false})
                          .padding(7)
                          .response_port(4000)
                          .cache_timeout(30)
                          .response_origin(origin)
                          .other_address(other)
                          .alternate_server(other)
                          .alternate_domain("example.org")
                          .unknown_attributes(std::array<std::uint16_t, 3>{1, 2, 0x7fff})
                          .take();
  const MessageView message = parsed(bytes);
  EXPECT_EQ(message.change_request(), (ChangeRequest{.change_ip = true, .change_port = false}));
  EXPECT_EQ(message.padding(), 7);
  EXPECT_EQ(message.response_port(), 4000);
  EXPECT_EQ(message.cache_timeout(), 30);
  EXPECT_EQ(message.response_origin(), origin);
  EXPECT_EQ(message.other_address(), other);
  EXPECT_EQ(message.alternate_server(), other);
  EXPECT_EQ(message.alternate_domain(), "example.org");
  EXPECT_THAT(message.unknown_attributes().value(), ElementsAre(1, 2, 0x7fff));
  // CHANGE-REQUEST's flags are 4 for the IP address and 2 for the port (RFC 5780 §7.2).
  EXPECT_EQ(load_be32(message.find(AttributeType::change_request)->data()), 4);
}

TEST(StunPasswordAlgorithms, ParametersAreSkipped) {
  // SHA-256 without parameters, algorithm 0x99 with three bytes of them, MD5.
  const Bytes bytes =
      request_with("80020010 00020000 00990003 61626300 00010000 001d0004 00010000");
  EXPECT_THAT(
      parsed(bytes).password_algorithms().value(),
      ElementsAre(PasswordAlgorithm::sha256, PasswordAlgorithm{0x99}, PasswordAlgorithm::md5));
  EXPECT_EQ(parsed(bytes).password_algorithm(), PasswordAlgorithm::md5);
  EXPECT_EQ(parsed(request_with("80020006 00020004 00000000")).password_algorithms(), std::nullopt);
  EXPECT_EQ(parsed(request_with("001d0008 00010000 00020000")).password_algorithm(), std::nullopt);
}

TEST(StunAttributeTable, NamesAndKinds) {
  EXPECT_EQ(to_string(AttributeType::xor_mapped_address), "XOR-MAPPED-ADDRESS");
  EXPECT_EQ(to_string(AttributeType{0x7abc}), "0x7abc");
  EXPECT_EQ(to_string(Method::create_permission), "CreatePermission");
  EXPECT_EQ(to_string(Method{0xabc}), "0xabc");
  EXPECT_TRUE(is_comprehension_required(AttributeType::use_candidate));
  EXPECT_FALSE(is_comprehension_required(AttributeType::software));
  for (const AttributeInfo& info : attribute_table()) {
    EXPECT_EQ(find_attribute(info.type), &info);
    EXPECT_LE(info.min_length, info.max_length);
  }
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

}  // namespace
}  // namespace natsim::stun
