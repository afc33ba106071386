// The test vectors of RFC 5769, and of RFC 8489 appendix B.1 as erratum 6268 corrects it.
#include "hex.h"

#include <gtest/gtest.h>

#include "stack/stun/fingerprint.h"
#include "stack/stun/integrity.h"
#include "stack/stun/message.h"
#include "stack/stun/message_builder.h"

namespace natsim::stun {
namespace NATSIM_TEST_FILE {

constexpr std::string_view ice_password = "VOkJxbRl1RmTxUk/WvJxBt";
// マトリックス; the password is what SASLprep or OpaqueString makes of the RFC's.
constexpr std::string_view matrix_username = "\u30DE\u30C8\u30EA\u30C3\u30AF\u30B9";
constexpr std::string_view matrix_password = "TheMatrIX";

const Bytes sample_request = hex(R"(
    00 01 00 58  21 12 a4 42  b7 e7 a7 01  bc 34 d6 86  fa 87 df ae
    80 22 00 10  53 54 55 4e  20 74 65 73  74 20 63 6c  69 65 6e 74
    00 24 00 04  6e 00 01 ff
    80 29 00 08  93 2f f9 b1  51 26 3b 36
    00 06 00 09  65 76 74 6a  3a 68 36 76  59 20 20 20
    00 08 00 14  9a ea a7 0c  bf d8 cb 56  78 1e f2 b5  b2 d3 f2 49  c1 b5 71 a2
    80 28 00 04  e5 7a 3b cf)");

const Bytes sample_ipv4_response = hex(R"(
    01 01 00 3c  21 12 a4 42  b7 e7 a7 01  bc 34 d6 86  fa 87 df ae
    80 22 00 0b  74 65 73 74  20 76 65 63  74 6f 72 20
    00 20 00 08  00 01 a1 47  e1 12 a6 43
    00 08 00 14  2b 91 f5 99  fd 9e 90 c3  8c 74 89 f9  2a f9 ba 53  f0 6b e7 d7
    80 28 00 04  c0 7d 4c 96)");

const Bytes sample_ipv6_response = hex(R"(
    01 01 00 48  21 12 a4 42  b7 e7 a7 01  bc 34 d6 86  fa 87 df ae
    80 22 00 0b  74 65 73 74  20 76 65 63  74 6f 72 20
    00 20 00 14  00 02 a1 47  01 13 a9 fa  a5 d3 f1 79  bc 25 f4 b5  be d2 b9 d9
    00 08 00 14  a3 82 95 4e  4b e6 7b f1  17 84 c9 7c  82 92 c2 75  bf e3 ed 41
    80 28 00 04  c8 fb 0b 4c)");

const Bytes sample_long_term_request = hex(R"(
    00 01 00 60  21 12 a4 42  78 ad 34 33  c6 ad 72 c0  29 da 41 2e
    00 06 00 12  e3 83 9e e3  83 88 e3 83  aa e3 83 83  e3 82 af e3  82 b9 00 00
    00 15 00 1c  66 2f 2f 34  39 39 6b 39  35 34 64 36  4f 4c 33 34  6f 4c 39 46
                 53 54 76 79  36 34 73 41
    00 14 00 0b  65 78 61 6d  70 6c 65 2e  6f 72 67 00
    00 08 00 14  f6 70 24 65  6d d6 4a 3e  02 b8 e0 71  2e 85 c9 a2  8c a8 96 66)");

const Bytes sample_sha256_request = hex(R"(
    00 01 00 90  21 12 a4 42  78 ad 34 33  c6 ad 72 c0  29 da 41 2e
    00 1e 00 20  4a 3c f3 8f  ef 69 92 bd  a9 52 c6 78  04 17 da 0f
                 24 81 94 15  56 9e 60 b2  05 c4 6e 41  40 7f 17 04
    00 15 00 29  6f 62 4d 61  74 4a 6f 73  32 41 41 41  43 66 2f 2f  34 39 39 6b
                 39 35 34 64  36 4f 4c 33  34 6f 4c 39  46 53 54 76  79 36 34 73
                 41 00 00 00
    00 14 00 0b  65 78 61 6d  70 6c 65 2e  6f 72 67 00
    00 1d 00 04  00 02 00 00
    00 1c 00 20  b5 c7 bf 00  5b 6c 52 a2  1c 51 c5 e8  92 f8 19 24
                 13 62 96 cb  92 7c 43 14  93 09 27 8c  c6 51 8e 65)");

TEST(StunVectors, Rfc5769_2_1_SampleRequest) {
  const auto message = MessageView::parse(sample_request);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->is_request());
  EXPECT_EQ(message->method(), Method::binding);
  EXPECT_EQ(to_string(message->transaction_id()), "b7e7a701bc34d686fa87dfae");
  EXPECT_EQ(message->software(), "STUN test client");
  EXPECT_EQ(message->priority(), 0x6e0001ff);
  EXPECT_EQ(message->ice_controlled(), 0x932ff9b151263b36);
  EXPECT_EQ(message->ice_controlling(), std::nullopt);
  EXPECT_EQ(message->username(), "evtj:h6vY");
  EXPECT_TRUE(message->has_fingerprint());
  IntegrityKey key = IntegrityKey::short_term(ice_password);
  EXPECT_TRUE(key.verify_message_integrity(*message));
  IntegrityKey wrong = IntegrityKey::short_term("VOkJxbRl1RmTxUk/WvJxBu");
  EXPECT_FALSE(wrong.verify_message_integrity(*message));
}

// The vectors pad with spaces where this library pads with zeros, so the rest is compared with the
// integrity and the fingerprint taken over the same padding.
Bytes with_zero_padding(Bytes message, std::size_t at, std::size_t count) {
  for (std::size_t i = at; i < at + count; ++i) {
    EXPECT_EQ(message[i], 0x20);
    message[i] = 0;
  }
  return message;
}

TEST(StunVectors, Rfc5769_2_1_EncodesUpToItsPadding) {
  const auto message = MessageView::parse(sample_request);
  MessageBuilder builder(MessageClass::request, Method::binding, message->transaction_id());
  builder.software("STUN test client")
      .priority(0x6e0001ff)
      .ice_controlled(0x932ff9b151263b36)
      .username("evtj:h6vY");
  const std::size_t integrity_at = message->message_integrity_offset();
  const Bytes expected = with_zero_padding(sample_request, integrity_at - 3, 3);
  EXPECT_EQ(Bytes(builder.bytes().begin() + header_size, builder.bytes().end()),
            Bytes(expected.begin() + header_size,
                  expected.begin() + static_cast<std::ptrdiff_t>(integrity_at)));
  // The MAC of the vector's own bytes, padding included.
  IntegrityKey key = IntegrityKey::short_term(ice_password);
  const HmacSha1 mac = key.message_integrity(ByteView(sample_request).first(integrity_at));
  EXPECT_TRUE(std::ranges::equal(mac, *message->find(AttributeType::message_integrity)));
  EXPECT_EQ(fingerprint_value(ByteView(sample_request).first(sample_request.size() - 8)),
            0xe57a3bcf);
}

void expect_response(const Bytes& bytes, const Endpoint& mapped) {
  const auto message = MessageView::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->is_success());
  EXPECT_EQ(message->method(), Method::binding);
  EXPECT_EQ(message->software(), "test vector");
  EXPECT_EQ(message->xor_mapped_address(), mapped);
  IntegrityKey key = IntegrityKey::short_term(ice_password);
  EXPECT_TRUE(key.verify(*message));

