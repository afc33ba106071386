// TCP through a NAT (RFC 5382, RFC 7857).
#include "nat_under_test.h"

#include <gtest/gtest.h>

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using core::MappingStep;
using enum Dependence;
namespace flag = net::tcp_flag;
using Answer = Verdict::Answer;

const Endpoint alice = at("192.168.1.5:5000");
const Endpoint bob = at("192.168.1.6:5000");
const Endpoint server = at("203.0.113.10:443");
const Endpoint other = at("203.0.113.11:443");

constexpr std::uint32_t a = 1000;  // the inside host's initial sequence number
constexpr std::uint32_t b = 5000;  // the outside host's

// Opens a connection from inside at `now`; gives the external endpoint.
Endpoint connect(NatUnderTest& t, const Endpoint& internal, const Endpoint& remote,
                 Time now = Time{}) {
  const Endpoint external = t.tcp_out(internal, remote, flag::syn, a, 0, now).source;
  EXPECT_TRUE(t.tcp_in(remote, external, flag::syn | flag::ack, b, a + 1, now).forwarded());
  EXPECT_TRUE(t.tcp_out(internal, remote, flag::ack, a + 1, b + 1, now).forwarded());
  return external;
}

TEST(Rfc5382, Req1_EndpointIndependentMapping) {
  NatUnderTest t({.port_allocation = PortAllocation::random});
  const Endpoint external = connect(t, alice, server);
  EXPECT_EQ(connect(t, alice, other), external);
  EXPECT_EQ(t.nat.mapping_count(), 1U);
}

TEST(Rfc5382, Req2_ConnectionsFromEitherSide) {
  NatUnderTest t({.filtering = endpoint_independent});
  const Endpoint external = connect(t, alice, server);
  // A stranger connects to the mapped endpoint.
  EXPECT_EQ(t.tcp_in(other, external, flag::syn, b).destination, alice);
  EXPECT_TRUE(t.tcp_out(alice, other, flag::syn | flag::ack, a, b + 1).forwarded());
  EXPECT_TRUE(t.tcp_in(other, external, flag::ack, b + 1, a + 1).forwarded());
}

TEST(Rfc5382, Req2a_SimultaneousOpen) {
  NatUnderTest t({.filtering = address_and_port_dependent});
  const Endpoint external = t.tcp_out(alice, server, flag::syn, a).source;
  EXPECT_TRUE(t.tcp_in(server, external, flag::syn, b).forwarded());
  EXPECT_TRUE(t.tcp_out(alice, server, flag::syn | flag::ack, a, b + 1).forwarded());
  const Outcome last = t.tcp_in(server, external, flag::syn | flag::ack, b, a + 1);
  EXPECT_TRUE(last.forwarded());
  EXPECT_EQ(last.note, "mapping 192.168.1.5:5000 -> 198.51.100.7:5000; TCP established, for 7440s");
}

TEST(Tcp, SimultaneousOpenCanBeForbidden) {
  NatUnderTest t({.tcp_simultaneous_open = false});
  const Endpoint external = t.tcp_out(alice, server, flag::syn, a).source;
  const Outcome crossing = t.tcp_in(server, external, flag::syn, b);
  EXPECT_EQ(crossing.reason(), DropReason::nat_tcp_simultaneous_open);
  EXPECT_EQ(crossing.verdict.answer, Answer::none);
  EXPECT_TRUE(t.tcp_in(server, external, flag::syn | flag::ack, b, a + 1).forwarded());
}

// In Linux the RST that refuses a connection ends it; any other is taken for one that may be
// forged.
TEST(Tcp, ARefusalEndsAConnectionAtOnceWhereItIsToldTo) {
  for (const bool ends : {false, true}) {
    NatUnderTest t({.tcp_ends_when_refused = ends});
    const Endpoint external = t.tcp_out(alice, server, flag::syn, a).source;
    EXPECT_TRUE(t.tcp_in(server, external, flag::rst | flag::ack, 0, a + 1, second(1)).forwarded());
    EXPECT_EQ(t.nat.next_expiry(), ends ? second(1) : second(240));
    EXPECT_EQ(t.nat.mappings(second(1)).size(), ends ? 0U : 1U);
  }
  NatUnderTest t({.tcp_ends_when_refused = true});
  const Endpoint external = connect(t, alice, server);
  t.tcp_in(server, external, flag::rst, b + 1, 0, second(1));
  EXPECT_EQ(t.nat.next_expiry(), second(241)) << "it was accepted before";
}

