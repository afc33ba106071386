// The parts of the controller, by their figures.
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "stack/congestion/application_limit.h"
#include "stack/congestion/arrival_groups.h"
#include "stack/congestion/delay_trend.h"
#include "stack/congestion/link_capacity.h"
#include "stack/congestion/probe_controller.h"
#include "stack/congestion/probe_estimate.h"
#include "stack/congestion/rate_controller.h"
#include "stack/congestion/sent_packets.h"
#include "stack/congestion/throughput.h"

namespace natsim::congestion {
namespace NATSIM_TEST_FILE {

constexpr Time at_ms(std::int64_t ms) { return Time{} + milliseconds(ms); }

TEST(SentPackets, TellsWhenEachCameOnce) {
  SentPackets packets;
  for (int i = 0; i < 4; ++i) {
    packets.add(static_cast<std::uint16_t>(65534 + i), 1000, 0, at_ms(10 * i));
  }
  rtp::TransportFeedback feedback = {
      .base_sequence = 65533, .reference_time = 100, .arrivals = {0, 4, std::nullopt, 8}};
  std::vector<PacketResult> results = packets.apply(feedback);
  ASSERT_EQ(results.size(), 3U);  // 65533 was never sent.
  EXPECT_EQ(results[0].sent, at_ms(0));
  EXPECT_EQ(results[0].arrival, milliseconds(6401));
  EXPECT_FALSE(results[1].arrival);
  EXPECT_EQ(results[2].sent, at_ms(20));
  EXPECT_EQ(results[2].arrival, milliseconds(6403));
  // What was lost came late; the others are known.
  feedback.arrivals = {0, 4, 40, 8, std::nullopt};
  results = packets.apply(feedback);
  ASSERT_EQ(results.size(), 2U);
  EXPECT_TRUE(results[0].was_lost);
  EXPECT_EQ(results[0].arrival, milliseconds(6411));
  EXPECT_FALSE(results[1].arrival);
}

TEST(SentPackets, CountsTheReferenceTimeOnWhereItWraps) {
  SentPackets packets;
  packets.add(0, 1000, 0, at_ms(0));
  packets.add(1, 1000, 0, at_ms(64));
  const auto first = packets.apply({.reference_time = 0x7f'ffff, .arrivals = {0}});
  const auto second =
      packets.apply({.base_sequence = 1, .reference_time = -0x80'0000, .arrivals = {0}});
  ASSERT_EQ(first.size(), 1U);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(*second[0].arrival - *first[0].arrival, milliseconds(64));
}

TEST(SentPackets, KnowsWhereFeedbackIsMissing) {
  SentPackets packets;
  for (std::uint16_t i = 0; i < 6; ++i) packets.add(i, 1000, 0, at_ms(i));
  EXPECT_FALSE(packets.apply({.base_sequence = 0, .arrivals = {0, 0}})[0].after_gap);
  const auto results = packets.apply({.base_sequence = 4, .arrivals = {0, 0}});
  EXPECT_TRUE(results[0].after_gap);
  EXPECT_FALSE(results[1].after_gap);
}

TEST(ArrivalGroups, AreSentWithinFiveMilliseconds) {
  ArrivalGroups groups;
  EXPECT_FALSE(groups.add(at_ms(0), milliseconds(100), at_ms(150)));
  EXPECT_FALSE(groups.add(at_ms(5), milliseconds(110), at_ms(150)));
  EXPECT_FALSE(groups.add(at_ms(20), milliseconds(125), at_ms(150)));
  EXPECT_FALSE(groups.add(at_ms(2), milliseconds(126), at_ms(150)));  // overtaken: ignored
  const auto delta = groups.add(at_ms(40), milliseconds(160), at_ms(150));
  ASSERT_TRUE(delta);
  EXPECT_EQ(delta->sent, milliseconds(15));
  EXPECT_EQ(delta->arrived, milliseconds(15));
}

TEST(ArrivalGroups, AreBurstsOfALinkToo) {
  ArrivalGroups groups;
  groups.add(at_ms(0), milliseconds(100), at_ms(300));
  // Held back and given at once, although 10 ms apart.
  groups.add(at_ms(20), milliseconds(150), at_ms(300));
  EXPECT_FALSE(groups.add(at_ms(30), milliseconds(151), at_ms(300)));
  EXPECT_FALSE(groups.add(at_ms(40), milliseconds(152), at_ms(300)));
  const auto delta = groups.add(at_ms(60), milliseconds(172), at_ms(300));
  ASSERT_TRUE(delta);
  EXPECT_EQ(delta->sent, milliseconds(40));
  EXPECT_EQ(delta->arrived, milliseconds(52));
}

TEST(ArrivalGroups, BeginAnewWithAnotherClock) {
  ArrivalGroups groups;
  groups.add(at_ms(0), milliseconds(0), at_ms(50));
  groups.add(at_ms(10), milliseconds(10'000), at_ms(60));
  EXPECT_FALSE(groups.add(at_ms(20), milliseconds(10'010), at_ms(70)));
  groups.add(at_ms(30), milliseconds(10'020), at_ms(80));
  groups.add(at_ms(40), milliseconds(10'030), at_ms(90));
  const auto delta = groups.add(at_ms(50), milliseconds(10'040), at_ms(100));
  ASSERT_TRUE(delta);
  EXPECT_EQ(delta->arrived, milliseconds(10));
}

TEST(DelayTrend, SeesAQueueGrowAndShrink) {
  DelayTrend trend;
  Duration arrival;
  const auto pass = [&](int groups, Duration further_apart) {
    for (int i = 0; i < groups; ++i) {
      const GroupDelta delta = {milliseconds(20), milliseconds(20) + further_apart};
      arrival += delta.arrived;
      trend.add(delta, arrival);
    }
  };
  pass(60, {});
  EXPECT_EQ(trend.use(), PathUse::normal);
  // A tenth more than the path carries: within half a second.
  pass(25, milliseconds(2));
  EXPECT_EQ(trend.use(), PathUse::over);
  pass(40, milliseconds(-2));
  EXPECT_EQ(trend.use(), PathUse::under);
  pass(120, {});
  EXPECT_EQ(trend.use(), PathUse::normal);
}

TEST(DelayTrend, GetsUsedToTheQueuesOfOthers) {
  // A queue that grows by 20 ms a second scales to 240 * 0.02 = 4.8 ms; the threshold is never
  // below 6 ms.
  DelayTrend trend;
  Duration arrival;
  for (int i = 0; i < 500; ++i) {
    const GroupDelta delta = {milliseconds(20), microseconds(20'400)};
    arrival += delta.arrived;
    trend.add(delta, arrival);
    ASSERT_EQ(trend.use(), PathUse::normal) << i;
  }
}

TEST(Throughput, IsWhatArrives) {
  Throughput throughput;
  // 1250 bytes each 10 ms are 1 Mbit/s.
  for (int i = 0; i < 50; ++i) throughput.add(milliseconds(10 * i), 1250);
  EXPECT_FALSE(throughput.bitrate());
  for (int i = 50; i < 100; ++i) throughput.add(milliseconds(10 * i), 1250);
  ASSERT_TRUE(throughput.bitrate());
  EXPECT_DOUBLE_EQ(*throughput.bitrate(), 1e6);
  // What a lost feedback would have told of is not missing.
  throughput.add_after_gap(milliseconds(1100));
  for (int i = 111; i < 160; ++i) throughput.add(milliseconds(10 * i), 1250);
  EXPECT_DOUBLE_EQ(*throughput.bitrate(), 1e6);
  for (int i = 160; i < 360; ++i) throughput.add(milliseconds(10 * i), 2500);
  EXPECT_NEAR(*throughput.bitrate(), 2e6, 0.02e6);
}

TEST(LinkCapacity, KnowsItsMargin) {
  LinkCapacity capacity;
  EXPECT_FALSE(capacity.is_below(1e9));
  capacity.on_over_use(900'000);
  EXPECT_EQ(capacity.estimate(), 900'000);
  // The deviation is at least 0.4: sqrt(0.4 * 900) * 3 = 56.9 kbit/s.
  EXPECT_FALSE(capacity.is_below(956'000));
  EXPECT_TRUE(capacity.is_below(958'000));
  EXPECT_FALSE(capacity.is_above(844'000));
  EXPECT_TRUE(capacity.is_above(842'000));
}

TEST(RateController, RisesByEightPercentASecond) {
  RateController rate({100'000, 1'000'000, 5'000'000});
  rate.update(PathUse::normal, 1e6, at_ms(0));
  for (int i = 1; i <= 30; ++i) rate.update(PathUse::normal, 1e6, at_ms(100 * i));
  EXPECT_NEAR(rate.bitrate(), 1e6 * 1.08 * 1.08 * 1.08, 0.01);
  // Not beyond 1.5 times what comes through, and 10 kbit/s.
  for (int i = 31; i <= 200; ++i) rate.update(PathUse::normal, 1e6, at_ms(100 * i));
  EXPECT_DOUBLE_EQ(rate.bitrate(), 1.51e6);
}

TEST(RateController, FallsToBelowTheThroughputAndRisesSlowlyThen) {
  RateController rate({100'000, 1'000'000, 5'000'000});
  rate.measure(milliseconds(100));
  rate.update(PathUse::normal, 1e6, at_ms(0));
  rate.update(PathUse::over, 1e6, at_ms(100));
  EXPECT_DOUBLE_EQ(rate.bitrate(), 850'000);
  EXPECT_FALSE(rate.may_decrease(1e6, at_ms(199)));
  EXPECT_TRUE(rate.may_decrease(1e6, at_ms(200)));
  EXPECT_TRUE(rate.may_decrease(424'000, at_ms(150)));
  rate.update(PathUse::under, 0.85e6, at_ms(200));
  EXPECT_DOUBLE_EQ(rate.bitrate(), 850'000);
  rate.update(PathUse::normal, 1e6, at_ms(300));
  EXPECT_DOUBLE_EQ(rate.bitrate(), 850'000);
  // A frame of 28333 bits is three packets: half of 9444 bits each 200 ms.
  rate.update(PathUse::normal, 1e6, at_ms(400));
  EXPECT_NEAR(rate.bitrate(), 850'000 + 850'000.0 / 30 / 3 / 2 / 0.2 * 0.1, 1e-6);
}

TEST(ApplicationLimit, BeginsAndEnds) {
  ApplicationLimit limit;
  limit.set_target(1'000'000);
  // 65 % are 650 kbit/s, of which half a second may be saved: 325 kbit. 400 kbit/s leave 250 kbit a
  // second: 80 %, 260 kbit, are saved in 1.04 s.
  Time now;
  const auto send = [&](std::uint32_t bytes) {
    limit.on_sent(bytes, now);
    now += milliseconds(20);
  };
  for (int i = 0; i < 51; ++i) send(1000);
  EXPECT_FALSE(limit.since());
  for (int i = 0; i < 5; ++i) send(1000);
  ASSERT_TRUE(limit.since());
  EXPECT_NEAR(limit.since()->to_seconds(), 1.06, 0.021);
  // 1 Mbit/s takes 350 kbit a second from it.
  for (int i = 0; i < 25; ++i) send(2500);
  EXPECT_FALSE(limit.since());
}

TEST(ProbeController, GoesOnAsLongAsProbesSucceed) {
  ProbeController probes({100'000, 300'000, 10'000'000}, at_ms(0));
  EXPECT_EQ(probes.next()->bitrate, 900'000U);
  EXPECT_EQ(probes.next()->bitrate, 1'800'000U);
  EXPECT_EQ(probes.next_timeout(), at_ms(1000));
  probes.set_estimate(1'200'000, at_ms(200));  // not 0.7 of 1.8 Mbit/s
  EXPECT_FALSE(probes.next());
  probes.set_estimate(1'300'000, at_ms(300));
  EXPECT_EQ(probes.next()->bitrate, 2'600'000U);
  EXPECT_EQ(probes.next_timeout(), at_ms(1300));
  probes.handle_timeout(at_ms(1300));
  probes.set_estimate(2'600'000, at_ms(1400));  // too late
  EXPECT_FALSE(probes.next());
  EXPECT_TRUE(probes.next_timeout().is_never());
}

TEST(ProbeController, Cc07ProbesEachFiveSecondsWhileTheApplicationLimitsItself) {
  ProbeController probes({100'000, 300'000, 10'000'000}, at_ms(0));
  while (probes.next()) {
  }
  probes.handle_timeout(at_ms(1000));
  probes.set_application_limited_since(at_ms(2000), at_ms(2000));
  EXPECT_EQ(probes.next_timeout(), at_ms(7000));
  probes.handle_timeout(at_ms(7000));
  EXPECT_EQ(probes.next()->bitrate, 600'000U);
  EXPECT_EQ(probes.next_timeout(), at_ms(8000));
  probes.handle_timeout(at_ms(8000));
  EXPECT_EQ(probes.next_timeout(), at_ms(12'000));
  // After a large fall, what was before it.
  probes.set_estimate(150'000, at_ms(9000));
  probes.recover(at_ms(9500));
  EXPECT_EQ(probes.next()->bitrate, 255'000U);
  probes.recover(at_ms(9600));
  EXPECT_FALSE(probes.next());
}

TEST(ProbeEstimate, IsTheLesserOfSendingAndArriving) {
  // Six packets of 1200 bytes; five of them in 20 ms are 2.4 Mbit/s.
  const auto estimate = [](Duration arriving) {
    ProbeEstimate probes;
    probes.expect({.id = 1, .bitrate = 2'400'000, .bytes = 4500});
    std::optional<double> last;
    for (int i = 0; i < 6; ++i) {
      last = probes.add({.sent = at_ms(4 * i),
                         .size = 1200,
                         .probe = 1,
                         .arrival = seconds(7) + arriving / 5 * i});
    }
    return last.value_or(0);
  };
  EXPECT_DOUBLE_EQ(estimate(milliseconds(20)), 2.4e6);
  EXPECT_DOUBLE_EQ(estimate(milliseconds(15)), 2.4e6);
  // By half as fast: the path was full, and 0.95 of it is taken.
  EXPECT_DOUBLE_EQ(estimate(milliseconds(40)), 1.2e6 * 0.95);
  EXPECT_EQ(estimate(milliseconds(5)), 0);  // four times as fast says nothing
  EXPECT_EQ(estimate(milliseconds(1500)), 0);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::congestion
