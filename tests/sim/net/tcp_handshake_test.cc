// Opening and closing connections (RFC 9293 §3.5, §3.6, §3.10).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/net/tcp_bed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using testing::ElementsAre;
using testing::Pair;

const LinkOptions ten_ms = link_of(milliseconds(10));

TEST(TcpHandshake, TakesOneRoundTripForTheClientAndOneAndAHalfForTheServer) {
  TcpBed bed(ten_ms);
  PacketLog log(bed.world);
  bed.establish();
  EXPECT_THAT(bed.client.events, ElementsAre(Pair(at_ms(20), TcpEvent::connected)));
  EXPECT_THAT(bed.server.events, ElementsAre(Pair(at_ms(30), TcpEvent::connected)));
  EXPECT_EQ(bed.client.state(), TcpState::established);
  EXPECT_EQ(bed.server.state(), TcpState::established);
  EXPECT_EQ(bed.server.socket->remote(), bed.client.socket->local());
  const auto sent = bed.sent(log);
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[0].flags, tcp_flag::syn);
  EXPECT_EQ(sent[1].flags, tcp_flag::syn | tcp_flag::ack);
  EXPECT_EQ(sent[1].ack, sent[0].seq + 1);
  EXPECT_EQ(sent[2].flags, tcp_flag::ack);
  EXPECT_EQ(sent[2].seq, sent[0].seq + 1);
  EXPECT_EQ(sent[2].ack, sent[1].seq + 1);
  // One round trip was measured on either side (RFC 6298 2.2).
  EXPECT_EQ(bed.client.socket->connection().rto().smoothed(), milliseconds(20));
  EXPECT_EQ(bed.server.socket->connection().rto().smoothed(), milliseconds(20));
}

TEST(TcpHandshake, TheSynSaysWhatFitsTheLinkAndTheWindow) {
  for (const bool v4 : {true, false}) {
    LinkOptions link = ten_ms;
    link.mtu = 1400;
    TcpBed bed(link);
    PacketLog log(bed.world);
    const auto listener =
        std::move(bed.b.tcp()
                      .listen({.local = {v4 ? ip("10.0.0.2") : ip("2001:db8::2"), 80}}, bed.server)
                      .value());
    bed.client.socket = std::move(
        bed.a.tcp()
            .connect({}, v4 ? endpoint("10.0.0.2:80") : endpoint("[2001:db8::2]:80"), bed.client)
            .value());
    bed.run_until(milliseconds(30));
    EXPECT_EQ(bed.server.state(), TcpState::established);
    const auto syn = parse_tcp(ByteView(log.of(core::PacketStep::created).at(0).datagram)
                                   .subspan(v4 ? ipv4_header_size : ipv6_header_size));
    EXPECT_EQ(syn->mss, v4 ? 1360 : 1340);
    EXPECT_EQ(syn->window, 65535);    // of 262144
    EXPECT_EQ(syn->window_scale, 3);  // 262144 >> 2 is 65536 yet
    EXPECT_EQ(bed.server.socket->connection().segment_size(), v4 ? 1360 : 1340);
    EXPECT_EQ(bed.client.socket->connection().peer_window(), 65535);
  }
}

TEST(TcpHandshake, WithoutTheOptionWindowsAreNotScaled) {
  TcpBed bed(ten_ms);
  bed.server_options.window_scale = false;
  PacketLog log(bed.world);
  bed.establish();
  bed.client.send(some_bytes(100));
  bed.run_until(seconds(1));
  for (const auto& step : log.of(core::PacketStep::created)) {
    const auto segment = parse_tcp(ByteView(step.datagram).subspan(20));
    EXPECT_EQ(segment->window_scale.has_value(), segment->flags == tcp_flag::syn);
    EXPECT_EQ(segment->window, 65535);
  }
  EXPECT_EQ(bed.client.socket->connection().peer_window(), 65535);
}