TEST(Rfc5382, Req3_FilteringAsOfUdp) {
  NatUnderTest t({.filtering = address_dependent});
  const Endpoint external = connect(t, alice, server);
  EXPECT_TRUE(t.tcp_in(at("203.0.113.10:444"), external, flag::syn, b).forwarded());
  EXPECT_EQ(t.tcp_in(other, external, flag::syn, b).reason(), DropReason::nat_filtered_address);
}

TEST(Rfc5382, Req4_UnsolicitedSynPolicies) {
  const std::pair<UnsolicitedSyn, Answer> policies[] = {
      {UnsolicitedSyn::drop, Answer::none},
      {UnsolicitedSyn::port_unreachable, Answer::port_unreachable},
      {UnsolicitedSyn::reset, Answer::tcp_reset},
      {UnsolicitedSyn::hold, Answer::port_unreachable_after_hold},
  };
  for (const auto& [policy, answer] : policies) {
    NatUnderTest t({.unsolicited_syn = policy});
    const Endpoint external = connect(t, alice, server);
    const Outcome unknown = t.tcp_in(server, {external.address, 9}, flag::syn, b);
    EXPECT_EQ(unknown.reason(), DropReason::nat_no_mapping);
    EXPECT_EQ(unknown.verdict.answer, answer);
    const Outcome filtered = t.tcp_in(other, external, flag::syn, b);
    EXPECT_EQ(filtered.reason(), DropReason::nat_filtered_address);
    EXPECT_EQ(filtered.verdict.answer, answer);
    EXPECT_EQ(t.tcp_in(other, external, flag::ack, b, a).verdict.answer, Answer::none)
        << "a SYN alone is answered";
  }
}

// The connection is last used at 0: one nanosecond before its time it goes on, at its time it is
// gone.
void expect_timeout(NatUnderTest& t, const Endpoint& external, Duration timeout, Time start) {
  EXPECT_EQ(t.nat.next_expiry(), start + timeout);
  EXPECT_EQ(t.nat.mappings(start + timeout - nanoseconds(1)).size(), 1U);
  EXPECT_EQ(t.tcp_in(server, external, flag::ack, b + 1, a + 1, start + timeout).reason(),
            DropReason::nat_mapping_expired);
  EXPECT_EQ(t.events.back().step, MappingStep::expired);
}

TEST(Rfc5382, Req5_EstablishedFor7440Seconds) {
  NatUnderTest t(NatOptions{});
  const Endpoint external = connect(t, alice, server);
  expect_timeout(t, external, seconds(2 * 3600 + 4 * 60), Time{});
}

TEST(Rfc5382, Req5_SegmentsOfBothDirectionsRefresh) {
  NatUnderTest t({.refresh = Refresh::outbound});
  const Endpoint external = connect(t, alice, server);
  t.tcp_in(server, external, flag::ack, b + 1, a + 1, second(7000));
  t.tcp_out(alice, server, flag::ack, a + 1, b + 1, second(14000));
  expect_timeout(t, external, seconds(7440), second(14000));
}

TEST(Rfc5382, Req5_TransitoryFor240Seconds) {
  NatUnderTest half_open(NatOptions{});
  Endpoint external = half_open.tcp_out(alice, server, flag::syn, a).source;
  expect_timeout(half_open, external, seconds(240), Time{});

  NatUnderTest answered(NatOptions{});
  external = answered.tcp_out(alice, server, flag::syn, a).source;
  answered.tcp_in(server, external, flag::syn | flag::ack, b, a + 1, second(1));
  expect_timeout(answered, external, seconds(240), second(1));
}

TEST(Rfc7857, 2_AfterBothFinsTheSessionStays240Seconds) {
  NatUnderTest t(NatOptions{});
  const Endpoint external = connect(t, alice, server);
  t.tcp_out(alice, server, flag::fin | flag::ack, a + 1, b + 1, second(10));
  t.tcp_in(server, external, flag::fin | flag::ack, b + 1, a + 2, second(11));
  t.tcp_out(alice, server, flag::ack, a + 2, b + 2, second(12));
  expect_timeout(t, external, seconds(240), second(12));
}

TEST(Rfc7857, 2_AfterAnRstTheSessionStays240Seconds) {
  NatUnderTest t(NatOptions{});
  const Endpoint external = connect(t, alice, server);
  EXPECT_TRUE(t.tcp_in(server, external, flag::rst, b + 1, 0, second(100)).forwarded());
  expect_timeout(t, external, seconds(240), second(100));
}

