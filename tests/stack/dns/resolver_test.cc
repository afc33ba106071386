// A question and its retransmissions, by the machine's own deadlines.
#include "stack/dns/resolver.h"

#include <gtest/gtest.h>

namespace natsim::dns {
namespace NATSIM_TEST_FILE {

const Endpoint server = Endpoint::parse("192.0.2.53:53").value();
const Endpoint local = Endpoint::parse("192.0.2.1:40000").value();

Resolver resolver() {
  ResolverOptions options;
  options.server = server;
  options.question = {"a.example", RecordType::a};
  return {options, local, Random(1), Time{}};
}

Bytes answer_to(const Transmit& query, const Answer& answer) {
  Message message = decode(query.payload).value();
  message.response = true;
  message.answers = {answer};
  return encode(message);
}

const Answer address = {"a.example", 300, IpAddress::v4(192, 0, 2, 9)};

TEST(Resolver, TakesTheAnswer) {
  Resolver machine = resolver();
  const auto query = machine.poll_transmit();
  ASSERT_TRUE(query);
  EXPECT_EQ(query->remote, server);
  EXPECT_FALSE(machine.poll_transmit());
  machine.receive(server, answer_to(*query, address));
  ASSERT_TRUE(machine.outcome());
  EXPECT_EQ(machine.outcome()->answers, std::vector{address});
  EXPECT_EQ(machine.next_timeout(), Time::never());
}

TEST(Resolver, AsksThreeTimesFiveSecondsApart) {
  Resolver machine = resolver();
  for (int i = 1; i <= 3; ++i) {
    EXPECT_TRUE(machine.poll_transmit());
    EXPECT_EQ(machine.next_timeout(), Time{} + seconds(5 * i));
    machine.handle_timeout(machine.next_timeout());
  }
  EXPECT_FALSE(machine.poll_transmit());
  EXPECT_EQ(machine.outcome()->failure, "timeout");
}

TEST(Resolver, IgnoresWhatIsNotForIt) {
  Resolver machine = resolver();
  const Transmit query = machine.poll_transmit().value();
  machine.receive(local, answer_to(query, address));  // from somebody else
  Bytes other_id = answer_to(query, address);
  other_id[0] ^= 1;
  machine.receive(server, other_id);
  machine.receive(server, query.payload);
  EXPECT_FALSE(machine.outcome());
}

TEST(Resolver, ToldThatThereIsNoSuchName) {
  Resolver machine = resolver();
  Message message = decode(machine.poll_transmit()->payload).value();
  message.response = true;
  message.code = ResponseCode::name_error;
  machine.receive(server, encode(message));
  EXPECT_EQ(machine.outcome()->failure, "Name Error");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::dns
