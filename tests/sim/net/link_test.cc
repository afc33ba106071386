// Each stage of a link, with the virtual times that follow from its numbers.
#include "sim/net/link.h"

#include <vector>

#include <gtest/gtest.h>

#include "tests/sim/net/testbed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

using core::DropReason;

TEST(Link, DelayAloneWithoutARate) {
  TwoHosts net({.one_way_delay = milliseconds(10)}, {.one_way_delay = milliseconds(3)});
  for (int i = 0; i < 3; ++i) net.send(1500);
  net.b_socket->send(net.a_socket->local(), as_bytes("back"));
  net.run();
  // No serialisation: all three at once.
  EXPECT_EQ(net.arrivals(), std::vector<Time>(3, Time{} + milliseconds(10)));
  ASSERT_EQ(net.at_a.letters.size(), 1U);
  EXPECT_EQ(net.at_a.letters[0].at, Time{} + milliseconds(3));
}

TEST(Link, SerialisationQueuesBehindThePacketBefore) {
  // 200 bytes at 8 Mbit/s take 200 us.
  TwoHosts net({.rate = 8'000'000, .one_way_delay = milliseconds(10)});
  net.send(200);
  net.send(200);
  net.run_until(microseconds(1000));  // idle since 400 us
  net.send(100);
  net.run();
  EXPECT_EQ(net.arrivals(), (std::vector{Time{} + milliseconds(10) + microseconds(200),
                                         Time{} + milliseconds(10) + microseconds(400),
                                         Time{} + milliseconds(10) + microseconds(1100)}));
}

