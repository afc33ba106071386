// Packets from inside for the NAT's own external addresses.
#include "nat_under_test.h"

#include <gtest/gtest.h>

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using enum Dependence;

const Endpoint alice = at("192.168.1.5:5000");
const Endpoint bob = at("192.168.1.6:6000");
const Endpoint server = at("203.0.113.10:3478");

TEST(Rfc4787, Req9_HairpinReachesTheInsideHostFromTheExternalEndpoint) {
  NatUnderTest t({.filtering = endpoint_independent, .hairpin = Hairpin::external_source});
  const Endpoint a = t.map(alice, server);
  const Endpoint b = t.map(bob, server);
  const Outcome there = t.out(alice, b);
  EXPECT_TRUE(there.hairpinned());
  EXPECT_EQ(there.source, a) << "REQ-9a";
  EXPECT_EQ(there.destination, bob);
  EXPECT_EQ(there.note,
            "mapping 192.168.1.5:5000 -> 198.51.100.7:5000; back in by mapping 192.168.1.6:6000 "
            "-> 198.51.100.7:6000; expires in 300s");
  const Outcome back = t.out(bob, a);
  EXPECT_EQ(back.source, b);
  EXPECT_EQ(back.destination, alice);
}

TEST(Hairpin, FiltersApplyAsFromOutside) {
  for (const Hairpin hairpin : {Hairpin::external_source, Hairpin::internal_source}) {
    NatUnderTest t({.filtering = address_and_port_dependent, .hairpin = hairpin});
    const Endpoint a = t.map(alice, server);
    const Endpoint b = t.map(bob, server);
    const Outcome first = t.out(alice, b);
    EXPECT_EQ(first.reason(), DropReason::nat_filtered_port);
    EXPECT_EQ(first.note,
              "filter APDF of mapping 192.168.1.6:6000 -> 198.51.100.7:6000: 198.51.100.7:5000 was "
              "never sent to; it holds 203.0.113.10:3478");
    // It has opened alice's filter all the same, so bob gets through, and then alice too.
    EXPECT_TRUE(t.out(bob, a).hairpinned());
    EXPECT_TRUE(t.out(alice, b).hairpinned());
  }
}

TEST(Hairpin, InternalSourceIsLeftAsItIs) {
  NatUnderTest t({.filtering = endpoint_independent, .hairpin = Hairpin::internal_source});
  const Endpoint b = t.map(bob, server);
  const Outcome outcome = t.out(alice, b);
  EXPECT_TRUE(outcome.hairpinned());
  EXPECT_EQ(outcome.source, alice);
  EXPECT_EQ(outcome.destination, bob);
}

TEST(Hairpin, OffDropsAndMapsNothing) {
  NatUnderTest t({.filtering = endpoint_independent, .hairpin = Hairpin::off});
  const Endpoint b = t.map(bob, server);
  const Outcome outcome = t.out(alice, b);
  EXPECT_EQ(outcome.reason(), DropReason::nat_hairpin_off);
  EXPECT_EQ(outcome.note,
            "198.51.100.7 is an external address of this NAT, and hairpinning is off");
  EXPECT_EQ(t.nat.mapping_count(), 1U);
}

TEST(Hairpin, ToAPortWithoutMapping) {
  NatUnderTest t({.hairpin = Hairpin::external_source});
  EXPECT_EQ(t.out(alice, at("198.51.100.7:9")).reason(), DropReason::nat_no_mapping);
}

TEST(Hairpin, ToOneself) {
  NatUnderTest t({.hairpin = Hairpin::external_source});
  const Endpoint a = t.map(alice, server);
  const Outcome outcome = t.out(alice, a);
  EXPECT_TRUE(outcome.hairpinned());
  EXPECT_EQ(outcome.source, a);
  EXPECT_EQ(outcome.destination, alice);
}

TEST(Hairpin, AnEndpointDependentMappingIsOfTheExternalDestination) {
  NatUnderTest t({.mapping = address_and_port_dependent,
                  .filtering = endpoint_independent,
                  .hairpin = Hairpin::external_source});
  const Endpoint a = t.map(alice, server);
  const Endpoint b = t.map(bob, server);
  EXPECT_NE(t.out(alice, b).source, a);
}

TEST(Hairpin, RefreshesBothMappings) {
  NatUnderTest t({.filtering = endpoint_independent,
                  .udp_timeout = seconds(60),
                  .refresh = Refresh::outbound,
                  .hairpin = Hairpin::external_source});
  t.map(alice, server);
  const Endpoint b = t.map(bob, server);
  t.out(alice, b, second(50));
  auto all = t.nat.mappings(second(50));
  EXPECT_EQ(all.at(0).expires, second(110)) << "the sender's, by outbound";
  EXPECT_EQ(all.at(1).expires, second(60)) << "the receiver's only if inbound refreshes";
  EXPECT_EQ(all.at(1).packets_in, 1U);
}

// A box that takes what it does not know for its own says that nobody listens there.
TEST(Hairpin, WhereItIsOffABoxThatAcceptsAnswers) {
  for (const Unsolicited policy : {Unsolicited::drop, Unsolicited::accept_local_and_track}) {
    NatUnderTest t({.unsolicited = policy, .hairpin = Hairpin::off});
    const Outcome outcome = t.out(at("192.168.1.6:6000"), at("198.51.100.7:5000"));
    EXPECT_EQ(outcome.reason(), core::DropReason::nat_hairpin_off);
    EXPECT_EQ(outcome.verdict.answer, policy == Unsolicited::drop
                                          ? Verdict::Answer::none
                                          : Verdict::Answer::port_unreachable);
  }
}

TEST(Land, WhatGoesToWhereItComesFromIsDropped) {
  NatUnderTest t(NatOptions{});
  const Endpoint own = t.map(at("192.168.1.5:5000"), at("203.0.113.10:3478"));
  EXPECT_EQ(t.in(own, own).reason(), core::DropReason::land);
  EXPECT_EQ(t.out(own, own).reason(), core::DropReason::land);
  EXPECT_EQ(t.nat.mapping_count(), 1U);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