TEST(Rfc7857, 2_AForgedRstDoesNotEndTheConnection) {
  NatUnderTest t(NatOptions{});
  const Endpoint external = connect(t, alice, server);
  t.tcp_in(server, external, flag::rst, b + 77, 0, second(100));
  t.tcp_out(alice, server, flag::ack, a + 1, b + 1, second(101));
  expect_timeout(t, external, seconds(7440), second(101));
}

TEST(Rfc7857, 8_AnRstDoesNotRefresh) {
  NatUnderTest t({.tcp_timeouts = {.syn_sent = seconds(20), .closed = seconds(240)}});
  const Endpoint external = t.tcp_out(alice, server, flag::syn, a).source;
  t.tcp_out(alice, server, flag::rst, a + 1, 0, second(15));
  expect_timeout(t, external, seconds(20), Time{});
}

TEST(Tcp, LinuxTimers) {
  const NatOptions linux_nat{.tcp_timeouts = {.syn_sent = seconds(120),
                                              .syn_received = seconds(60),
                                              .established = seconds(432'000),
                                              .fin_wait = seconds(120),
                                              .close_wait = seconds(60),
                                              .last_ack = seconds(30),
                                              .time_wait = seconds(120),
                                              .closed = seconds(10)},
                             .tcp_revives_after_reset = false};
  NatUnderTest t(linux_nat);
  std::int64_t now = 0;
  const auto out = [&](std::uint8_t flags, std::uint32_t seq, std::uint32_t ack) {
    t.tcp_out(alice, server, flags, seq, ack, second(++now));
    return t.nat.next_expiry() - second(now);
  };
  const auto in = [&](std::uint8_t flags, std::uint32_t seq, std::uint32_t ack) {
    t.tcp_in(server, {ip("198.51.100.7"), 5000}, flags, seq, ack, second(++now));
    return t.nat.next_expiry() - second(now);
  };
  EXPECT_EQ(out(flag::syn, a, 0), seconds(120));
  EXPECT_EQ(in(flag::syn | flag::ack, b, a + 1), seconds(60));
  EXPECT_EQ(out(flag::ack, a + 1, b + 1), seconds(432'000));
  EXPECT_EQ(out(flag::fin | flag::ack, a + 1, b + 1), seconds(120));
  EXPECT_EQ(in(flag::ack, b + 1, a + 2), seconds(60));
  EXPECT_EQ(in(flag::fin | flag::ack, b + 1, a + 2), seconds(30));
  EXPECT_EQ(out(flag::ack, a + 2, b + 2), seconds(120));
  EXPECT_EQ(out(flag::syn, a + 900, 0), seconds(120)) << "the next connection";
  EXPECT_EQ(in(flag::rst | flag::ack, 0, a + 901), seconds(10));
  EXPECT_EQ(out(flag::ack, a + 901, b), seconds(10));
}

TEST(Tcp, AMappingLivesAsLongAsItsLastConnection) {
  NatUnderTest t(NatOptions{});
  const Endpoint external = connect(t, alice, server);
  connect(t, alice, other, second(5));
  t.tcp_in(other, external, flag::rst, b + 1, 0, second(10));
  EXPECT_EQ(t.nat.next_expiry(), second(250)) << "of the one that was reset";
  EXPECT_EQ(t.nat.mappings(second(10)).at(0).expires, second(7440));
  t.nat.expire(second(250));
  EXPECT_EQ(t.nat.mapping_count(), 1U);
  EXPECT_EQ(t.tcp_out(alice, other, flag::ack, a + 1, b + 1, second(251)).reason(),
            DropReason::nat_tcp_no_connection);
  EXPECT_EQ(t.nat.next_expiry(), second(7440));
  t.nat.expire(second(7440));
  EXPECT_EQ(t.steps(),
            (std::vector{MappingStep::created, MappingStep::filter_opened, MappingStep::expired}));
}

TEST(Rfc5382, Req7_TwoHostsDoNotShareAPort) {
  NatUnderTest t(NatOptions{});
  const Endpoint first = connect(t, alice, server);
  EXPECT_NE(connect(t, bob, other), first);
}

TEST(Rfc5382, Req8_Hairpinning) {
  NatUnderTest t({.filtering = endpoint_independent});
  const Endpoint b_external = connect(t, bob, server);
  const Endpoint a_external = connect(t, alice, server);
  const Outcome syn = t.tcp_out(alice, b_external, flag::syn, a);
  EXPECT_TRUE(syn.hairpinned());
  EXPECT_EQ(syn.source, a_external) << "REQ-8a";
  EXPECT_EQ(syn.destination, bob);
  EXPECT_TRUE(t.tcp_out(bob, a_external, flag::syn | flag::ack, b, a + 1).hairpinned());
  EXPECT_TRUE(t.tcp_out(alice, b_external, flag::ack, a + 1, b + 1).hairpinned());
}

TEST(Rfc5382, Req10_IcmpErrorsDoNotEndConnections) {
  NatUnderTest t(NatOptions{});
  const Endpoint external = connect(t, alice, server);
  const net::PacketPtr seen =
      net::make_tcp(t.pool, external, server, {.seq = a + 1, .flags = flag::ack});
  const net::PacketPtr error =
      net::make_icmp_error(t.pool, server.address, net::IcmpError::port_unreachable, *seen);
  EXPECT_TRUE(t.pass(error, second(100), false).forwarded());
  expect_timeout(t, external, seconds(7440), Time{});
}

TEST(Rfc7857, 5_AUdpMappingOfTheSamePortIsApart) {
  NatUnderTest t({.filtering = endpoint_independent});
  const Endpoint external = connect(t, alice, server);
  EXPECT_EQ(t.in(server, external).reason(), DropReason::nat_no_mapping);
  EXPECT_EQ(t.map(bob, server), external) << "preserved, because UDP's port is free";
  EXPECT_TRUE(t.in(other, external).forwarded());
  EXPECT_EQ(t.tcp_in(other, external, flag::syn, b).destination, alice);
}

TEST(Tcp, SegmentsWithoutAConnection) {
  NatUnderTest dropping(NatOptions{});
  EXPECT_EQ(dropping.tcp_out(alice, server, flag::ack, a, b).reason(),
            DropReason::nat_tcp_no_connection);
  EXPECT_EQ(dropping.nat.mapping_count(), 0U);

  NatUnderTest resetting({.tcp_midstream = TcpMidstream::reset});
  EXPECT_EQ(resetting.tcp_out(alice, server, flag::ack, a, b).verdict.answer, Answer::tcp_reset);
  EXPECT_EQ(resetting.tcp_out(alice, server, flag::rst, a).verdict.answer, Answer::none);

  NatUnderTest lax({.tcp_midstream = TcpMidstream::pick_up});
  EXPECT_EQ(lax.tcp_out(alice, server, flag::rst, a).reason(), DropReason::nat_tcp_no_connection);
  const Endpoint external = lax.tcp_out(alice, server, flag::ack, a + 1, b + 1).source;
  EXPECT_TRUE(lax.tcp_in(server, external, flag::ack, b + 1, a + 1).forwarded());
  expect_timeout(lax, external, seconds(7440), Time{});
}

TEST(Tcp, EndsOfAnExpiredConnectionGetAnRst) {
  NatUnderTest t({.tcp_reset_on_expiry = true});
  const Endpoint external = connect(t, alice, server);
  t.tcp_out(bob, server, flag::syn, a, 0, second(1));
  t.nat.expire(second(241));
  EXPECT_TRUE(t.connections.empty()) << "bob's was never established";
  t.nat.expire(second(7440));
  ASSERT_EQ(t.connections.size(), 1U);
  EXPECT_EQ(t.connections[0].internal, alice);
  EXPECT_EQ(t.connections[0].external, external);
  EXPECT_EQ(t.connections[0].remote, server);
  EXPECT_EQ(t.connections[0].next_from_inside, a + 1);
  EXPECT_EQ(t.connections[0].next_from_outside, b + 1);
}

TEST(Tcp, MalformedSegmentsAreDropped) {
  NatUnderTest t(NatOptions{});
  const net::PacketPtr segment = net::make_tcp(t.pool, alice, server, {.flags = flag::syn});
  segment->data()[segment->transport_offset + 12] = 0xf0;  // a header of 60 bytes
  EXPECT_EQ(t.pass(segment, Time{}, true).reason(), DropReason::malformed);
}

TEST(Tcp, FlushForgetsConnections) {
  NatUnderTest t(NatOptions{});
  connect(t, alice, server);
  t.nat.flush(second(5));
  EXPECT_EQ(t.nat.mapping_count(), 0U);
  EXPECT_TRUE(t.nat.next_expiry().is_never());
  EXPECT_EQ(t.events.back().step, MappingStep::evicted);
  EXPECT_EQ(t.tcp_out(alice, server, flag::ack, a + 1, b + 1, second(6)).reason(),
            DropReason::nat_tcp_no_connection);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