  MessageBuilder builder(MessageClass::success_response, Method::binding,
                         message->transaction_id());
  builder.software("test vector").xor_mapped_address(mapped);
  const std::size_t integrity_at = message->message_integrity_offset();
  const Bytes expected = with_zero_padding(bytes, header_size + 4 + 11, 1);
  EXPECT_EQ(Bytes(builder.bytes().begin() + header_size, builder.bytes().end()),
            Bytes(expected.begin() + header_size,
                  expected.begin() + static_cast<std::ptrdiff_t>(integrity_at)));
}

TEST(StunVectors, Rfc5769_2_2_SampleIpv4Response) {
  expect_response(sample_ipv4_response, Endpoint::parse("192.0.2.1:32853").value());
}

TEST(StunVectors, Rfc5769_2_3_SampleIpv6Response) {
  expect_response(sample_ipv6_response,
                  Endpoint::parse("[2001:db8:1234:5678:11:2233:4455:6677]:32853").value());
}

TEST(StunVectors, Rfc5769_2_4_LongTermRequest) {
  const auto message = MessageView::parse(sample_long_term_request);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->username(), matrix_username);
  EXPECT_EQ(message->realm(), "example.org");
  EXPECT_EQ(message->nonce(), "f//499k954d6OL34oL9FSTvy64sA");
  IntegrityKey key = IntegrityKey::long_term(matrix_username, "example.org", matrix_password);
  EXPECT_TRUE(key.verify(*message));

  // This vector pads with zeros: every byte comes out again.
  MessageBuilder builder(MessageClass::request, Method::binding, message->transaction_id());
  builder.username(matrix_username)
      .nonce("f//499k954d6OL34oL9FSTvy64sA")
      .realm("example.org")
      .message_integrity(key);
  EXPECT_EQ(builder.take(), sample_long_term_request);
}

