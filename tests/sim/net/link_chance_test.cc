// What links leave to chance: jitter and loss.
#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "tests/sim/net/testbed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

using core::DropReason;

// Sends `count` packets a millisecond apart, from the start of the world.
void send_evenly(TwoHosts& net, int count) {
  for (int i = 0; i < count; ++i) {
    net.run_until(milliseconds(i));
    net.send(100);
  }
  net.run();
}

// The delay of each packet that arrived, in order of arrival; packets are numbered by their id's
// own count, which starts at 1.
std::vector<Duration> delays(const TwoHosts& net) {
  std::vector<Duration> result;
  for (const auto& letter : net.at_b.letters) {
    const auto number = static_cast<std::int64_t>(letter.packet & 0xff'ffff'ffff);
    result.push_back(letter.at - (Time{} + milliseconds(number - 1)));
  }
  return result;
}

std::set<core::PacketId> lost_packets(const PacketLog& log) {
  std::set<core::PacketId> lost;
  for (const auto& step : log.drops()) {
    if (step.reason == DropReason::random_loss) lost.insert(step.packet);
  }
  return lost;
}

bool in_order(const TwoHosts& net) {
  return std::is_sorted(net.at_b.letters.begin(), net.at_b.letters.end(),
                        [](const auto& a, const auto& b) { return a.packet < b.packet; });
}

TEST(LinkJitter, KeepsOrder) {
  TwoHosts net({.one_way_delay = milliseconds(20), .jitter = milliseconds(10)});
  send_evenly(net, 1000);
  ASSERT_EQ(net.at_b.letters.size(), 1000U);
  EXPECT_TRUE(in_order(net));
  // A packet may be held up behind one with a longer delay, but no longer than that one.
  for (const Duration delay : delays(net)) {
    EXPECT_GE(delay, milliseconds(10));
    EXPECT_LE(delay, milliseconds(30));
  }
}

