// ICMP echo through a NAT (RFC 5508 §3).
#include "sim/net/icmp_query.h"

#include "nat_under_test.h"

#include <gtest/gtest.h>

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using core::MappingStep;
using enum Dependence;

const IpAddress alice = ip("192.168.1.5");
const IpAddress bob = ip("192.168.1.6");
const IpAddress server = ip("203.0.113.10");
const IpAddress other = ip("203.0.113.11");
const IpAddress outside = ip("198.51.100.7");

struct Echo {
  Outcome outcome;
  std::uint16_t identifier;
};

Echo request(NatUnderTest& t, const IpAddress& from, const IpAddress& to, std::uint16_t identifier,
             Time now = Time{}) {
  const net::PacketPtr packet =
      net::make_icmp_query(t.pool, from, to, {false, identifier, 1}, as_bytes("ping"));
  const Outcome outcome = t.pass(packet, now, true);
  return {outcome, net::parse_icmp_query(*packet)->identifier};
}
Echo reply(NatUnderTest& t, const IpAddress& from, std::uint16_t identifier, Time now = Time{}) {
  const net::PacketPtr packet =
      net::make_icmp_query(t.pool, from, outside, {true, identifier, 1}, as_bytes("ping"));
  const Outcome outcome = t.pass(packet, now, false);
  return {outcome, net::parse_icmp_query(*packet)->identifier};
}

TEST(Rfc5508, Req1_RepliesComeBack) {
  NatUnderTest t({.port_allocation = PortAllocation::random});
  const Echo out = request(t, alice, server, 77);
  EXPECT_TRUE(out.outcome.forwarded());
  EXPECT_EQ(out.outcome.source.address, outside);
  EXPECT_NE(out.identifier, 77);
  const Echo in = reply(t, server, out.identifier);
  EXPECT_TRUE(in.outcome.forwarded());
  EXPECT_EQ(in.outcome.destination.address, alice);
  EXPECT_EQ(in.identifier, 77);
}

TEST(Rfc5508, Req1a_TheMappingDoesNotDependOnTheRemote) {
  NatUnderTest t({.port_allocation = PortAllocation::random});
  const Echo first = request(t, alice, server, 77);
  EXPECT_EQ(request(t, alice, other, 77).identifier, first.identifier);
  EXPECT_EQ(t.nat.mapping_count(), 1U);
}

TEST(Rfc5508, Req2_TheSessionLives60Seconds) {
  NatUnderTest t(NatOptions{});
  request(t, alice, server, 77);
  EXPECT_EQ(t.nat.next_expiry(), second(60));
  EXPECT_TRUE(reply(t, server, 77, second(60) - nanoseconds(1)).outcome.forwarded());
  EXPECT_EQ(t.nat.next_expiry(), second(120) - nanoseconds(1));
  EXPECT_EQ(reply(t, server, 77, second(120)).outcome.reason(), DropReason::nat_mapping_expired);
}

TEST(Rfc5508, Req2a_TheTimeIsSettable) {
  NatUnderTest t({.icmp_query_timeout = seconds(30)});
  request(t, alice, server, 77);
  EXPECT_EQ(t.nat.next_expiry(), second(30));
}

TEST(Rfc7857, 12_TheFirstReplyCanEndTheSession) {
  NatUnderTest t({.icmp_query_ends_at_reply = true});
  request(t, alice, server, 77);
  EXPECT_TRUE(reply(t, server, 77, second(1)).outcome.forwarded());
  EXPECT_EQ(t.nat.next_expiry(), second(1));
  EXPECT_EQ(reply(t, server, 77, second(1)).outcome.reason(), DropReason::nat_mapping_expired);
  EXPECT_EQ(t.steps(), (std::vector{MappingStep::created, MappingStep::expired}));
  EXPECT_TRUE(request(t, alice, server, 77, second(2)).outcome.forwarded());
}

TEST(IcmpQuery, IdentifiersOfTwoHostsAreKeptApart) {
  NatUnderTest t(NatOptions{});
  EXPECT_EQ(request(t, alice, server, 77).identifier, 77);
  EXPECT_EQ(request(t, bob, server, 77).identifier, 78);
  EXPECT_EQ(reply(t, server, 78).outcome.destination.address, bob);
}

TEST(IcmpQuery, AllIdentifiersAreUsed) {
  NatUnderTest t({.port_range = {5000, 5001}});
  EXPECT_EQ(request(t, alice, server, 0).identifier, 0);
  EXPECT_EQ(request(t, alice, server, 65535).identifier, 65535);
  EXPECT_EQ(request(t, bob, server, 65535).identifier, 1) << "the next one that is free";
}

TEST(IcmpQuery, TheFilterSeesTheAddress) {
  NatUnderTest t({.filtering = address_and_port_dependent});
  request(t, alice, server, 77);
  EXPECT_EQ(reply(t, other, 77).outcome.reason(), DropReason::nat_filtered_port);
  NatUnderTest open({.filtering = endpoint_independent});
  request(open, alice, server, 77);
  EXPECT_TRUE(reply(open, other, 77).outcome.forwarded());
}

TEST(IcmpQuery, RequestsFromOutsideDoNotGetIn) {
  NatUnderTest t({.filtering = endpoint_independent});
  request(t, alice, server, 77);
  const net::PacketPtr packet = net::make_icmp_query(t.pool, server, outside, {false, 77, 1}, {});
  const Outcome outcome = t.pass(packet, Time{}, false);
  EXPECT_EQ(outcome.reason(), DropReason::nat_no_mapping);
  EXPECT_EQ(outcome.verdict.answer, Verdict::Answer::none);
  EXPECT_EQ(outcome.note, "an echo request cannot say which inside host it is for");
}

TEST(IcmpQuery, ABoxThatTakesPacketsForItsOwnRepliesToRequests) {
  NatUnderTest t({.unsolicited = Unsolicited::accept_local_and_track});
  const net::PacketPtr packet = net::make_icmp_query(t.pool, server, outside, {false, 77, 1}, {});
  EXPECT_EQ(t.pass(packet, Time{}, false).verdict.answer, Verdict::Answer::echo_reply);
}

TEST(IcmpQuery, RequestsAreNotTurnedBackInside) {
  NatUnderTest t(NatOptions{});
  EXPECT_EQ(request(t, alice, outside, 77).outcome.reason(), DropReason::nat_hairpin_off);
}

TEST(IcmpQuery, RepliesFromInsideAnswerNothing) {
  NatUnderTest t(NatOptions{});
  const net::PacketPtr packet = net::make_icmp_query(t.pool, alice, server, {true, 77, 1}, {});
  EXPECT_EQ(t.pass(packet, Time{}, true).reason(), DropReason::nat_icmp_mismatch);
}

TEST(IcmpQuery, OverIpv6) {
  NatUnderTest t({.port_allocation = PortAllocation::random}, {"2001:db8::7"});
  const IpAddress inside = ip("fd00::5");
  const IpAddress remote = ip("2001:db8:1::1");
  const Echo out = request(t, inside, remote, 77);
  ASSERT_TRUE(out.outcome.forwarded());
  const net::PacketPtr packet = net::make_icmp_query(t.pool, remote, ip("2001:db8::7"),
                                                     {true, out.identifier, 1}, as_bytes("ping"));
  EXPECT_EQ(t.pass(packet, Time{}, false).destination.address, inside);
  EXPECT_EQ(net::parse_icmp_query(*packet)->identifier, 77);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
