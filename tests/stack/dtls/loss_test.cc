// When flights go out again, and what disorder does.
#include <gtest/gtest.h>

#include "tests/stack/dtls/association.h"

namespace natsim::dtls {
namespace NATSIM_TEST_FILE {

constexpr Duration one_way = Association::one_way;

AssociationSetup with_timer(Duration initial, Duration longest) {
  AssociationSetup setup;
  setup.client.timer = setup.server.timer = {.initial = initial, .longest = longest};
  return setup;
}

// Whichever of the four flights is lost, the handshake is late by what passes until the client or
// the server, which wait for the flight after their own, send again: one wait after their own
// flight.
TEST(DtlsLoss, Dtls05EachFlightLostOnceCostsOneWait) {
  for (std::size_t lost = 0; lost < 4; ++lost) {
    Association pair;
    pair.loses = [lost](std::size_t number) { return number == lost; };
    pair.start();
    pair.run();
    // Flight n leaves after n crossings. A lost ClientHello or third flight waits for the client's
    // timer, as does a lost fourth flight, the answer to the third, which leaves after two
    // crossings. A lost second flight waits for the client's timer too, set at the start, which
    // comes before the server's.
    const Duration sent_again = lost < 2 ? seconds(1) : one_way * 2 + seconds(1);
    const Duration rest = lost < 2 ? one_way * 4 : one_way * 2;
    EXPECT_EQ(pair.at_client.connected, Time{} + sent_again + rest) << lost;
    EXPECT_TRUE(pair.at_client.failures.empty());
    EXPECT_TRUE(pair.at_server.connected);
  }
}

TEST(DtlsLoss, Dtls05WaitsDoubleUpToTheLongest) {
  Association pair(with_timer(milliseconds(100), milliseconds(350)));
  pair.loses = [](std::size_t) { return true; };
  pair.start();
  std::vector<Duration> waits;
  Time last = pair.now;
  while (pair.client.state() == Session::State::handshaking) {
    waits.push_back(pair.client.next_timeout() - last);
    last = pair.client.next_timeout();
    pair.run(last);
  }
  std::vector<Duration> expected{milliseconds(100), milliseconds(200)};
  expected.resize(13, milliseconds(350));
  EXPECT_EQ(waits, expected);
  EXPECT_EQ(pair.at_client.failures, std::vector<std::string>{"read timeout expired"});
  EXPECT_EQ(pair.sent.size(), 13u);
}

TEST(DtlsLoss, Dtls05WaitsAreExactToTheNanosecond) {
  Association pair(with_timer(nanoseconds(1'234'567), seconds(60)));
  pair.client.start(Time{} + nanoseconds(1));
  EXPECT_EQ(pair.client.next_timeout(), Time{} + nanoseconds(1'234'568));
}

TEST(DtlsLoss, Dtls05AnAnswerSetsTheWaitBack) {
  Association pair;
  // The ClientHello twice, so that the client's wait is 4 s when it gets through.
  pair.loses = [](std::size_t number) { return number < 2; };
  pair.start();
  pair.run(Time{} + seconds(3) + one_way * 2);
  EXPECT_EQ(pair.client.next_timeout(), Time{} + seconds(3) + one_way * 2 + seconds(1));
}

TEST(DtlsLoss, Dtls06TheLastFlightGoesOutAgainAsOftenAsItIsAskedFor) {
  Association pair;
  std::size_t lost = 0;
  pair.put = [&](const Crossing& crossing, std::deque<Crossing>& wire) {
    const bool last_flight = crossing.from == Role::server && pair.at_server.connected.has_value();
    const bool connecting =
        crossing.from == Role::server && pair.server.state() == Session::State::connected;
    if ((last_flight || connecting) && pair.now < Time{} + seconds(5)) {
      ++lost;
      return;
    }
    wire.push_back(crossing);
  };
  pair.start();
  pair.run();
  // The client's third flight leaves after 50 ms and again 1, 3 and 7 s later.
  EXPECT_EQ(pair.at_client.connected, Time{} + one_way * 2 + seconds(7) + one_way * 2);
  EXPECT_GE(lost, 3u);
}

// On a path that drops what is larger than 256 bytes without a word.
TEST(DtlsLoss, Dtls17RepeatedTimeoutsShrinkTheDatagrams) {
  for (const bool shrinks : {true, false}) {
    AssociationSetup setup;
    setup.client.fallback_mtu = setup.server.fallback_mtu = shrinks ? 256 : 1200;
    Association pair(setup);
    pair.put = [](const Crossing& crossing, std::deque<Crossing>& wire) {
      if (crossing.datagram.size() <= 256) wire.push_back(crossing);
    };
    pair.start();
    pair.run();
    EXPECT_EQ(pair.at_client.connected.has_value(), shrinks);
    EXPECT_EQ(pair.at_client.failures.empty(), shrinks);
  }
}

TEST(DtlsLoss, Dtls04FragmentsOfASmallMtuConnectInTwoRoundTrips) {
  AssociationSetup setup;
  setup.client.mtu = setup.server.mtu = 256;
  Association pair(setup);
  pair.start();
  pair.run();
  EXPECT_EQ(pair.at_client.connected, Time{} + one_way * 4);
  EXPECT_GT(pair.sent.size(), 6u);
  for (const Crossing& each : pair.sent) EXPECT_LE(each.datagram.size(), 256u);
}

TEST(DtlsLoss, Dtls04EveryDatagramOfManyLostOnceStillConnects) {
  AssociationSetup setup;
  setup.client.mtu = setup.server.mtu = 256;
  Association whole(setup);
  whole.start();
  whole.run();
  for (std::size_t lost = 0; lost < whole.sent.size(); ++lost) {
    Association pair(setup);
    pair.loses = [lost](std::size_t number) { return number == lost; };
    pair.start();
    pair.run();
    ASSERT_TRUE(pair.at_client.connected && pair.at_server.connected) << lost;
    // One wait, and the four crossings, at the latest.
    EXPECT_LE(*pair.at_client.connected, Time{} + seconds(1) + one_way * 6) << lost;
  }
}

TEST(DtlsLoss, Dtls04DuplicatesAndDisorderChangeNothingOfTheEnd) {
  AssociationSetup setup;
  setup.client.mtu = setup.server.mtu = 256;
  Association pair(setup);
  pair.put = [](const Crossing& crossing, std::deque<Crossing>& wire) {
    wire.push_front(crossing);
    wire.push_back(crossing);
  };
  pair.start();
  pair.run();
  EXPECT_TRUE(pair.at_client.connected);
  EXPECT_TRUE(pair.at_server.connected);
  EXPECT_TRUE(pair.at_client.failures.empty());
}

TEST(DtlsLoss, Dtls03GarbageBetweenAndBehindRecordsIsIgnored) {
  Association pair;
  pair.put = [](Crossing crossing, std::deque<Crossing>& wire) {
    wire.push_back({crossing.from, crossing.sent, Bytes{0x16, 0xfe}});
    wire.push_back({crossing.from, crossing.sent, Bytes(100, 0x80)});
    crossing.datagram.insert(crossing.datagram.end(), {1, 2, 3});
    wire.push_back(crossing);
  };
  pair.start();
  pair.run();
  EXPECT_EQ(pair.at_client.connected, Time{} + one_way * 4);
  EXPECT_GT(pair.client.ignored(), 0u);
}

// Data that overtakes the Finished before it.
TEST(DtlsLoss, Dtls08EarlyDataIsNeverFatal) {
  Association pair;
  pair.start();
  pair.run(Time{} + one_way * 3);
  ASSERT_EQ(pair.server.state(), Session::State::connected);
  ASSERT_TRUE(pair.server.send(as_bytes("early"), pair.now));
  while (const auto out = pair.server.poll_transmit()) pair.client.receive(*out, pair.now);
  pair.drain();
  pair.run();
  EXPECT_TRUE(pair.at_client.connected);
  EXPECT_TRUE(pair.at_client.failures.empty());
}

TEST(DtlsLoss, Dtls13TwoClientsIgnoreEachOther) {
  const Certificate certificate = Certificate::generate(Random(1));
  Session one({}, certificate, Random(1));
  Session other({}, certificate, Random(2));
  one.start(Time{});
  other.start(Time{});
  while (const auto out = one.poll_transmit()) other.receive(*out, Time{});
  EXPECT_EQ(other.state(), Session::State::handshaking);
  EXPECT_EQ(other.ignored(), 1u);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::dtls
