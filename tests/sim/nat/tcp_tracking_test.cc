// The state machine of a TCP connection on the way (RFC 5382 §5, RFC 7857 §2).
#include "sim/nat/tcp_tracking.h"

#include <gtest/gtest.h>

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using net::TcpSegment;
using enum TcpSide;
namespace flag = net::tcp_flag;

constexpr std::uint32_t a = 1000;         // the inside host's initial sequence number
constexpr std::uint32_t b = 0xffff'fff0;  // the outside host's, close to where numbers wrap

// A connection and what is told of it.
struct Connection {
  TcpState in(std::uint8_t flags, std::uint32_t seq, std::uint32_t ack = 0) {
    return pass(outside, flags, seq, ack);
  }
  TcpState out(std::uint8_t flags, std::uint32_t seq, std::uint32_t ack = 0) {
    return pass(inside, flags, seq, ack);
  }
  TcpState pass(TcpSide from, std::uint8_t flags, std::uint32_t seq, std::uint32_t ack) {
    tracking.receive(from, {.seq = seq, .ack = ack, .flags = flags, .payload = data}, revives);
    return tracking.state();
  }
  void open() {
    out(flag::syn, a);
    in(flag::syn | flag::ack, b, a + 1);
    ASSERT_EQ(out(flag::ack, a + 1, b + 1), TcpState::established);
  }

  TcpTracking tracking;
  bool revives = true;
  ByteView data;  // of the next segments
};

TEST(TcpTracking, Rfc5382_Req2_OpenFromInside) {
  Connection c;
  EXPECT_EQ(c.out(flag::syn, a), TcpState::syn_sent);
  EXPECT_EQ(c.out(flag::syn, a), TcpState::syn_sent) << "sent again";
  EXPECT_EQ(c.in(flag::syn | flag::ack, b, a + 1), TcpState::syn_received);
  EXPECT_EQ(c.in(flag::syn | flag::ack, b, a + 1), TcpState::syn_received) << "sent again";
  EXPECT_EQ(c.out(flag::ack, a + 1, b + 1), TcpState::established);
  EXPECT_EQ(c.tracking.next_seq(inside), a + 1);
  EXPECT_EQ(c.tracking.next_seq(outside), b + 1);
}

TEST(TcpTracking, Rfc5382_Req2_OpenFromOutside) {
  Connection c;
  EXPECT_EQ(c.in(flag::syn, b), TcpState::syn_sent);
  EXPECT_EQ(c.out(flag::syn | flag::ack, a, b + 1), TcpState::syn_received);
  EXPECT_EQ(c.in(flag::ack, b + 1, a + 1), TcpState::established);
}

TEST(TcpTracking, Rfc5382_Req2a_SimultaneousOpen) {
  Connection c;
  EXPECT_EQ(c.out(flag::syn, a), TcpState::syn_sent);
  EXPECT_EQ(c.in(flag::syn, b), TcpState::syn_sent);
  EXPECT_EQ(c.out(flag::syn | flag::ack, a, b + 1), TcpState::syn_received);
  EXPECT_EQ(c.in(flag::syn | flag::ack, b, a + 1), TcpState::established);
}

TEST(TcpTracking, ASynThatIsNotAcknowledgedOpensNothing) {
  Connection c;
  c.out(flag::syn, a);
  EXPECT_EQ(c.in(flag::ack, b, a), TcpState::syn_sent) << "of an older connection";
  EXPECT_EQ(c.in(flag::ack, b, a + 1), TcpState::syn_received);
}