TEST(Link, FractionsOfNanosecondsAreCarriedOverAThousandPackets) {
  // 100 bytes at 7 Mbit/s take 800 000 / 7 ns: the n-th ends at that times n, rounded down.
  TwoHosts net({.rate = 7'000'000, .one_way_delay = milliseconds(1), .queue_packets = 1000});
  for (int i = 0; i < 1000; ++i) net.send(100);
  net.run();
  const auto arrivals = net.arrivals();
  ASSERT_EQ(arrivals.size(), 1000U);
  for (std::int64_t n = 1; n <= 1000; ++n) {
    ASSERT_EQ(arrivals[static_cast<std::size_t>(n - 1)],
              Time{} + milliseconds(1) + nanoseconds(n * 800'000 / 7))
        << n;
  }
}

TEST(Link, AFractionEndsWithTheBusyPeriod) {
  TwoHosts net({.rate = 7'000'000});
  net.send(100);
  net.run_until(milliseconds(1));
  net.send(100);
  net.run();
  EXPECT_EQ(net.arrivals(), (std::vector{Time{} + nanoseconds(800'000 / 7),
                                         Time{} + milliseconds(1) + nanoseconds(800'000 / 7)}));
}

TEST(Link, QueueCountsWhatWaitsAndWhatIsBeingSerialised) {
  // 200 us each: the first leaves the queue at 200 us.
  TwoHosts net({.rate = 8'000'000, .queue_packets = 3});
  for (int i = 0; i < 5; ++i) net.send(200);
  EXPECT_EQ(net.drops(DropReason::queue_overflow), 2U);
  net.run_until(microseconds(200) - nanoseconds(1));
  net.send(200);
  EXPECT_EQ(net.drops(DropReason::queue_overflow), 3U);
  net.run_until(microseconds(200));
  net.send(200);
  EXPECT_EQ(net.drops(DropReason::queue_overflow), 3U);
  net.run();
  EXPECT_EQ(net.arrivals(), (std::vector{Time{} + microseconds(200), Time{} + microseconds(400),
                                         Time{} + microseconds(600), Time{} + microseconds(800)}));
  EXPECT_EQ(net.forth().counters().sent, 7U);
  EXPECT_EQ(net.forth().counters().delivered, 4U);
  EXPECT_EQ(net.forth().counters().overflowed, 3U);
}

TEST(Link, QueueCountsBytes) {
  TwoHosts net({.rate = 8'000'000, .queue_packets = 100, .queue_bytes = 500});
  net.send(200);
  net.send(200);
  net.send(200);  // 600 bytes
  EXPECT_EQ(net.drops(DropReason::queue_overflow), 1U);
  net.send(100);  // exactly 500
  EXPECT_EQ(net.drops(DropReason::queue_overflow), 1U);
  net.send(28);
  EXPECT_EQ(net.drops(DropReason::queue_overflow), 2U);
  net.run();
  EXPECT_EQ(net.at_b.letters.size(), 3U);
}

TEST(Link, QueueRingKeepsItsCountWhileItGrowsAndTurns) {
  // At most 40 at once, offered twice as fast as served, long enough for the ring to turn over.
  TwoHosts net({.rate = 8'000'000, .queue_packets = 40});
  for (int i = 0; i < 400; ++i) {
    net.run_until(microseconds(100) * i);
    net.send(200);
  }
  net.run();
  // Every 200 us one leaves: after 39 900 us, when the last is offered, 199 have left, and 40 wait.
  EXPECT_EQ(net.forth().counters().delivered, 199U + 40U);
  EXPECT_EQ(net.forth().counters().overflowed, 400U - 239U);
}

TEST(Link, WithoutARateThereIsNoQueue) {
  TwoHosts net({.one_way_delay = milliseconds(1), .queue_packets = 1, .queue_bytes = 600});
  for (int i = 0; i < 100; ++i) net.send(1500);
  net.run();
  EXPECT_EQ(net.at_b.letters.size(), 100U);
}

TEST(Link, MtuIsOfTheIpDatagram) {
  TwoHosts net({.mtu = 576});
  net.send(576);
  net.send(577);
  net.run();
  EXPECT_EQ(net.at_b.letters.size(), 1U);
  EXPECT_EQ(net.drops(DropReason::too_big), 1U);
}

TEST(Link, ADownLinkTakesNothingButDeliversWhatFlies) {
  TwoHosts net({.one_way_delay = milliseconds(10)});
  net.send(100);
  net.run_until(milliseconds(5));
  net.forth().set_up(false);
  net.send(100);
  net.b_socket->send(net.a_socket->local(), as_bytes("the way back is another"));
  EXPECT_EQ(net.drops(DropReason::link_down), 1U);
  net.run_until(milliseconds(20));
  net.forth().set_up(true);
  net.send(100);
  net.run();
  EXPECT_EQ(net.arrivals(), (std::vector{Time{} + milliseconds(10), Time{} + milliseconds(30)}));
  EXPECT_EQ(net.at_a.letters.size(), 1U);
  EXPECT_EQ(net.forth().counters().sent, 3U);
  EXPECT_EQ(net.forth().counters().delivered, 2U);
}

TEST(Link, DirectionsHaveOptionsAndQueuesOfTheirOwn) {
  TwoHosts net({.rate = 8'000'000, .queue_packets = 1}, {.one_way_delay = milliseconds(2)});
  net.send(200);
  net.send(200);
  net.b_socket->send(net.a_socket->local(), as_bytes("x"));
  net.b_socket->send(net.a_socket->local(), as_bytes("y"));
  net.run();
  EXPECT_EQ(net.at_b.letters.size(), 1U);
  EXPECT_EQ(net.at_a.letters.size(), 2U);
  EXPECT_EQ(net.back().counters().overflowed, 0U);
}

TEST(Link, ChangedDelayAppliesToPacketsSentAfterwards) {
  TwoHosts net({.one_way_delay = milliseconds(10)});
  net.send(100);
  net.forth().set_options({.one_way_delay = milliseconds(30)});
  net.send(100);
  net.run();
  EXPECT_EQ(net.arrivals(), (std::vector{Time{} + milliseconds(10), Time{} + milliseconds(30)}));
}

TEST(Link, AShorterDelayDoesNotOvertakeUnlessAsked) {
  for (const bool reorder : {false, true}) {
    TwoHosts net({.one_way_delay = milliseconds(30)});
    net.send(100);
    net.forth().set_options({.one_way_delay = milliseconds(10), .reorder = reorder});
    net.send(200);
    net.run();
    ASSERT_EQ(net.at_b.letters.size(), 2U);
    const Time first = net.at_b.letters[0].at;
    EXPECT_EQ(first, Time{} + milliseconds(reorder ? 10 : 30));
    EXPECT_EQ(net.at_b.letters[0].payload.size(), reorder ? 172U : 72U);
    EXPECT_EQ(net.at_b.letters[1].at, Time{} + milliseconds(30));
  }
}

TEST(Link, OrderAgainAfterReordering) {
  TwoHosts net({.one_way_delay = milliseconds(30), .reorder = true});
  net.send(100);
  net.forth().set_options({.one_way_delay = milliseconds(10)});
  net.send(200);
  net.send(300);
  net.run();
  // The loose one keeps its own time; those after it keep order among themselves.
  EXPECT_EQ(net.arrivals(), (std::vector{Time{} + milliseconds(10), Time{} + milliseconds(10),
                                         Time{} + milliseconds(30)}));
  EXPECT_EQ(net.at_b.letters[2].payload.size(), 72U);
}

TEST(Link, ARateChangeKeepsTheFractionThatWasBegun) {
  // The first ends at 800 000/7 = 114 285 + 5/7 ns. 100 bytes at 3 Mbit/s take 266 666 + 2/3 ns
  // more; the fractions add up to one more whole nanosecond.
  TwoHosts net({.rate = 7'000'000});
  net.send(100);
  net.forth().set_options({.rate = 3'000'000});
  net.send(100);
  net.run();
  EXPECT_EQ(net.arrivals()[0], Time{} + nanoseconds(114'285));
  EXPECT_EQ(net.arrivals()[1], Time{} + nanoseconds(114'285 + 266'667));
}

TEST(Link, ARateChangeFromFastToSlowAddsLessThanANanosecond) {
  // 100 bytes at 999 999 999 bit/s leave a fraction of nearly the whole rate in its numerator.
  TwoHosts net({.rate = 999'999'999});
  net.send(100);  // 800.0000008 ns
  net.forth().set_options({.rate = 1'000});
  net.send(100);  // 0.8 s
  net.run();
  EXPECT_EQ(net.arrivals(), (std::vector{Time{} + nanoseconds(800),
                                         Time{} + milliseconds(800) + nanoseconds(800)}));
}

TEST(Link, TheRateMayGoAndComeBack) {
  TwoHosts net({.rate = 8'000'000, .queue_packets = 2});
  net.send(200);
  net.send(200);
  net.forth().set_options({.rate = 0});
  net.send(100);  // at once, but not before those in serialisation
  net.forth().set_options({.rate = 8'000'000, .queue_packets = 2});
  net.send(200);  // the queue still holds two
  EXPECT_EQ(net.drops(DropReason::queue_overflow), 1U);
  net.run();
  EXPECT_EQ(net.arrivals(), (std::vector{Time{} + microseconds(200), Time{} + microseconds(400),
                                         Time{} + microseconds(400)}));
}

TEST(Link, PacketsInFlightAtTheEndOfTheWorldAreGivenBack) {
  // Nothing to see but for the sanitizers: packets in order, loose ones and loopback.
  TwoHosts net({.one_way_delay = seconds(1)});
  net.send(100);
  net.forth().set_options({.one_way_delay = seconds(1), .reorder = true});
  net.send(100);
  net.a_socket->send(net.a_socket->local(), as_bytes("to itself"));
}

TEST(Link, HasANameOfItsEnds) {
  TwoHosts net(LinkOptions{});
  EXPECT_EQ(net.forth().name(), "a/0->b/0");
  EXPECT_EQ(net.back().name(), "b/0->a/0");
  EXPECT_EQ(net.world.object(net.forth().id()), &net.forth());
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