// RFC 6298 5.5: 1 + 2 + 4 … seconds, at most 60, and six retransmissions.
TEST(TcpHandshake, RetransmitsTheSynWithTwiceTheTimeoutEach) {
  TcpBed bed(ten_ms);
  bed.forth().set_up(false);
  PacketLog log(bed.world);
  bed.connect();
  bed.run();
  const auto s = [](std::int64_t n) { return Time{} + seconds(n); };
  EXPECT_THAT(bed.client_times(log), ElementsAre(s(0), s(1), s(3), s(7), s(15), s(31), s(63)));
  EXPECT_THAT(bed.client.events, ElementsAre(Pair(s(123), TcpEvent::ended)));
  EXPECT_EQ(bed.client.end(), TcpEnd::timed_out);
}

TEST(TcpHandshake, ALostSynAckIsSentAgainForTheSynThatComesAgain) {
  TcpBed bed(ten_ms);
  bed.drop([](std::uint64_t number, const Packet&) { return number == 1; });
  bed.listen();
  bed.connect();
  bed.run_until(seconds(2));
  // Both timers ran out, the client's first.
  EXPECT_EQ(bed.client.when(TcpEvent::connected), at_ms(1020));
  EXPECT_EQ(bed.server.when(TcpEvent::connected), at_ms(1030));
  // RFC 5681 §3.1: one segment after a loss in the handshake.
  EXPECT_EQ(bed.client.socket->connection().congestion().window(), 1460);
  // RFC 6298 5.7: no measurement could be taken, so three seconds.
  EXPECT_EQ(bed.client.socket->connection().rto().rto(), seconds(3));
}

TEST(TcpHandshake, ALostLastAckIsMadeGoodByTheAnswerToTheSynAck) {
  TcpBed bed(ten_ms);
  bed.drop([](std::uint64_t number, const Packet&) { return number == 2; });
  bed.listen();
  bed.connect();
  bed.run_until(seconds(3));
  // The SYN-ACK of 10 ms is sent again one second later and answered after a round trip.
  EXPECT_EQ(bed.server.when(TcpEvent::connected), at_ms(1030));
}

TEST(TcpHandshake, SimultaneousOpen) {
  TcpBed bed(ten_ms);
  const Endpoint left = endpoint("10.0.0.1:7000");
  const Endpoint right = endpoint("10.0.0.2:7000");
  PacketLog log(bed.world);
  bed.client.socket = std::move(bed.a.tcp().connect({.local = left}, right, bed.client).value());
  bed.server.socket = std::move(bed.b.tcp().connect({.local = right}, left, bed.server).value());
  bed.run_until(milliseconds(25));
  // SYNs cross, then SYN-ACKs: RFC 9293 figure 7.
  EXPECT_EQ(bed.client.when(TcpEvent::connected), at_ms(20));
  EXPECT_EQ(bed.server.when(TcpEvent::connected), at_ms(20));
  ASSERT_EQ(bed.sent(log).size(), 4U);
  EXPECT_EQ(bed.client.counters().retransmissions, 0U);
  bed.client.send(some_bytes(3000), true);
  bed.run_until(seconds(1));
  EXPECT_EQ(bed.server.received, some_bytes(3000));
  EXPECT_EQ(bed.client.end(), TcpEnd::finished);
}

TEST(TcpHandshake, SimultaneousOpenSurvivesEachLoss) {
  for (std::uint64_t lost = 0; lost < 4; ++lost) {
    TcpBed bed(ten_ms);
    const Endpoint left = endpoint("10.0.0.1:7000");
    const Endpoint right = endpoint("10.0.0.2:7000");
    bed.drop([=](std::uint64_t number, const Packet&) { return number == lost; });
    bed.client.socket = std::move(bed.a.tcp().connect({.local = left}, right, bed.client).value());
    bed.server.socket = std::move(bed.b.tcp().connect({.local = right}, left, bed.server).value());
    bed.run_until(seconds(5));
    EXPECT_EQ(bed.client.state(), TcpState::established) << lost;
    EXPECT_EQ(bed.server.state(), TcpState::established) << lost;
  }
}

