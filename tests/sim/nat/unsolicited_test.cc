// UDP from outside that nobody asked for: what the sender gets, and Linux' shadow entries.
#include "nat_under_test.h"

#include <gtest/gtest.h>

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using core::MappingStep;
using enum Dependence;
using Answer = Verdict::Answer;

const Endpoint alice = at("192.168.1.5:5000");
const Endpoint peer = at("203.0.113.10:3478");
const Endpoint stun = at("203.0.113.11:3478");
const Endpoint outside = at("198.51.100.7:5000");

const NatOptions linux_nat{.filtering = address_and_port_dependent,
                           .port_allocation = PortAllocation::preserve_overload,
                           .udp_timeout = seconds(120),
                           .udp_timeout_new = seconds(30),
                           .unsolicited = Unsolicited::accept_local_and_track,
                           .hairpin = Hairpin::off};

TEST(Unsolicited, IsDroppedSilently) {
  NatUnderTest t(NatOptions{});
  EXPECT_EQ(t.in(peer, outside).verdict.answer, Answer::none);
}

TEST(Unsolicited, IsRejected) {
  NatUnderTest t({.unsolicited = Unsolicited::port_unreachable});
  const Outcome unknown = t.in(peer, outside);
  EXPECT_EQ(unknown.reason(), DropReason::nat_no_mapping);
  EXPECT_EQ(unknown.verdict.answer, Answer::port_unreachable);
  t.map(alice, stun);
  const Outcome filtered = t.in(peer, outside);
  EXPECT_EQ(filtered.reason(), DropReason::nat_filtered_address);
  EXPECT_EQ(filtered.verdict.answer, Answer::port_unreachable);
  t.map(alice, peer);
  EXPECT_TRUE(t.in(peer, outside).forwarded()) << "nothing was remembered";
}

// The peer's packet comes first: alice's later packet to it leaves from another port, though the
// server still sees the first one.
TEST(ShadowEntry, TheLaterOutboundFlowGetsAnotherPort) {
  NatUnderTest t(linux_nat);
  ASSERT_EQ(t.map(alice, stun), outside);
  const Outcome early = t.in(peer, outside, second(1));
  EXPECT_EQ(early.reason(), DropReason::nat_filtered_port);
  EXPECT_EQ(early.verdict.answer, Answer::port_unreachable);
  EXPECT_EQ(early.note,
            "filter APDF of mapping 192.168.1.5:5000 -> 198.51.100.7:5000: 203.0.113.10:3478 was "
            "never sent to; it holds 203.0.113.11:3478; the NAT took it for its own, and for 30s "
            "no mapping on 198.51.100.7:5000 may send to 203.0.113.10:3478");
  EXPECT_EQ(t.events.back().step, MappingStep::shadowed);
  EXPECT_EQ(t.events.back().external, outside);
  EXPECT_EQ(t.events.back().remote, peer);
  EXPECT_EQ(t.events.back().expires, second(31));

  const Endpoint punched = t.map(alice, peer, second(2));
  EXPECT_NE(punched, outside);
  EXPECT_EQ(t.map(alice, stun, second(2)), outside);
  EXPECT_EQ(t.map(alice, peer, second(3)), punched);
  EXPECT_TRUE(t.in(peer, punched, second(3)).forwarded());
  EXPECT_FALSE(t.in(peer, outside, second(3)).forwarded());
}

TEST(ShadowEntry, OtherRemotesAreNotConcerned) {
  NatUnderTest t(linux_nat);
  t.in(peer, outside);
  EXPECT_EQ(t.map(alice, stun, second(1)), outside);
  EXPECT_EQ(t.map(alice, {peer.address, 9}, second(1)), outside);
  EXPECT_NE(t.map(alice, peer, second(1)), outside);
}

// The 30 s count from the latest packet.
TEST(ShadowEntry, EachRetransmissionRefreshesIt) {
  NatUnderTest t(linux_nat);
  t.in(peer, outside, second(0));
  t.in(peer, outside, second(20));
  EXPECT_EQ(t.nat.next_expiry(), second(50));
  t.nat.expire(second(50) - nanoseconds(1));
  EXPECT_EQ(t.events.back().step, MappingStep::shadowed);
  t.nat.expire(second(50));
  EXPECT_EQ(t.steps(), (std::vector{MappingStep::shadowed, MappingStep::unshadowed}));
  EXPECT_TRUE(t.nat.next_expiry().is_never());
  EXPECT_EQ(t.map(alice, peer, second(50)), outside);
}

TEST(ShadowEntry, APacketThatIsExpectedLeavesNone) {
  NatUnderTest t(linux_nat);
  t.map(alice, peer);
  EXPECT_TRUE(t.in(peer, outside, second(1)).forwarded());
  EXPECT_EQ(t.steps(), std::vector{MappingStep::created});
}

TEST(ShadowEntry, CountsAgainstTheTablesLimit) {
  NatOptions small = linux_nat;
  small.max_mappings = 2;
  NatUnderTest t(small);
  t.in(peer, outside);
  t.in(stun, outside);
  EXPECT_EQ(t.in(at("203.0.113.12:1"), outside).reason(), DropReason::nat_table_full);
  EXPECT_EQ(t.in(stun, outside).reason(), DropReason::nat_no_mapping) << "it has its entry";
  EXPECT_EQ(t.out(alice, at("203.0.113.12:1")).reason(), DropReason::nat_table_full);
}

TEST(ShadowEntry, GoesWithAFlush) {
  NatUnderTest t(linux_nat);
  t.in(peer, outside);
  t.nat.flush(second(1));
  EXPECT_TRUE(t.nat.next_expiry().is_never());
  EXPECT_EQ(t.map(alice, peer, second(1)), outside);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
