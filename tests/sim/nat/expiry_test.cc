// The life of mappings, to the nanosecond.
#include "nat_under_test.h"

#include <gtest/gtest.h>

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using core::MappingStep;
using enum Dependence;

const Endpoint alice = at("192.168.1.5:5000");
const Endpoint server = at("203.0.113.10:3478");
const Endpoint external = at("198.51.100.7:5000");
constexpr Duration tick = nanoseconds(1);

NatOptions with(Refresh refresh) { return {.udp_timeout = seconds(60), .refresh = refresh}; }

TEST(Expiry, IdleForTheTimeoutIsExpired) {
  NatUnderTest t(with(Refresh::outbound));
  t.map(alice, server);
  EXPECT_EQ(t.nat.next_expiry(), second(60));
  EXPECT_TRUE(t.in(server, external, second(60) - tick).forwarded());
  EXPECT_EQ(t.in(server, external, second(60)).reason(), DropReason::nat_mapping_expired);
  EXPECT_EQ(t.nat.next_expiry(), Time::never());
}

TEST(Rfc4787, Req6_OutboundPacketsRestartTheTimer) {
  for (const Refresh refresh : {Refresh::outbound, Refresh::both}) {
    NatUnderTest t(with(refresh));
    t.map(alice, server);
    t.map(alice, server, second(59));
    EXPECT_EQ(t.nat.next_expiry(), second(119));
    EXPECT_TRUE(t.in(server, external, second(119) - tick).forwarded());
  }
}

TEST(Rfc4787, Req6a_InboundPacketsRestartTheTimerOnlyIfAllowed) {
  for (const Refresh refresh : {Refresh::outbound, Refresh::inbound, Refresh::both}) {
    NatUnderTest t(with(refresh));
    t.map(alice, server);
    EXPECT_TRUE(t.in(server, external, second(59)).forwarded());
    EXPECT_EQ(t.nat.next_expiry(), refresh == Refresh::outbound ? second(60) : second(119));
  }
}

TEST(Expiry, RefreshByInboundAloneIgnoresOutbound) {
  NatUnderTest t(with(Refresh::inbound));
  t.map(alice, server);
  t.map(alice, server, second(59));
  EXPECT_EQ(t.nat.next_expiry(), second(60));
  EXPECT_FALSE(t.in(server, external, second(60)).forwarded());
}

TEST(Expiry, FilteredPacketsRefreshNothing) {
  NatUnderTest t(with(Refresh::both));
  t.map(alice, server);
  EXPECT_FALSE(t.in(at("203.0.113.99:1"), external, second(59)).forwarded());
  EXPECT_EQ(t.nat.next_expiry(), second(60));
}

TEST(Expiry, MappingsGoInOrderOfTheirLastRefresh) {
  NatUnderTest t(with(Refresh::outbound));
  const Endpoint bob = at("192.168.1.6:6000");
  const Endpoint carol = at("192.168.1.7:7000");
  t.map(alice, server, second(0));
  t.map(bob, server, second(1));
  t.map(carol, server, second(2));
  t.map(alice, server, second(3));
  t.events.clear();
  t.nat.expire(second(61));
  ASSERT_EQ(t.events.size(), 1U);
  EXPECT_EQ(t.events[0].internal, bob);
  t.nat.expire(second(63));
  ASSERT_EQ(t.events.size(), 3U);
  EXPECT_EQ(t.events[1].internal, carol);
  EXPECT_EQ(t.events[2].internal, alice);
}

TEST(Expiry, TheNextPacketMakesANewMapping) {
  NatUnderTest t({.port_allocation = PortAllocation::random, .udp_timeout = seconds(60)});
  const Endpoint before = t.map(alice, server);
  const Endpoint after = t.map(alice, server, second(60));
  EXPECT_NE(before, after);
  EXPECT_EQ(t.events.back().mapping, 2U);
  EXPECT_EQ(t.in(server, before, second(60)).reason(), DropReason::nat_mapping_expired);
}

TEST(Expiry, FilterGoesWithTheMapping) {
  NatUnderTest t({.filtering = address_and_port_dependent, .udp_timeout = seconds(60)});
  const Endpoint other = at("203.0.113.11:1");
  t.map(alice, server);
  t.map(alice, other);
  EXPECT_EQ(t.map(alice, server, second(60)), external) << "the same port, so it goes unnoticed";
  EXPECT_TRUE(t.in(server, external, second(60)).forwarded());
  EXPECT_EQ(t.in(other, external, second(60)).reason(), DropReason::nat_filtered_port);
}

TEST(Expiry, TheLatest64AreRemembered) {
  NatUnderTest t({.udp_timeout = seconds(60)});
  for (std::uint16_t n = 0; n < 65; ++n) {
    t.map({alice.address, static_cast<std::uint16_t>(5000 + n)}, server);
  }
  t.nat.expire(second(60));
  EXPECT_EQ(t.in(server, external, second(60)).reason(), DropReason::nat_no_mapping);
  for (std::uint16_t n = 1; n < 65; ++n) {
    const Endpoint gone{external.address, static_cast<std::uint16_t>(5000 + n)};
    EXPECT_EQ(t.in(server, gone, second(60)).reason(), DropReason::nat_mapping_expired);
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
