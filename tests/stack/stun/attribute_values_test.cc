// The typed getters and setters of single attributes.
#include "hex.h"
#include "test_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/stun/message.h"
#include "stack/stun/message_builder.h"

namespace natsim::stun {
namespace NATSIM_TEST_FILE {

using testing::ElementsAre;
using testing::IsEmpty;

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

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::stun