TEST(TcpHandshake, WhereNobodyListensItIsRefused) {
  TcpBed bed(ten_ms);
  PacketLog log(bed.world);
  bed.connect();
  bed.run();
  EXPECT_THAT(bed.client.events, ElementsAre(Pair(at_ms(20), TcpEvent::ended)));
  EXPECT_EQ(bed.client.end(), TcpEnd::refused);
  EXPECT_EQ(bed.drops(DropReason::no_socket), 1U);
  const auto sent = bed.sent(log);
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[1].flags, tcp_flag::rst | tcp_flag::ack);
  EXPECT_EQ(sent[1].seq, 0U);
  EXPECT_EQ(sent[1].ack, sent[0].seq + 1);
}

TEST(TcpHandshake, ASilentHostDoesNotAnswer) {
  TcpBed bed(ten_ms);
  bed.b.tcp().set_silent(true);
  bed.connect();
  bed.run_until(seconds(2));
  EXPECT_EQ(bed.client.state(), TcpState::syn_sent);
  EXPECT_EQ(bed.drops(DropReason::no_socket), 2U);
}

TEST(TcpClose, OneSideAfterTheOther) {
  TcpBed bed(ten_ms);
  bed.establish();
  bed.server.answers_fin = false;
  bed.client.socket->close();  // at 30 ms
  bed.run_until(milliseconds(45));
  EXPECT_EQ(bed.client.state(), TcpState::fin_wait_1);
  EXPECT_EQ(bed.server.state(), TcpState::close_wait);
  EXPECT_EQ(bed.server.when(TcpEvent::peer_finished), at_ms(40));
  bed.run_until(milliseconds(55));
  EXPECT_EQ(bed.client.state(), TcpState::fin_wait_2);
  bed.server.send(some_bytes(10), true);  // half closed: this direction still flows
  bed.run_until(milliseconds(60));
  EXPECT_EQ(bed.server.state(), TcpState::last_ack);
  bed.run_until(milliseconds(65));
  EXPECT_EQ(bed.client.received, some_bytes(10));
  EXPECT_EQ(bed.client.state(), TcpState::time_wait);
  EXPECT_EQ(bed.client.end(), TcpEnd::finished);
  bed.run_until(milliseconds(75));
  EXPECT_EQ(bed.server.state(), TcpState::closed);
  EXPECT_EQ(bed.server.end(), TcpEnd::finished);
  // 2 MSL from the FIN's arrival at 65 ms.
  bed.run_until(milliseconds(60'065) - nanoseconds(1));
  EXPECT_EQ(bed.client.state(), TcpState::time_wait);
  bed.run_until(milliseconds(60'065));
  EXPECT_EQ(bed.client.state(), TcpState::closed);
}

TEST(TcpClose, BothSidesAtOnce) {
  TcpBed bed(ten_ms);
  bed.establish();
  bed.client.socket->close();
  bed.server.socket->close();
  bed.run_until(milliseconds(41));
  EXPECT_EQ(bed.client.state(), TcpState::closing);
  EXPECT_EQ(bed.server.state(), TcpState::closing);
  bed.run_until(milliseconds(51));
  EXPECT_EQ(bed.client.state(), TcpState::time_wait);
  EXPECT_EQ(bed.server.state(), TcpState::time_wait);
}

TEST(TcpClose, BeforeItIsEstablished) {
  TcpBed bed(ten_ms);
  bed.connect();
  bed.client.socket->close();
  EXPECT_EQ(bed.client.state(), TcpState::closed);
  EXPECT_EQ(bed.client.end(), TcpEnd::aborted);
}

TEST(TcpClose, ALostFinOrAckIsMadeGood) {
  // The FINs and their acknowledgements are the packets from 3 on, behind the handshake's.
  for (std::uint64_t lost = 3; lost < 7; ++lost) {
    TcpBed bed(ten_ms);
    bed.drop([=](std::uint64_t number, const Packet&) { return number == lost; });
    bed.establish();
    bed.client.socket->close();
    bed.run();
    EXPECT_EQ(bed.client.end(), TcpEnd::finished) << lost;
    EXPECT_EQ(bed.server.end(), TcpEnd::finished) << lost;
  }
}

TEST(TcpClose, TimeWaitAnswersTheFinThatComesAgain) {
  TcpBed bed(ten_ms);
  bed.establish();
  bed.client.socket->close();  // FIN at 30 ms, the server's at 40 ms, its acknowledgement at 50 ms
  bed.run_until(milliseconds(45));
  bed.forth().set_up(false);
  bed.run_until(milliseconds(55));
  bed.forth().set_up(true);
  bed.run_until(milliseconds(1059));
  EXPECT_EQ(bed.server.state(), TcpState::last_ack);
  bed.run_until(milliseconds(1061));  // a second after 40 ms, and a round trip
  EXPECT_EQ(bed.server.state(), TcpState::closed);
  // And the wait has begun anew at 1050 ms.
  bed.run_until(milliseconds(61'049));
  EXPECT_EQ(bed.client.state(), TcpState::time_wait);
  bed.run_until(milliseconds(61'050));
  EXPECT_EQ(bed.client.state(), TcpState::closed);
}

TEST(TcpClose, TimeWaitGivesWayToANewSyn) {
  TcpBed bed(ten_ms);
  bed.establish();
  bed.client.answers_fin = true;
  bed.server.socket->close();  // so the server is the one that waits
  bed.run_until(seconds(1));
  ASSERT_EQ(bed.server.state(), TcpState::time_wait);
  const Endpoint from = bed.client.socket->local();
  bed.client.socket.reset();
  TcpProgram next;
  // A random initial number is beyond the old one every other time.
  int accepted = 0;
  for (int i = 0; i < 20 && accepted == 0; ++i) {
    next.socket = std::move(bed.a.tcp().connect({.local = from}, bed.server_end, next).value());
    bed.run_until(bed.world.now() - Time{} + milliseconds(100));
    accepted += next.state() == TcpState::established ? 1 : 0;
    if (accepted == 0) next.socket->abort();
    if (accepted == 0) next.socket.reset();
  }
  EXPECT_EQ(accepted, 1);
}

TEST(TcpAbort, ResetsThePeer) {
  TcpBed bed(ten_ms);
  bed.establish();
  bed.client.socket->abort();
  EXPECT_EQ(bed.client.end(), TcpEnd::aborted);
  bed.run();
  EXPECT_EQ(bed.server.end(), TcpEnd::reset);
  EXPECT_EQ(bed.server.when(TcpEvent::ended), at_ms(40));
}

TEST(TcpAbort, TheEndOfAListenerRefusesWhatIsHalfOpen) {
  TcpBed bed(ten_ms);
  bed.listen();
  bed.connect();
  bed.run_until(milliseconds(15));
  bed.listener.reset();
  bed.run();
  // The SYN-ACK establishes the client at 20 ms, and the RST ends that at 25 ms.
  EXPECT_EQ(bed.client.when(TcpEvent::ended), at_ms(25));
  EXPECT_EQ(bed.client.end(), TcpEnd::reset);
}

TEST(TcpAbort, DataForAProgramThatHasGoneIsAnsweredWithReset) {
  TcpBed bed(ten_ms);
  bed.establish();
  bed.server.socket.reset();  // FIN at 30 ms
  bed.client.answers_fin = false;
  bed.run_until(milliseconds(100));
  EXPECT_EQ(bed.client.state(), TcpState::close_wait);
  bed.client.send(some_bytes(5));
  bed.run();
  EXPECT_EQ(bed.client.end(), TcpEnd::reset);
  EXPECT_EQ(bed.client.when(TcpEvent::ended), at_ms(120));
}

TEST(TcpAbort, AProgramThatHasGoneDoesNotWaitForEver) {
  TcpBed bed(ten_ms);
  bed.establish();
  bed.client.answers_fin = false;
  bed.server.socket.reset();
  bed.run_until(seconds(59));
  EXPECT_EQ(bed.client.state(), TcpState::close_wait);
  bed.run_until(seconds(61));  // FIN-WAIT-2 is over
  bed.client.send(some_bytes(5));
  bed.run();
  EXPECT_EQ(bed.client.end(), TcpEnd::reset);  // by the host, which knows of no connection
}

// Sends host b a segment as if it came from the client.
void forge(TcpBed& bed, const TcpSegment& segment) {
  auto packet = make_tcp(bed.network.pool(), bed.client.socket->local(), bed.server_end, segment);
  bed.b.receive(std::move(packet), *bed.b.interfaces().front());
}

struct Numbers {
  std::uint32_t seq;  // the server's RCV.NXT
  std::uint32_t ack;  // the server's SND.NXT
};
Numbers established(TcpBed& bed) {
  PacketLog log(bed.world);
  bed.establish();
  const auto sent = bed.sent(log);
  return {sent.at(2).seq, sent.at(2).ack};
}

TEST(TcpRfc5961, OnlyAResetWithTheExactNumberIsTaken) {
  TcpBed bed(ten_ms);
  const Numbers at = established(bed);
  forge(bed, {.seq = at.seq - 1, .flags = tcp_flag::rst});  // outside the window
  EXPECT_EQ(bed.server.counters().segments_sent, 1U);
  forge(bed, {.seq = at.seq + 1, .flags = tcp_flag::rst});  // inside: challenged
  EXPECT_EQ(bed.server.counters().segments_sent, 2U);
  EXPECT_EQ(bed.server.state(), TcpState::established);
  forge(bed, {.seq = at.seq, .flags = tcp_flag::rst});
  EXPECT_EQ(bed.server.end(), TcpEnd::reset);
}

TEST(TcpRfc5961, ASynIsChallenged) {
  TcpBed bed(ten_ms);
  const Numbers at = established(bed);
  forge(bed, {.seq = at.seq + 5, .flags = tcp_flag::syn});
  EXPECT_EQ(bed.server.counters().segments_sent, 2U);
  EXPECT_EQ(bed.server.state(), TcpState::established);
}

TEST(TcpRfc5961, AnAckOfWhatWasNeverSentIsChallengedButNotTooOften) {
  TcpBed bed(ten_ms);
  const Numbers at = established(bed);
  const Bytes bytes = some_bytes(3);
  const auto send = [&](std::uint32_t ack) {
    forge(bed, {.seq = at.seq, .ack = ack, .flags = tcp_flag::ack, .window = 1, .payload = bytes});
  };
  send(at.ack + 1);        // the future
  send(at.ack - 300'000);  // beyond the widest window of the past
  EXPECT_EQ(bed.server.counters().segments_sent, 2U);
  bed.run_until(milliseconds(530));  // 500 ms after the first
  send(at.ack + 1);
  EXPECT_EQ(bed.server.counters().segments_sent, 3U);
  EXPECT_TRUE(bed.server.received.empty());
  send(at.ack);
  EXPECT_EQ(bed.server.received, bytes);
}

TEST(TcpStack, MalformedSegmentsAreDropped) {
  TcpBed bed(ten_ms);
  bed.establish();
  auto packet = make_tcp(bed.network.pool(), bed.client.socket->local(), bed.server_end,
                         {.flags = tcp_flag::ack});
  const std::size_t offset = ipv4_header_size + 12;
  packet->data()[offset] = 0xf0;  // a header longer than the segment
  // Its checksum is made right again, word by word (RFC 1624).
  std::uint8_t* const checksum = packet->data() + ipv4_header_size + field::tcp_checksum;
  store_be16(checksum, static_cast<std::uint16_t>(load_be16(checksum) - 0xa000));
  if (!checksums_right(*packet)) {
    store_be16(checksum, static_cast<std::uint16_t>(load_be16(checksum) - 1));
  }
  ASSERT_TRUE(checksums_right(*packet));
  bed.b.receive(std::move(packet), *bed.b.interfaces().front());
  EXPECT_EQ(bed.drops(DropReason::malformed), 1U);
  EXPECT_EQ(bed.server.state(), TcpState::established);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
