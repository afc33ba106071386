// Managed queues, schedules and traces, with times from the RFCs' own laws.
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "sim/net/codel.h"
#include "tests/sim/net/testbed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

using core::DropReason;

TEST(Codel, TheControlLawIsTheIntervalOverTheRoot) {
  const Duration interval = milliseconds(100);
  EXPECT_EQ(codel_control_law(Time{}, interval, 1), Time{} + interval);
  EXPECT_EQ(codel_control_law(Time{}, interval, 4), Time{} + milliseconds(50));
  EXPECT_EQ(codel_control_law(Time{}, interval, 2), Time{70'710'678});  // floor(1e8 / sqrt 2)
  EXPECT_EQ(codel_control_law(Time{}, interval, 3), Time{57'735'026});
  EXPECT_EQ(codel_control_law(Time{}, seconds(999), 2), Time{706'399'674'405});
}

LinkOptions codel_link(QueueKind kind) {
  LinkOptions options{.rate = 8'000'000, .queue_packets = 100'000};  // 1000 bytes a millisecond
  options.faults.get().queue.kind = kind;
  return options;
}

TEST(Codel, Rfc8289_DropsAtTheTimesOfTheControlLaw) {
  TwoHosts net(codel_link(QueueKind::codel), {});
  PacketLog log(net.world);
  // 1000 packets of 1000 bytes at once: a standing queue that drains in a second.
  for (int i = 0; i < 1000; ++i) net.send(1000);
  net.run_until(milliseconds(600));
  std::vector<Time> expected;
  // Packets leave each millisecond. The one that leaves at 5 ms is the first to have waited for the
  // target; 100 ms later dropping begins, and goes on at the first departure at or after each time
  // of the law.
  const Time first = Time{} + milliseconds(105);
  expected.push_back(first);
  Time next = codel_control_law(first, milliseconds(100), 1);
  for (std::uint32_t count = 2; next < Time{} + milliseconds(600); ++count) {
    const std::int64_t departure = (next.ns + 999'999) / 1'000'000;
    expected.push_back(Time{} + milliseconds(departure));
    next = codel_control_law(next, milliseconds(100), count);
  }
  std::vector<Time> found;
  for (const auto& step : log.drops()) {
    ASSERT_EQ(step.reason, DropReason::queue_management);
    found.push_back(step.at);
  }
  EXPECT_EQ(found, expected);
  EXPECT_GT(found.size(), 8U);
}

TEST(Codel, LeavesAShortQueueAlone) {
  TwoHosts net(codel_link(QueueKind::codel), {});
  for (int i = 0; i < 1000; ++i) {
    net.run_until(milliseconds(2) * i);
    net.send(1000);
  }
  net.run();
  EXPECT_EQ(net.at_b.letters.size(), 1000U);
  // One departure each, and the same times as without management.
  EXPECT_EQ(net.arrivals()[1], Time{} + milliseconds(3));
}

TEST(Codel, AFullQueueOverflows) {
  LinkOptions options = codel_link(QueueKind::codel);
  options.queue_packets = 3;
  TwoHosts net(options, {});
  for (int i = 0; i < 6; ++i) net.send(1000);  // one is served, three wait
  EXPECT_EQ(net.drops(DropReason::queue_overflow), 2U);
  net.run();
  EXPECT_EQ(net.at_b.letters.size(), 4U);
}

TEST(FqCodel, TwoFlowsHaveFairShares) {
  // One offers ten times as much as the other, and both more than their half.
  TwoHosts net(codel_link(QueueKind::fq_codel), {});
  UdpSocket& greedy = net.open(net.a, "10.0.0.1:6000", net.at_a);
  const Bytes payload(1000 - 28);
  for (int i = 0; i < 2000; ++i) {
    net.run_until(milliseconds(1) * i);
    net.a_socket->send(net.b_socket->local(), payload);  // 8 Mbit/s: the whole link
    for (int k = 0; k < 10; ++k) greedy.send(net.b_socket->local(), payload);
  }
  int modest_got = 0;
  int greedy_got = 0;
  for (const auto& letter : net.at_b.letters) {
    (letter.from.port == 5000 ? modest_got : greedy_got) += 1;
  }
  // A packet each millisecond in all; turns of 1514 bytes with packets of 1000 alternate one and
  // two, so that the counts never differ by more than a turn.
  EXPECT_NEAR(modest_got + greedy_got, 1999, 1);
  EXPECT_NEAR(modest_got, greedy_got, 4);
}

TEST(FqCodel, ASparseFlowGoesFirst) {
  TwoHosts net(codel_link(QueueKind::fq_codel), {});
  for (int i = 0; i < 50; ++i) net.send(1000);
  net.run_until(microseconds(10'500));
  UdpSocket& sparse = net.open(net.a, "10.0.0.1:6000", net.at_a);
  sparse.send(net.b_socket->local(), Bytes(100 - 28));
  net.run();
  std::vector<Time> at;
  for (const auto& letter : net.at_b.letters) {
    if (letter.from.port == 6000) at.push_back(letter.at);
  }
  // Behind the packet in serialisation, which ends at 11 ms; 100 bytes take 0.1 ms.
  EXPECT_EQ(at, std::vector{Time{} + microseconds(11'100)});
}

TEST(FqCodel, TheFattestFlowLosesAtTheLimit) {
  LinkOptions options = codel_link(QueueKind::fq_codel);
  options.queue_packets = 10;
  TwoHosts net(options, {});
  UdpSocket& other = net.open(net.a, "10.0.0.1:6000", net.at_a);
  for (int i = 0; i < 20; ++i) net.send(1000);
  other.send(net.b_socket->local(), Bytes(100));
  net.run();
  EXPECT_EQ(net.drops(DropReason::queue_overflow), 10U);
  EXPECT_EQ(net.at_b.letters.size(), 11U);
}

TEST(ManagedQueue, TheKindMayChangeWithPacketsWaiting) {
  TwoHosts net({.rate = 8'000'000});
  for (int i = 0; i < 3; ++i) net.send(1000);
  net.forth().set_options(codel_link(QueueKind::codel));
  for (int i = 0; i < 3; ++i) net.send(1000);
  net.run_until(microseconds(4'500));
  net.forth().set_options({.rate = 8'000'000});
  net.send(1000);
  net.run();
  std::vector<Time> expected;
  for (int i = 1; i <= 7; ++i) expected.push_back(Time{} + milliseconds(i));
  EXPECT_EQ(net.arrivals(), expected);
}

TEST(RateSchedule, APacketSpansItsSteps) {
  LinkOptions options;
  options.faults.get().plan = RateSchedule{.steps = {{.at = Duration{}, .rate = 8'000'000},
                                                     {.at = milliseconds(1), .rate = 0},
                                                     {.at = milliseconds(3), .rate = 4'000'000}},
                                           .period = milliseconds(5)};
  TwoHosts net(options, {});
  for (int i = 0; i < 4; ++i) net.send(800);
  net.run();
  // 800 bytes: 0.8 ms at 8 Mbit/s. The second has 200 bytes in the first millisecond and 600 at
  // half the rate from 3 ms on: 1.2 ms. The third has 400 bytes until 5 ms, and 400 at the full
  // rate again. The fourth has 600 until 6 ms, then none until 8 ms, and 200 at half the rate.
  EXPECT_EQ(net.arrivals(),
            (std::vector{Time{} + microseconds(800), Time{} + microseconds(4'200),
                         Time{} + microseconds(5'400), Time{} + microseconds(8'400)}));
}

TEST(RateSchedule, WithoutAPeriodTheLastStepStays) {
  LinkOptions options;
  options.faults.get().plan = RateSchedule{
      .steps = {{.at = Duration{}, .rate = 8'000'000}, {.at = seconds(1), .rate = 800'000}}};
  TwoHosts net(options, {});
  net.run_until(seconds(100));
  net.send(1000);
  net.run();
  EXPECT_EQ(net.arrivals(), std::vector{Time{} + seconds(100) + milliseconds(10)});
}

TEST(RateSchedule, WhatIsWrongIsTold) {
  EXPECT_EQ(fault_in({}), "a schedule has at least one step");
  EXPECT_EQ(fault_in({.steps = {{milliseconds(1), 8}}}), "the first step is at 0s");
  EXPECT_EQ(fault_in({.steps = {{{}, 8}, {{}, 9}}}), "each step is later than the one before it");
  EXPECT_EQ(fault_in({.steps = {{{}, 8}, {seconds(1), 0}}}),
            "the last step has a rate, unless there is a period");
  EXPECT_EQ(fault_in({.steps = {{{}, 0}}, .period = seconds(1)}), "some step has a rate");
  EXPECT_EQ(fault_in({.steps = {{{}, 8}, {seconds(1), 0}}, .period = seconds(1)}),
            "the period is longer than the last step's time");
}

TEST(DeliveryTrace, OpportunitiesServeWhatWaitsAndAreLostOtherwise) {
  LinkOptions options{.one_way_delay = milliseconds(100)};
  options.faults.get().plan = parse_delivery_trace("2\n2\n5\n10\n").value();
  TwoHosts net(options, {});
  const auto arrive = [](int ms) { return Time{} + milliseconds(100 + ms); };
  net.send(1000);
  net.send(1000);  // 500 in the first at 2 ms, 500 in the second
  net.send(1400);  // 1000 in the second, 400 at 5 ms
  net.run_until(milliseconds(5));
  net.send(100);  // the rest of 5 ms is lost
  net.run_until(milliseconds(11));
  net.send(1500);  // the list again, from 10 ms: 12 ms
  net.run();
  EXPECT_EQ(net.arrivals(), (std::vector{arrive(2), arrive(2), arrive(5), arrive(10), arrive(12)}));
}

TEST(DeliveryTrace, ABrokenFileIsRefused) {
  EXPECT_EQ(parse_delivery_trace("").error(), "the trace is empty");
  EXPECT_EQ(parse_delivery_trace("0\n0\n").error(), "the trace ends at 0 ms");
  EXPECT_EQ(parse_delivery_trace("1\nx\n").error(),
            "line 2: expected milliseconds, a whole number, got \"x\"");
  EXPECT_EQ(parse_delivery_trace("3\n2\n").error(), "line 2: 2 ms is before the line above");
  EXPECT_EQ(parse_delivery_trace("1\r\n7").value().opportunities,
            (std::vector<std::uint32_t>{1, 7}));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
