// What a DNS server answers, and what DNS64 adds (RFC 6147, RFC 7050).
#include "stack/dns/server.h"

#include <gtest/gtest.h>

#include "stack/base/embedded_address.h"

namespace natsim::dns {
namespace NATSIM_TEST_FILE {

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

Message ask(const Server& server, const std::string& name, RecordType type) {
  Message query;
  query.id = 77;
  query.question = {name, type};
  const auto answer = server.answer(encode(query));
  EXPECT_TRUE(answer);
  const Message message = decode(answer.value()).value();
  EXPECT_TRUE(message.response);
  EXPECT_EQ(message.id, 77);
  return message;
}

ServerOptions options() {
  ServerOptions made;
  made.hosts["four.example"] = {ip("192.0.2.33")};
  made.hosts["both.example"] = {ip("192.0.2.1"), ip("2001:db8::1")};
  return made;
}

TEST(DnsServer, KnowsItsRecords) {
  const Server server(options());
  EXPECT_EQ(ask(server, "four.example", RecordType::a).answers.at(0).address, ip("192.0.2.33"));
  EXPECT_TRUE(ask(server, "four.example", RecordType::aaaa).answers.empty());
  EXPECT_EQ(ask(server, "both.example", RecordType::aaaa).answers.at(0).address, ip("2001:db8::1"));
  EXPECT_TRUE(ask(server, "both.example", RecordType::cname).answers.empty());
  EXPECT_EQ(ask(server, "none.example", RecordType::a).code, ResponseCode::name_error);
  EXPECT_EQ(ask(server, "ipv4only.arpa", RecordType::a).code, ResponseCode::name_error);
}

TEST(DnsServer, SynthesizesWhereThereIsIpv4Alone) {
  ServerOptions made = options();
  made.dns64 = well_known_nat64_prefix;
  const Server server(made);
  const auto four = ask(server, "four.example", RecordType::aaaa).answers;
  ASSERT_EQ(four.size(), 1U);
  EXPECT_EQ(four[0].address, ip("64:ff9b::c000:221"));
  // RFC 6147 §5.1.1: where there is a record, nothing is synthesized.
  const auto both = ask(server, "both.example", RecordType::aaaa).answers;
  ASSERT_EQ(both.size(), 1U);
  EXPECT_EQ(both[0].address, ip("2001:db8::1"));
}

TEST(DnsServer, TellsItsPrefix) {
  for (const char* const text : {"64:ff9b::/96", "2001:db8::/32", "2001:db8:1::/48",
                                 "2001:db8:1:200::/56", "2001:db8:1:2::/64"}) {
    ServerOptions made;
    made.dns64 = Prefix::parse(text);
    const Server server(made);
    EXPECT_EQ(discover_prefix(ask(server, "ipv4only.arpa", RecordType::aaaa).answers), made.dns64)
        << text;
  }
  EXPECT_FALSE(discover_prefix({{"ipv4only.arpa", 1, ip("2001:db8::1")}}));
  EXPECT_FALSE(discover_prefix({}));
}

TEST(DnsServer, AnswersQueriesAlone) {
  const Server server(options());
  Message response;
  response.response = true;
  response.question = {"four.example", RecordType::a};
  EXPECT_FALSE(server.answer(encode(response)));
  EXPECT_FALSE(server.answer(as_bytes("hello")));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::dns
