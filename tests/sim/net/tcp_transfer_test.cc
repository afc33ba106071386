// Bytes arrive once, in order and all of them, whatever happens to segments.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/sim/net/tcp_bed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

using core::DropReason;

const LinkOptions ten_ms = link_of(milliseconds(10));

// 30000 bytes there and 5000 back, then both close: 21 and 4 segments with their acknowledgements.
void exchange(TcpBed& bed) {
  bed.listen();
  bed.connect();
  bed.client.send(some_bytes(30'000), true);
  bed.client.answers_fin = bed.server.answers_fin = false;
  bed.server.then = [&bed](TcpEvent event) {
    if (event == TcpEvent::connected) bed.server.send(some_bytes(5'000), true);
  };
}

void expect_complete(const TcpBed& bed) {
  EXPECT_EQ(bed.server.received, some_bytes(30'000));
  EXPECT_EQ(bed.client.received, some_bytes(5'000));
  EXPECT_EQ(bed.client.end(), TcpEnd::finished);
  EXPECT_EQ(bed.server.end(), TcpEnd::finished);
}

std::uint64_t packets_of_an_exchange() {
  TcpBed bed(ten_ms);
  bed.drop([](std::uint64_t, const Packet&) { return false; });
  exchange(bed);
  bed.run();
  expect_complete(bed);
  EXPECT_EQ(bed.client.counters().retransmissions, 0U);
  EXPECT_EQ(bed.server.counters().retransmissions, 0U);
  EXPECT_EQ(bed.client.counters().bytes_sent, 30'000U);
  EXPECT_EQ(bed.client.counters().bytes_acked, 30'000U);
  EXPECT_EQ(bed.client.counters().bytes_received, 5'000U);
  return bed.passed;
}

TEST(TcpTransfer, EveryLossIsMadeGood) {
  const std::uint64_t packets = packets_of_an_exchange();
  ASSERT_GT(packets, 30U);  // data goes 21 times, and 4
  for (std::uint64_t lost = 0; lost < packets; ++lost) {
    SCOPED_TRACE(lost);
    TcpBed bed(ten_ms);
    bed.drop([=](std::uint64_t number, const Packet&) { return number == lost; });
    exchange(bed);
    bed.run();
    expect_complete(bed);
    EXPECT_EQ(bed.client.counters().bytes_sent, 30'000U);
    // One loss costs at most the longest timeout, three seconds after a lost SYN.
    EXPECT_LT(bed.client.when(TcpEvent::ended), Time{} + seconds(4));
  }
}

TEST(TcpTransfer, EveryLossOfTwoInARowIsMadeGood) {
  const std::uint64_t packets = packets_of_an_exchange();
  for (std::uint64_t lost = 0; lost < packets; ++lost) {
    SCOPED_TRACE(lost);
    TcpBed bed(ten_ms);
    bed.drop(
        [=](std::uint64_t number, const Packet&) { return number == lost || number == lost + 1; });
    exchange(bed);
    bed.run();
    expect_complete(bed);
  }
}

TEST(TcpTransfer, SequenceNumbersMayWrap) {
  // Over 64 KiB from an initial number near the end of the space: every seed has another one, so
  // many seeds and a megabyte would not do; the machines are driven by hand instead.
  TcpConnection sender({}, {}, 0xffff'ff00);
  TcpConnection receiver({}, {}, 0xffff'fff0);
  const Bytes bytes = some_bytes(100'000);
  sender.connect(Time{});
  receiver.accept(*sender.poll_transmit(), Time{});
  std::size_t given = 0;
  Bytes received;
  for (int round = 0; round < 1000 && received.size() < bytes.size(); ++round) {
    given += sender.send(ByteView(bytes).subspan(given), Time{});
    while (const auto segment = receiver.poll_transmit()) sender.receive(*segment, Time{});
    while (const auto segment = sender.poll_transmit()) {
      receiver.receive(*segment, Time{});
      const Bytes more = receiver.read(SIZE_MAX, Time{});
      received.insert(received.end(), more.begin(), more.end());
    }
  }
  EXPECT_EQ(received, bytes);
  EXPECT_EQ(sender.counters().retransmissions, 0U);
}

TEST(TcpTransfer, WhatComesTwiceOrOutOfOrderIsReadOnce) {
  LinkOptions link = ten_ms;
  link.jitter = milliseconds(9);
  link.reorder = true;
  TcpBed bed(link);
  exchange(bed);
  bed.run();
  expect_complete(bed);
}

TEST(TcpTransfer, ToOneself) {
  TcpBed bed(ten_ms);
  TcpProgram server;
  const auto listener =
      std::move(bed.a.tcp().listen({.local = endpoint("0.0.0.0:80")}, server).value());
  bed.client.socket =
      std::move(bed.a.tcp().connect({}, endpoint("10.0.0.1:80"), bed.client).value());
  bed.client.send(some_bytes(100'000), true);
  bed.run_until(seconds(1));
  EXPECT_EQ(server.received, some_bytes(100'000));
  EXPECT_EQ(bed.client.end(), TcpEnd::finished);
}

// Flow control.

TEST(TcpWindow, NothingIsSentBeyondWhatTheReceiverHasRoomFor) {
  TcpBed bed(ten_ms);
  bed.server_options.receive_buffer = 4000;
  bed.server.reads = false;
  bed.establish();
  bed.client.send(some_bytes(10'000));
  bed.run_until(milliseconds(800));
  // Two full segments fill 2920; the rest of the window takes no full one, and is sent when the
  // timer of silly windows ends, a timeout of one second after it was found at 70 ms or later.
  EXPECT_EQ(bed.server.socket->connection().readable(), 2920U);
  bed.run_until(milliseconds(1200));
  EXPECT_EQ(bed.server.socket->connection().readable(), 4000U);
  EXPECT_EQ(bed.client.socket->connection().peer_window(), 0);
}

TEST(TcpWindow, ProbesOfAShutWindowBackOffAndNeverGiveUp) {
  TcpBed bed(ten_ms);
  bed.server_options.receive_buffer = 2920;
  bed.server.reads = false;
  bed.establish();
  bed.client.send(some_bytes(10'000));
  bed.run_until(milliseconds(70));
  ASSERT_EQ(bed.client.socket->connection().peer_window(), 0);
  PacketLog log(bed.world);
  bed.run_until(seconds(600));
  EXPECT_EQ(bed.client.state(), TcpState::established);
  // The window was found shut at 50 ms: 1 s later a probe, then after 2, 4, … and 60 seconds.
  const auto times = bed.client_times(log);
  ASSERT_GT(times.size(), 8U);
  Time expected = at_ms(50);
  Duration wait = seconds(1);
  for (const Time time : times) {
    expected += wait;
    EXPECT_EQ(time, expected);
    wait = std::min(wait * 2, seconds(60));
  }
  for (const auto& segment : bed.sent(log)) {
    EXPECT_EQ(segment.size, segment.from_client ? 1U : 0U);
    EXPECT_EQ(segment.window == 0, !segment.from_client);
  }
}

TEST(TcpWindow, ReadingOpensItAgain) {
  TcpBed bed(ten_ms);
  bed.server_options.receive_buffer = 2920;
  bed.server.reads = false;
  bed.establish();
  bed.client.send(some_bytes(10'000), true);
  bed.run_until(milliseconds(500));
  bed.server.reads = true;
  bed.server.read();  // an update leaves at 500 ms, and the rest goes without a timeout
  bed.run_until(milliseconds(600));
  EXPECT_EQ(bed.server.received, some_bytes(10'000));
  EXPECT_EQ(bed.client.counters().timeouts, 0U);
}

TEST(TcpWindow, ALostUpdateIsMadeGoodByAProbe) {
  TcpBed bed(ten_ms);
  bed.server_options.receive_buffer = 2920;
  bed.server.reads = false;
  bed.establish();
  bed.client.send(some_bytes(10'000), true);
  bed.run_until(milliseconds(500));
  bed.back().set_up(false);
  bed.server.reads = true;
  bed.server.read();
  bed.run_until(milliseconds(600));
  bed.back().set_up(true);
  bed.run_until(seconds(3));
  EXPECT_EQ(bed.server.received, some_bytes(10'000));
}

TEST(TcpNagle, ASmallSegmentWaitsForTheAcknowledgement) {
  for (const bool nagle : {true, false}) {
    TcpBed bed(ten_ms, {.nagle = nagle, .delayed_ack = Duration{}});
    bed.establish();
    PacketLog log(bed.world);
    bed.client.send(some_bytes(10));  // at 30 ms
    bed.run_until(milliseconds(35));
    bed.client.send(some_bytes(10));
    bed.client.send(some_bytes(10));
    bed.run_until(seconds(1));
    const auto times = bed.client_times(log);
    if (nagle) {
      EXPECT_EQ(times, (std::vector{at_ms(30), at_ms(50)}));
    } else {
      EXPECT_EQ(times, (std::vector{at_ms(30), at_ms(35), at_ms(35)}));
    }
    EXPECT_EQ(bed.server.received.size(), 30U);
  }
}

TEST(TcpDelayedAck, WaitsForASecondSegmentOrItsTimer) {
  TcpBed bed(ten_ms, {.delayed_ack = milliseconds(100)});
  bed.establish();
  PacketLog log(bed.world);
  bed.client.send(some_bytes(1460));  // arrives alone at 40 ms
  bed.run_until(milliseconds(200));
  bed.client.send(some_bytes(2920));  // two segments at 210 ms
  bed.run_until(milliseconds(400));
  std::vector<Time> acks;
  for (const auto& segment : bed.sent(log)) {
    if (!segment.from_client) acks.push_back(segment.at);
  }
  EXPECT_EQ(acks, (std::vector{at_ms(140), at_ms(210)}));
}

TEST(TcpKeepalive, GivesUpAPeerThatDoesNotAnswer) {
  TcpBed bed(ten_ms,
             {.keepalive = seconds(100), .keepalive_interval = seconds(10), .keepalive_probes = 3});
  bed.server_options.keepalive = {};
  bed.establish();
  bed.run_until(seconds(200));
  EXPECT_EQ(bed.client.state(), TcpState::established);  // the probes were answered
  PacketLog log(bed.world);
  bed.forth().set_up(false);
  bed.run();
  // The last answer came at 100 s and 40 ms: two probes a hundred seconds apart and each answered
  // 20 ms later. Then three probes ten seconds apart, and a reset ten seconds after the last.
  const Time answered = at_ms(100'040);
  EXPECT_EQ(bed.client_times(log), (std::vector{answered + seconds(100), answered + seconds(110),
                                                answered + seconds(120), answered + seconds(130)}));
  EXPECT_EQ(bed.client.end(), TcpEnd::timed_out);
}

// Whatever is lost, doubled, delayed or out of order, and whatever is set.
RC_GTEST_PROP(TcpProperty, BytesReceivedAreTheBytesSent, ()) {
  const auto up_to = [](int bound) { return *rc::gen::inRange(0, bound + 1); };
  const auto some_options = [&] {
    return TcpOptions{.min_rto = milliseconds(1 + up_to(300)),
                      .syn_retries = 255,
                      .data_retries = 255,
                      .initial_window = static_cast<std::uint16_t>(1 + up_to(20)),
                      .nagle = *rc::gen::arbitrary<bool>(),
                      .delayed_ack = milliseconds(up_to(100)),
                      .receive_buffer = static_cast<std::uint32_t>(1 + up_to(100'000)),
                      .send_buffer = static_cast<std::uint32_t>(1 + up_to(100'000)),
                      .window_scale = *rc::gen::arbitrary<bool>(),
                      .mss = static_cast<std::uint16_t>(28 + up_to(1500))};
  };
  LinkOptions link{.rate = static_cast<std::uint64_t>(up_to(50)) * 1'000'000,
                   .one_way_delay = milliseconds(up_to(50)),
                   .jitter = milliseconds(up_to(50)),
                   .reorder = *rc::gen::arbitrary<bool>(),
                   .loss = up_to(20) * 0.01,
                   .queue_packets = static_cast<std::uint32_t>(2 + up_to(100))};
  TcpBed bed(link, {}, static_cast<std::uint64_t>(up_to(1'000'000)));
  bed.client_options = some_options();
  bed.server_options = some_options();
  // Every so-manieth packet comes twice.
  struct Twice : PacketRule {
    explicit Twice(std::uint64_t period_of) : period(period_of) {}
    RuleVerdict judge(const Packet&, Direction) override {
      return {.copies = ++count % period == 0 ? 1U : 0U};
    }
    std::uint64_t period;
    std::uint64_t count = 0;
  };
  const RuleHandle twice(*bed.b.interfaces().front(),
                         std::make_unique<Twice>(static_cast<std::uint64_t>(2 + up_to(20))));
  const Bytes there = some_bytes(static_cast<std::size_t>(up_to(60'000)));
  const Bytes back = some_bytes(static_cast<std::size_t>(up_to(20'000)));
  bed.listen();
  bed.connect();
  bed.client.send(there, true);
  bed.client.answers_fin = bed.server.answers_fin = false;
  bed.server.then = [&](TcpEvent event) {
    if (event == TcpEvent::connected) bed.server.send(back, true);
  };
  const std::uint64_t most_events = 3'000'000;  // a livelock would not end
  while (bed.world.scheduler().executed() < most_events &&
         bed.world.scheduler().step(Time::never())) {
  }
  RC_ASSERT(bed.world.scheduler().executed() < most_events);
  RC_ASSERT(bed.server.received == there);
  RC_ASSERT(bed.client.received == back);
  RC_ASSERT(bed.client.end() == TcpEnd::finished);
  RC_ASSERT(bed.server.end() == TcpEnd::finished);
}

// Segments of a stranger, at a connection that carries data.
RC_GTEST_PROP(TcpProperty, AnySegmentIsSurvived, ()) {
  TcpConnection machine({}, {}, *rc::gen::arbitrary<std::uint32_t>());
  Time now;
  machine.connect(now);
  const Bytes bytes = some_bytes(1000);
  const std::vector<std::uint8_t> likely = {tcp_flag::ack, tcp_flag::syn, tcp_flag::rst,
                                            tcp_flag::syn | tcp_flag::ack,
                                            tcp_flag::ack | tcp_flag::fin};
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  const int steps = *rc::gen::inRange(1, 60);
  for (int i = 0; i < steps; ++i) {
    while (const auto segment = machine.poll_transmit()) {
      ack = segment->seq + segment->length();
      if (segment->has(tcp_flag::ack)) seq = segment->ack;
    }
    while (machine.poll_event()) {
    }
    RC_ASSERT(machine.next_timeout() > now);
    const auto near = [](std::uint32_t number) {
      return number + static_cast<std::uint32_t>(*rc::gen::inRange(-3000, 3000));
    };
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
        machine.send(bytes, now);
        break;
      case 1:
        machine.read(500, now);
        break;
      case 2:
        now = std::min(machine.next_timeout(), now + seconds(100));
        machine.handle_timeout(now);
        break;
      default:
        machine.receive({.seq = *rc::gen::arbitrary<bool>() ? seq : near(seq),
                         .ack = *rc::gen::arbitrary<bool>() ? ack : near(ack),
                         .flags = *rc::gen::arbitrary<bool>() ? *rc::gen::elementOf(likely)
                                                              : *rc::gen::arbitrary<std::uint8_t>(),
                         .window = *rc::gen::arbitrary<std::uint16_t>(),
                         .payload = ByteView(bytes).first(
                             static_cast<std::size_t>(*rc::gen::inRange(0, 1000)))},
                        now);
    }
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