TEST(StunVectors, Rfc8489_B1_Sha256RequestAsCorrected) {
  const auto message = MessageView::parse(sample_sha256_request);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->userhash(), user_hash(matrix_username, "example.org"));
  EXPECT_EQ(message->nonce(), "obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA");
  EXPECT_EQ(message->password_algorithm(), PasswordAlgorithm::sha256);
  EXPECT_FALSE(message->has(AttributeType::message_integrity));
  IntegrityKey key = IntegrityKey::long_term(matrix_username, "example.org", matrix_password,
                                             PasswordAlgorithm::sha256);
  EXPECT_TRUE(key.verify(*message));

  MessageBuilder builder(MessageClass::request, Method::binding, message->transaction_id());
  builder.userhash(user_hash(matrix_username, "example.org"))
      .nonce("obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA")
      .realm("example.org")
      .password_algorithm(PasswordAlgorithm::sha256)
      .message_integrity_sha256(key);
  EXPECT_EQ(builder.take(), sample_sha256_request);
}

// RFC 8489 §9.2.2 gives MD5("user:realm:pass") = 8493fbc53ba582fb4c044c456bdc40eb: a key made from
// the parts computes the same MACs as that key itself.
TEST(StunVectors, Rfc8489_9_2_2_LongTermKey) {
  IntegrityKey from_parts = IntegrityKey::long_term("user", "realm", "pass");
  IntegrityKey from_digest(hex("8493fbc53ba582fb4c044c456bdc40eb"));
  EXPECT_EQ(from_parts.hmac_sha256(as_bytes("x")), from_digest.hmac_sha256(as_bytes("x")));
}

// RFC 4231 test case 2, and the check value of CRC-32 for "123456789".
TEST(StunVectors, PrimitivesMatchTheirPublishedValues) {
  IntegrityKey key(as_bytes("Jefe"));
  const HmacSha256 mac = key.hmac_sha256(as_bytes("what do ya want for nothing?"));
  EXPECT_EQ(Bytes(mac.begin(), mac.end()),
            hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
  EXPECT_EQ(crc32(as_bytes("123456789")), 0xcbf43926);
  EXPECT_EQ(crc32(crc32(as_bytes("12345")), as_bytes("6789")), 0xcbf43926);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::stun
