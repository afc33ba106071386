// Names of a link's own hosts, asked for once and answered (RFC 6762 §5.1, §6.7).
#include "stack/dns/multicast.h"

#include <set>

#include <gtest/gtest.h>

#include "stack/dns/resolver.h"

namespace natsim::dns {
namespace NATSIM_TEST_FILE {

constexpr const char* anna = "8b2ee3f1-0d62-4c5a-9f3e-2b1c0a998877.local";
const IpAddress address = IpAddress::v4(192, 168, 1, 2);

Bytes query_for(std::string name, RecordType type) {
  Message query;
  query.id = 7;
  query.question = {std::move(name), type};
  return encode(query);
}

TEST(MulticastDns, Ice64_NamesAreVersion4Uuids) {
  Random random(1);
  std::set<std::string> drawn;
  for (int i = 0; i < 200; ++i) {
    const std::string name = draw_link_name(random);
    EXPECT_TRUE(is_link_name(name)) << name;
    ASSERT_EQ(name.size(), 36U + 6U);
    EXPECT_EQ(name[14], '4');
    EXPECT_NE(std::string_view("89ab").find(name[19]), std::string_view::npos) << name;
    drawn.insert(name);
  }
  EXPECT_EQ(drawn.size(), 200U);
  for (const char* other : {"local", ".local", "a.b.local", "a.example", "A.local", "a.local."}) {
    EXPECT_FALSE(is_link_name(other)) << other;
  }
}

TEST(MulticastDns, Ice64_AHostAnswersForItsOwnNames) {
  LinkNames names;
  names.publish(anna, address);
  const auto answer = names.answer(query_for(anna, RecordType::a));
  ASSERT_TRUE(answer);
  const auto message = decode(*answer);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->response);
  EXPECT_TRUE(message->authoritative);
  EXPECT_FALSE(message->recursion_desired);
  EXPECT_EQ(message->id, 7);
  EXPECT_EQ(message->answers, (std::vector<Answer>{{anna, 10, address}}));

  EXPECT_FALSE(names.answer(query_for(anna, RecordType::aaaa)));
  EXPECT_FALSE(names.answer(query_for("other.local", RecordType::a)));
  EXPECT_FALSE(names.answer(*answer));
  EXPECT_FALSE(names.answer(Bytes(5, 0)));
  names.withdraw(anna);
  EXPECT_FALSE(names.answer(query_for(anna, RecordType::a)));
}

TEST(MulticastDns, Ice64_AnyHostOfTheGroupMayAnswer) {
  const Endpoint local{IpAddress::v4(192, 168, 1, 3), 40'000};
  ResolverOptions options;
  options.server = multicast_group(Family::ipv4);
  options.question = {anna, RecordType::a};
  Resolver resolver(options, local, Random(1), Time{});
  const auto query = resolver.poll_transmit();
  ASSERT_TRUE(query);
  EXPECT_EQ(to_string(query->remote), "224.0.0.251:5353");
  EXPECT_FALSE(decode(query->payload)->recursion_desired);
  LinkNames names;
  names.publish(anna, address);
  const Bytes answer = names.answer(query->payload).value();
  // Not from the port that was asked.
  resolver.receive({address, 5354}, answer);
  EXPECT_FALSE(resolver.outcome());
  resolver.receive({address, multicast_port}, answer);
  ASSERT_TRUE(resolver.outcome());
  EXPECT_EQ(resolver.outcome()->answers.at(0).address, address);
  EXPECT_EQ(to_string(multicast_group(Family::ipv6)), "[ff02::fb]:5353");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::dns