TEST(TcpTracking, HalfCloseAndClose) {
  Connection c;
  c.open();
  EXPECT_EQ(c.out(flag::fin | flag::ack, a + 1, b + 1), TcpState::fin_wait);
  EXPECT_EQ(c.in(flag::ack, b + 1, a + 1), TcpState::fin_wait) << "of what came before the FIN";
  EXPECT_EQ(c.in(flag::ack, b + 1, a + 2), TcpState::close_wait);
  const std::uint8_t twenty[20] = {};
  c.data = twenty;
  EXPECT_EQ(c.in(flag::ack, b + 1, a + 2), TcpState::close_wait) << "the other half goes on";
  c.data = {};
  EXPECT_EQ(c.tracking.next_seq(outside), b + 21) << "5 after the wrap";
  EXPECT_EQ(c.out(flag::ack, a + 2, b + 21), TcpState::close_wait);
  EXPECT_EQ(c.in(flag::fin | flag::ack, b + 21, a + 2), TcpState::last_ack);
  EXPECT_EQ(c.in(flag::fin | flag::ack, b + 21, a + 2), TcpState::last_ack) << "sent again";
  EXPECT_EQ(c.out(flag::ack, a + 2, b + 22), TcpState::time_wait);
}

TEST(TcpTracking, SimultaneousClose) {
  Connection c;
  c.open();
  EXPECT_EQ(c.out(flag::fin | flag::ack, a + 1, b + 1), TcpState::fin_wait);
  EXPECT_EQ(c.in(flag::fin | flag::ack, b + 1, a + 1), TcpState::last_ack);
  EXPECT_EQ(c.in(flag::ack, b + 2, a + 2), TcpState::last_ack);
  EXPECT_EQ(c.out(flag::ack, a + 2, b + 2), TcpState::time_wait);
}

TEST(TcpTracking, Rfc7857_2_AForgedResetIsForgotten) {
  Connection c;
  c.open();
  EXPECT_EQ(c.in(flag::rst, b + 1), TcpState::closed);
  EXPECT_EQ(c.in(flag::rst, b + 1), TcpState::closed);
  EXPECT_EQ(c.out(flag::ack, a + 1, b + 1), TcpState::established);
  c.out(flag::fin | flag::ack, a + 1, b + 1);
  c.in(flag::rst, b + 1);
  EXPECT_EQ(c.in(flag::ack, b + 1, a + 2), TcpState::close_wait) << "what was before comes back";
}

TEST(TcpTracking, WithoutRevivalAResetIsFinal) {
  Connection c{.tracking = {}, .revives = false, .data = {}};
  c.open();
  EXPECT_EQ(c.in(flag::rst, b + 1), TcpState::closed);
  EXPECT_EQ(c.out(flag::ack, a + 1, b + 1), TcpState::closed);
  EXPECT_EQ(c.out(flag::syn, a + 100), TcpState::syn_sent) << "another connection";
}

TEST(TcpTracking, ASynReopensAClosedConnection) {
  Connection c;
  c.open();
  c.out(flag::fin | flag::ack, a + 1, b + 1);
  c.in(flag::fin | flag::ack, b + 1, a + 2);
  ASSERT_EQ(c.out(flag::ack, a + 2, b + 2), TcpState::time_wait);
  EXPECT_EQ(c.out(flag::syn, a + 500), TcpState::syn_sent);
  EXPECT_EQ(c.in(flag::syn | flag::ack, b + 900, a + 501), TcpState::syn_received);
  EXPECT_EQ(c.out(flag::ack, a + 501, b + 901), TcpState::established);
}

TEST(TcpTracking, ASynDoesNotDisturbAnEstablishedConnection) {
  Connection c;
  c.open();
  EXPECT_EQ(c.in(flag::syn, b + 77), TcpState::established);
}

TEST(TcpTracking, AConnectionUnderWay) {
  Connection c;
  c.tracking = TcpTracking::under_way();
  EXPECT_EQ(c.out(flag::ack, a + 7, b + 7), TcpState::established);
  EXPECT_EQ(c.tracking.next_seq(inside), a + 7);
  EXPECT_EQ(c.out(flag::fin | flag::ack, a + 7, b + 7), TcpState::fin_wait);
}

TEST(TcpTracking, AFinFromASideThatNeverOpenedIsNothing) {
  Connection c;
  c.out(flag::syn, a);
  EXPECT_EQ(c.in(flag::fin, b), TcpState::syn_sent);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
