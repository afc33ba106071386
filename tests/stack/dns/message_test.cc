// DNS messages on literal bytes.
#include "stack/dns/message.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace natsim::dns {
namespace NATSIM_TEST_FILE {

Bytes bytes(std::string_view text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

// id 0x1234, RD, one question: a.example IN AAAA.
const Bytes query =
    bytes(std::string_view("\x12\x34\x01\x00\0\1\0\0\0\0\0\0"
                           "\1a\7example\0\0\x1c\0\1",
                           27));

TEST(DnsMessage, AQueryIsTheRfcsBytes) {
  Message message;
  message.id = 0x1234;
  message.question = {"a.example", RecordType::aaaa};
  EXPECT_EQ(encode(message), query);
  EXPECT_EQ(decode(query), message);
}

TEST(DnsMessage, AnswersPointToTheQuestion) {
  Message message;
  message.id = 1;
  message.response = message.authoritative = true;
  message.question = {"a.example", RecordType::a};
  message.answers = {{"a.example", 300, ip("192.0.2.1")}, {"b.example", 5, ip("2001:db8::1")}};
  const Bytes out = encode(message);
  // 12 of header, 15 of question, 2 + 10 + 4 of the first answer, 11 + 10 + 16 of the second.
  EXPECT_EQ(out.size(), 12U + 15 + 16 + 37);
  EXPECT_EQ(load_be16(out.data() + 27), 0xc00c);
  EXPECT_EQ(decode(out), message);
}

TEST(DnsMessage, WhatDoesNotFitIsTruncated) {
  Message message;
  message.response = true;
  message.question = {"a.example", RecordType::a};
  message.answers.assign(40, {"a.example", 300, ip("192.0.2.1")});
  const Bytes out = encode(message);
  // (512 - 27) / 16 answers fit.
  EXPECT_EQ(decode(out)->answers.size(), 30U);
  EXPECT_EQ(out.size(), 27U + 30 * 16);
  EXPECT_NE(load_be16(out.data() + 2) & 0x0200, 0);
}

TEST(DnsMessage, NamesAreNormal) {
  EXPECT_EQ(normal_name("A.Example."), "a.example");
  EXPECT_EQ(normal_name(std::string(63, 'a')), std::string(63, 'a'));
  for (const std::string& bad : {std::string(), std::string("."), std::string("a..b"),
                                 std::string(".a"), std::string("a b"), std::string(64, 'a')}) {
    EXPECT_FALSE(normal_name(bad)) << bad;
  }
  std::string longest = std::string(63, 'a') + '.' + std::string(63, 'b') + '.' +
                        std::string(63, 'c') + '.' + std::string(61, 'd');
  EXPECT_TRUE(normal_name(longest));
  EXPECT_FALSE(normal_name(longest + 'd'));
}

TEST(DnsMessage, PointersThatDoNotLeadBackAreRefused) {
  Bytes loop = query;
  loop.resize(12);
  for (const int byte : {0xc0, 0x0c, 0, 1, 0, 1}) loop.push_back(static_cast<std::uint8_t>(byte));
  EXPECT_FALSE(decode(loop));
}

TEST(DnsMessage, HalfOfItIsNone) {
  Message message;
  message.response = true;
  message.question = {"a.example", RecordType::a};
  message.answers = {{"a.example", 300, ip("192.0.2.1")}};
  const Bytes whole = encode(message);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode(ByteView(whole).first(size))) << size;
  }
}

RC_GTEST_PROP(DnsMessage, WhatIsAcceptedReadsTheSameAgain, (const Bytes& tail)) {
  Bytes datagram = query;
  datagram[7] = *rc::gen::element<std::uint8_t>(0, 1, 2);
  datagram.insert(datagram.end(), tail.begin(), tail.end());
  const auto message = decode(datagram);
  if (message) RC_ASSERT(decode(encode(*message))->question == message->question);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::dns