TEST(LinkJitter, ReordersWhenAsked) {
  TwoHosts net({.one_way_delay = milliseconds(20), .jitter = milliseconds(10), .reorder = true});
  send_evenly(net, 10'000);
  ASSERT_EQ(net.at_b.letters.size(), 10'000U);
  EXPECT_FALSE(in_order(net));
  // Uniform on 20 ± 10 ms: mean 20 ms, deviation 10/sqrt(3) ms, the mean of 10 000 within 3.29 of
  // its own deviations (99.9 %).
  double sum = 0;
  for (const Duration delay : delays(net)) {
    EXPECT_GE(delay, milliseconds(10));
    EXPECT_LE(delay, milliseconds(30));
    sum += delay.to_milliseconds();
  }
  EXPECT_NEAR(sum / 10'000, 20, 3.29 * 10 / std::sqrt(3.0) / 100);
}

TEST(LinkJitter, TheDelayIsNeverNegative) {
  TwoHosts net({.one_way_delay = milliseconds(1), .jitter = milliseconds(100), .reorder = true});
  send_evenly(net, 1000);
  int immediate = 0;
  for (const Duration delay : delays(net)) {
    EXPECT_GE(delay, Duration{});
    immediate += delay == Duration{};
  }
  // 99 of the 200 ms between -99 and 101 ms lie below zero: mean 495, deviation 15.8, 99.9 % within
  // 52.
  EXPECT_NEAR(immediate, 495, 52);
}

TEST(LinkJitter, EqualTimesArriveInTheOrderOfSending) {
  TwoHosts net({.one_way_delay = milliseconds(1), .reorder = true});
  for (int i = 0; i < 100; ++i) net.send(100);
  net.run();
  ASSERT_EQ(net.at_b.letters.size(), 100U);
  EXPECT_TRUE(in_order(net));
}

class LinkLoss : public testing::TestWithParam<double> {};

TEST_P(LinkLoss, CountIsWithinItsBounds) {
  const double p = GetParam();
  constexpr int count = 20'000;
  TwoHosts net({.one_way_delay = milliseconds(10), .loss = p});
  send_evenly(net, count);
  const double deviation = std::sqrt(count * p * (1 - p));
  const auto lost = static_cast<double>(net.forth().counters().lost);
  EXPECT_NEAR(lost, count * p, 3.29 * deviation);  // 99.9 %
  EXPECT_EQ(net.drops(DropReason::random_loss), net.forth().counters().lost);
  EXPECT_EQ(net.forth().counters().delivered + net.forth().counters().lost, count);
}
INSTANTIATE_TEST_SUITE_P(Probabilities, LinkLoss, testing::Values(0.0, 0.001, 0.01, 0.1, 0.5, 1.0));

TEST(LinkChance, ALostPacketDiesWhenItWouldHaveArrived) {
  TwoHosts net({.rate = 8'000'000, .one_way_delay = milliseconds(10), .loss = 1});
  PacketLog log(net.world);
  net.send(200);
  net.run();
  ASSERT_EQ(log.drops().size(), 1U);
  EXPECT_EQ(log.drops()[0].at, Time{} + milliseconds(10) + microseconds(200));
  EXPECT_EQ(log.drops()[0].where, net.forth().id());
}

TEST(LinkChance, JitterDoesNotChangeWhatIsLost) {
  std::vector<std::set<core::PacketId>> lost;
  for (const Duration jitter : {Duration{}, milliseconds(5)}) {
    TwoHosts net({.one_way_delay = milliseconds(10), .jitter = jitter, .loss = 0.1});
    PacketLog log(net.world);
    send_evenly(net, 2000);
    lost.push_back(lost_packets(log));
  }
  EXPECT_FALSE(lost[0].empty());
  EXPECT_EQ(lost[0], lost[1]);
}

TEST(LinkChance, LossDoesNotChangeTheDelaysOfTheRest) {
  std::vector<std::vector<Time>> arrivals;
  for (const double loss : {0.0, 0.1}) {
    TwoHosts net({.one_way_delay = milliseconds(10), .jitter = milliseconds(5), .loss = loss});
    send_evenly(net, 500);
    arrivals.push_back(net.arrivals());
  }
  EXPECT_LT(arrivals[1].size(), arrivals[0].size());
  EXPECT_TRUE(std::includes(arrivals[0].begin(), arrivals[0].end(), arrivals[1].begin(),
                            arrivals[1].end()));
}

TEST(LinkChance, OneDirectionDoesNotChangeTheOther) {
  const LinkOptions lossy = {
      .one_way_delay = milliseconds(10), .jitter = milliseconds(1), .loss = 0.2};
  std::vector<std::vector<Time>> arrivals;
  for (const bool answers : {false, true}) {
    TwoHosts net(lossy);
    if (answers) {
      net.at_b.then = [](UdpSocket& socket, const Packet& packet) {
        socket.send(packet.source, packet.payload());
      };
    }
    send_evenly(net, 500);
    arrivals.push_back(net.arrivals());
    EXPECT_EQ(net.at_a.letters.empty(), !answers);
  }
  EXPECT_EQ(arrivals[0], arrivals[1]);
}

TEST(LinkChance, DirectionsDrawFromStreamsOfTheirOwn) {
  const LinkOptions lossy = {.loss = 0.5};
  TwoHosts net(lossy);
  std::vector<bool> forth;
  std::vector<bool> back;
  for (int i = 0; i < 200; ++i) {
    const auto at_b = net.at_b.letters.size();
    const auto at_a = net.at_a.letters.size();
    net.send(100);
    net.b_socket->send(net.a_socket->local(), as_bytes("x"));
    net.run();
    forth.push_back(net.at_b.letters.size() > at_b);
    back.push_back(net.at_a.letters.size() > at_a);
  }
  EXPECT_NE(forth, back);
}

TEST(LinkChance, TheSeedChangesWhatIsLost) {
  std::vector<std::vector<Time>> arrivals;
  for (const std::uint64_t seed : {1U, 2U}) {
    TwoHosts net({.loss = 0.3}, {}, seed);
    send_evenly(net, 200);
    arrivals.push_back(net.arrivals());
  }
  EXPECT_NE(arrivals[0], arrivals[1]);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
