// When a connection sends: the retransmission timer, congestion control, closed forms.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/net/tcp_bed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

using testing::ElementsAre;

const LinkOptions ten_ms = link_of(milliseconds(10));

TEST(RtoEstimator, Rfc6298_2) {
  RtoEstimator rto({.min_rto = milliseconds(1)});
  EXPECT_EQ(rto.rto(), seconds(1));  // (2.1)
  rto.sample(milliseconds(100));     // (2.2): SRTT 100, RTTVAR 50
  EXPECT_EQ(rto.rto(), milliseconds(300));
  // (2.3): RTTVAR 3/4·50 + 1/4·|100 - 60| = 47.5, SRTT 7/8·100 + 1/8·60 = 95.
  rto.sample(milliseconds(60));
  EXPECT_EQ(rto.smoothed(), milliseconds(95));
  EXPECT_EQ(rto.variation(), microseconds(47'500));
  EXPECT_EQ(rto.rto(), milliseconds(285));
}

TEST(RtoEstimator, Rfc6298_2_4_and_5) {
  RtoEstimator rto({});
  rto.sample(milliseconds(20));
  EXPECT_EQ(rto.rto(), seconds(1));  // (2.4)
  for (const int expected : {2, 4, 8, 16, 32, 60, 60}) {
    rto.back_off();  // (5.5)
    EXPECT_EQ(rto.rto(), seconds(expected));
  }
  rto.sample(milliseconds(20));
  EXPECT_EQ(rto.rto(), seconds(1));
  rto.restart_after_lost_syn();  // there is a measurement
  EXPECT_EQ(rto.rto(), seconds(1));
}

TEST(TcpRetransmission, TheTimerBacksOffUntilThePeerIsGivenUp) {
  TcpOptions options{.min_rto = milliseconds(10), .data_retries = 5};
  TcpBed bed(ten_ms, options);
  bed.establish();
  bed.forth().set_up(false);
  PacketLog log(bed.world);
  bed.client.send(some_bytes(100));
  bed.run();
  // One sample of 20 ms in the handshake: SRTT 20 ms, RTTVAR 10 ms, RTO 60 ms; sent at 30 ms, then
  // after 60, 120, 240, 480 and 960 ms, and given up after 1920 ms.
  EXPECT_THAT(bed.client_times(log),
              ElementsAre(at_ms(30), at_ms(90), at_ms(210), at_ms(450), at_ms(930), at_ms(1890)));
  EXPECT_EQ(bed.client.when(TcpEvent::ended), at_ms(3810));
  EXPECT_EQ(bed.client.end(), TcpEnd::timed_out);
  EXPECT_EQ(bed.client.counters().timeouts, 6U);
  EXPECT_EQ(bed.client.counters().retransmissions, 5U);
}

TEST(TcpRetransmission, KarnsAlgorithmKeepsTheTimeoutUntilASegmentIsSentOnce) {
  TcpBed bed(ten_ms, {.min_rto = milliseconds(10), .delayed_ack = Duration{}});
  bed.establish();
  bed.forth().set_up(false);
  bed.client.send(some_bytes(100));  // at 30 ms, lost, and again at 90 ms
  bed.run_until(milliseconds(80));
  bed.forth().set_up(true);
  bed.run_until(milliseconds(200));
  const RtoEstimator& rto = bed.client.socket->connection().rto();
  EXPECT_EQ(bed.server.received.size(), 100U);
  EXPECT_EQ(rto.rto(), milliseconds(120));  // backed off, and 110 - 30 ms was no sample
  EXPECT_EQ(rto.smoothed(), milliseconds(20));
  bed.client.send(some_bytes(100));
  bed.run_until(milliseconds(300));
  EXPECT_EQ(rto.smoothed(), milliseconds(20));
  EXPECT_EQ(rto.rto(), milliseconds(50));  // RTTVAR is 7.5 ms now
}

// Without losses, with each segment acknowledged and a link that takes no time to send, a window
// grows by one segment for each acknowledged: 10, 20, 40, 80 segments, one round trip apart.
TEST(TcpCongestion, SlowStartDoublesTheWindowEachRoundTrip) {
  TcpBed bed(ten_ms,
             {.delayed_ack = Duration{}, .receive_buffer = 4'000'000, .send_buffer = 4'000'000});
  bed.establish();
  PacketLog log(bed.world);
  bed.client.send(Bytes(1460 * 400));  // at 30 ms
  bed.run_until(milliseconds(95));
  std::map<Time, std::size_t> segments;
  for (const auto& segment : bed.sent(log)) {
    if (segment.from_client) ++segments[segment.at];
  }
  EXPECT_THAT(segments, ElementsAre(std::pair(at_ms(30), 10U), std::pair(at_ms(50), 20U),
                                    std::pair(at_ms(70), 40U), std::pair(at_ms(90), 80U)));
  EXPECT_EQ(bed.client.socket->connection().congestion().window(), 80 * 1460);
}

// With a window of W bytes no more than floor(W / MSS) full segments are sent each round trip.
TEST(TcpCongestion, AWindowLimitsThroughputToItsSegmentsEachRoundTrip) {
  TcpBed bed(link_of(milliseconds(50)),
             {.delayed_ack = Duration{}, .send_buffer = 100'000'000, .window_scale = false});
  bed.listen();
  bed.connect();
  bed.client.send(Bytes(20'000'000));
  // Slow start has passed 44 segments, floor(65535 / 1460), in the fourth round trip.
  bed.run_until(seconds(1));
  const std::size_t before = bed.server.received.size();
  bed.run_until(seconds(11));
  EXPECT_EQ(bed.server.received.size() - before, std::size_t{100} * 44 * 1460);
  EXPECT_EQ(bed.client.counters().retransmissions, 0U);
}

TEST(TcpCongestion, AddsOneSegmentEachRoundTripAboveTheThreshold) {
  NewReno reno;
  reno.start(1000, 10'000);
  reno.timed_out(20'000, 20'000, false);  // threshold 10000, window 1000
  std::int64_t una = 20'000;
  const auto round = [&] {  // everything in the window is acknowledged, each segment by itself
    const std::int64_t window = reno.window();
    for (std::int64_t done = 0; done < window; done += 1000) {
      reno.acknowledged(1000, una += 1000, window, window - 1000);
    }
    return reno.window();
  };
  EXPECT_EQ(round(), 2000);
  EXPECT_EQ(round(), 4000);
  EXPECT_EQ(round(), 8000);
  EXPECT_EQ(round(), 10'000);  // the threshold after two, and six more are not a window yet
  EXPECT_EQ(round(), 11'000);
  EXPECT_EQ(round(), 12'000);
}

TEST(TcpCongestion, FastRetransmitAfterThreeDuplicates) {
  TcpBed bed(ten_ms, {.delayed_ack = Duration{}});
  bed.establish();
  bed.drop([](std::uint64_t number, const Packet&) { return number == 0; });
  PacketLog log(bed.world);
  bed.client.send(Bytes(1460 * 10));  // at 30 ms, the first one lost
  bed.run_until(seconds(2));
  // Nine duplicates come at 50 ms: the third one sends the first segment again.
  EXPECT_EQ(bed.client_times(log).back(), at_ms(50));
  EXPECT_EQ(bed.client.counters().fast_retransmits, 1U);
  EXPECT_EQ(bed.client.counters().retransmissions, 1U);
  EXPECT_EQ(bed.client.counters().timeouts, 0U);
  EXPECT_EQ(bed.server.received.size(), 14'600U);
  // Half of the ten segments in flight, and deflated by the full acknowledgement to one segment
  // more than nothing in flight allows (RFC 6582 §3.2).
  const NewReno& reno = bed.client.socket->connection().congestion();
  EXPECT_EQ(reno.threshold(), 5 * 1460);
  EXPECT_EQ(reno.window(), 2 * 1460);
  EXPECT_FALSE(reno.recovering());
}

TEST(TcpCongestion, NewRenoMendsOneLossEachRoundTrip) {
  TcpBed bed(ten_ms, {.delayed_ack = Duration{}});
  bed.establish();
  // Three of ten segments are lost. Partial acknowledgements have the second and the third sent
  // again without a timeout.
  bed.drop([](std::uint64_t number, const Packet&) {
    return number == 0 || number == 3 || number == 6;
  });
  PacketLog log(bed.world);
  bed.client.send(Bytes(1460 * 10));
  bed.run_until(seconds(2));
  std::vector<Time> again;
  for (const auto& segment : bed.sent(log)) {
    if (segment.from_client && segment.at > at_ms(30)) again.push_back(segment.at);
  }
  EXPECT_THAT(again, ElementsAre(at_ms(50), at_ms(70), at_ms(90)));
  EXPECT_EQ(bed.client.counters().timeouts, 0U);
  EXPECT_EQ(bed.client.counters().fast_retransmits, 1U);
  EXPECT_EQ(bed.server.received.size(), 14'600U);
}

TEST(TcpCongestion, ATimeoutBeginsAnewWithOneSegment) {
  TcpBed bed(ten_ms, {.delayed_ack = Duration{}});
  bed.establish();
  bed.forth().set_up(false);
  bed.client.send(Bytes(1460 * 10));
  bed.run_until(milliseconds(500));
  bed.forth().set_up(true);
  PacketLog log(bed.world);
  bed.run_until(milliseconds(1095));
  // At 1030 ms one segment, then two, four, and what is left.
  std::map<Time, std::size_t> segments;
  for (const auto& segment : bed.sent(log)) {
    if (segment.from_client) ++segments[segment.at];
  }
  EXPECT_THAT(segments, ElementsAre(std::pair(at_ms(1030), 1U), std::pair(at_ms(1050), 2U),
                                    std::pair(at_ms(1070), 4U), std::pair(at_ms(1090), 3U)));
  EXPECT_EQ(bed.client.socket->connection().congestion().threshold(), 5 * 1460);
}

TEST(TcpCongestion, RestartsAfterAnIdleTime) {
  TcpBed bed(ten_ms, {.delayed_ack = Duration{}});
  bed.establish();
  bed.client.send(Bytes(1460 * 60));
  bed.run_until(seconds(5));
  ASSERT_GT(bed.client.socket->connection().congestion().window(), 20 * 1460);
  PacketLog log(bed.world);
  bed.client.send(Bytes(1460 * 60));
  bed.run_until(seconds(5) + milliseconds(5));
  EXPECT_EQ(bed.client_times(log).size(), 10U);
}

TEST(TcpReassembly, KeepsEachByteOnce) {
  TcpReassembly early;
  const auto text = [](std::string_view t) { return as_bytes(t); };
  early.insert(10, text("klm"));
  early.insert(5, text("fg"));
  early.insert(4, text("efghijklmnop"));  // fills the gaps
  early.insert(20, text("u"));
  ByteQueue out;
  EXPECT_EQ(early.take(4, out), 16);
  EXPECT_EQ(as_text(out.view(0, out.size())), "efghijklmnop");
  EXPECT_EQ(early.take(16, out), 16);
  EXPECT_FALSE(early.empty());
  EXPECT_EQ(early.take(20, out), 21);
  EXPECT_TRUE(early.empty());
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
