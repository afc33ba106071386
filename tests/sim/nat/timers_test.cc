// The phases, scopes and directions of idle timers, to the nanosecond.
#include "nat_under_test.h"

#include <gtest/gtest.h>

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using core::MappingStep;
using enum Dependence;

const Endpoint alice = at("192.168.1.5:5000");
const Endpoint server = at("203.0.113.10:3478");
const Endpoint other = at("203.0.113.11:3478");
const Endpoint resolver = at("203.0.113.53:53");
const Endpoint external = at("198.51.100.7:5000");
constexpr Duration tick = nanoseconds(1);

// As Linux has them.
NatOptions linux_timers() {
  return {.filtering = address_and_port_dependent,
          .udp_timeout_new = seconds(30),
          .udp_timeout_replied = seconds(30),
          .udp_timeout_stream = seconds(120),
          .udp_stream_after = seconds(2)};
}

TEST(UdpPhases, UnansweredMappingsKeepTheShortTimer) {
  NatUnderTest t(linux_timers());
  t.map(alice, server, second(0));
  EXPECT_EQ(t.nat.next_expiry(), second(30));
  t.map(alice, server, second(29));
  EXPECT_EQ(t.nat.next_expiry(), second(59));
  EXPECT_TRUE(t.in(server, external, second(59) - tick).forwarded());
  // That first reply is judged by what was before it.
  EXPECT_EQ(t.nat.next_expiry(), second(89) - tick);
}

TEST(UdpPhases, AnsweredMappingsAreAStreamWhenTheyAreOlderThanThat) {
  NatUnderTest t(linux_timers());
  t.map(alice, server, second(0));
  t.in(server, external, second(1));
  t.map(alice, server, second(2));
  EXPECT_EQ(t.nat.next_expiry(), second(32)) << "not yet older than 2 s";
  t.map(alice, server, second(2) + tick);
  EXPECT_EQ(t.nat.next_expiry(), second(122) + tick);
  t.in(server, external, second(100));
  EXPECT_EQ(t.nat.next_expiry(), second(220));
}

TEST(UdpPhases, ALoneTransactionIsNoStream) {
  NatUnderTest t(linux_timers());
  t.map(alice, server, second(0));
  EXPECT_TRUE(t.in(server, external, second(10)).forwarded());
  EXPECT_EQ(t.nat.next_expiry(), second(40));
}

TEST(UdpPhases, AStreamStaysOne) {
  NatOptions options = linux_timers();
  options.refresh = Refresh::outbound;
  NatUnderTest t(options);
  t.map(alice, server, second(0));
  t.in(server, external, second(3));
  EXPECT_EQ(t.nat.next_expiry(), second(30)) << "inbound packets restart nothing";
  t.map(alice, server, second(4));
  EXPECT_EQ(t.nat.next_expiry(), second(124)) << "but they count as a reply";
  t.map(alice, server, second(123));
  EXPECT_EQ(t.nat.next_expiry(), second(243));
}

TEST(UdpPhases, UdpTimeoutAloneSetsAll) {
  NatUnderTest t({.udp_timeout = seconds(60)});
  t.map(alice, server, second(0));
  EXPECT_EQ(t.nat.next_expiry(), second(60));
  t.in(server, external, second(1));
  EXPECT_EQ(t.nat.next_expiry(), second(61));
  t.map(alice, server, second(30));
  EXPECT_EQ(t.nat.next_expiry(), second(90));
}

TEST(UdpPhases, TheShortestOfManyExpiresFirst) {
  NatUnderTest t(linux_timers());
  const Endpoint bob = at("192.168.1.6:6000");
  t.map(alice, server, second(0));
  t.in(server, external, second(1));
  t.map(alice, server, second(5));
  t.map(bob, server, second(10));
  EXPECT_EQ(t.nat.next_expiry(), second(40));
  t.nat.expire(second(40));
  EXPECT_EQ(t.events.back().internal, bob);
  EXPECT_EQ(t.nat.next_expiry(), second(125));
}

TEST(Rfc4787, Req5a_PortsMayHaveTimersOfTheirOwn) {
  NatUnderTest t({.udp_timeout = seconds(60), .udp_port_timeouts = {{53, seconds(10)}}});
  t.map(alice, resolver, second(0));
  EXPECT_EQ(t.nat.next_expiry(), second(10));
  t.in(resolver, external, second(9));
  EXPECT_EQ(t.nat.next_expiry(), second(19));
  // The packet that restarts the timer says which it is.
  t.map(alice, server, second(10));
  EXPECT_EQ(t.nat.next_expiry(), second(70));
  t.map(alice, resolver, second(11));
  EXPECT_EQ(t.nat.next_expiry(), second(21));
}

TEST(MaxLifetime, EndsWhateverTheTraffic) {
  NatUnderTest t({.udp_timeout = seconds(60), .max_lifetime = seconds(100)});
  t.map(alice, server, second(0));
  EXPECT_EQ(t.nat.next_expiry(), second(60));
  t.map(alice, server, second(50));
  EXPECT_EQ(t.nat.next_expiry(), second(100));
  EXPECT_EQ(t.events.back().expires, second(60)) << "as it was told when it was made";
  t.map(alice, server, second(100) - tick);
  EXPECT_EQ(t.nat.mappings(second(100) - tick).at(0).expires, second(100));
  t.nat.expire(second(100));
  EXPECT_EQ(t.events.back().step, MappingStep::expired);
  EXPECT_EQ(t.nat.mapping_count(), 0U);
}

// The gateway of a cloud that asks for keepalives from both ends.
TEST(PerDirection, BothDirectionsHaveToBeRefreshed) {
  NatUnderTest t({.udp_timeout = seconds(240), .refresh = Refresh::per_direction});
  t.map(alice, server, second(0));
  t.map(alice, server, second(100));
  EXPECT_EQ(t.nat.next_expiry(), second(240)) << "nothing came in";
  t.in(server, external, second(200));
  EXPECT_EQ(t.nat.next_expiry(), second(340)) << "the last that went out was at 100 s";
  t.map(alice, server, second(300));
  EXPECT_EQ(t.nat.next_expiry(), second(440));
  EXPECT_EQ(t.nat.mappings(second(300)).at(0).expires, second(440));
  EXPECT_EQ(t.in(server, external, second(440)).reason(), DropReason::nat_mapping_expired);
  EXPECT_EQ(t.nat.next_expiry(), Time::never());
}

NatOptions sessions(Dependence filtering) {
  return {.filtering = filtering,
          .udp_timeout = seconds(60),
          .timer_scope = TimerScope::per_session,
          .refresh = Refresh::outbound};
}

TEST(PerSession, TheFilterClosesWhileTheMappingLives) {
  NatUnderTest t(sessions(address_and_port_dependent));
  t.map(alice, server, second(0));
  t.map(alice, other, second(30));
  EXPECT_EQ(t.map(alice, other, second(59)), external);
  EXPECT_TRUE(t.in(server, external, second(60) - tick).forwarded());
  t.events.clear();
  EXPECT_EQ(t.in(server, external, second(60)).reason(), DropReason::nat_filtered_port);
  ASSERT_EQ(t.steps(), std::vector{MappingStep::filter_closed});
  EXPECT_EQ(t.events[0].remote, server);
  EXPECT_EQ(t.events[0].expires, second(119));
  EXPECT_TRUE(t.in(other, external, second(60)).forwarded());
  const auto mappings = t.nat.mappings(second(60));
  ASSERT_EQ(mappings.size(), 1U);
  EXPECT_EQ(mappings[0].filter, std::vector{other});
  EXPECT_EQ(mappings[0].refreshed, second(59));
}

TEST(PerSession, TheMappingLivesAsLongAsAnySession) {
  NatUnderTest t(sessions(address_dependent));
  t.map(alice, server, second(0));
  t.map(alice, other, second(30));
  EXPECT_EQ(t.nat.mappings(second(30)).at(0).expires, second(90));
  t.nat.expire(second(90) - tick);
  EXPECT_EQ(t.nat.mapping_count(), 1U);
  EXPECT_EQ(t.nat.next_expiry(), second(90));
  t.nat.expire(second(90));
  EXPECT_EQ(t.nat.mapping_count(), 0U);
  EXPECT_EQ(t.steps(), (std::vector{MappingStep::created, MappingStep::filter_opened,
                                    MappingStep::filter_closed, MappingStep::expired}));
}

TEST(PerSession, AClosedFilterIsOpenedAnew) {
  NatUnderTest t(sessions(address_and_port_dependent));
  t.map(alice, server, second(0));
  t.map(alice, other, second(30));
  EXPECT_EQ(t.map(alice, server, second(61)), external);
  EXPECT_EQ(t.events.back().step, MappingStep::filter_opened);
  EXPECT_TRUE(t.in(server, external, second(62)).forwarded());
}

TEST(PerSession, EachSessionHasItsPhases) {
  NatOptions options = linux_timers();
  options.timer_scope = TimerScope::per_session;
  NatUnderTest t(options);
  t.map(alice, server, second(0));
  t.map(alice, other, second(1));
  t.in(server, external, second(2));
  t.map(alice, server, second(3));  // a stream: until 123 s
  t.map(alice, other, second(3));   // unanswered: until 33 s
  EXPECT_EQ(t.nat.next_expiry(), second(33));
  t.nat.expire(second(33));
  EXPECT_EQ(t.nat.next_expiry(), second(123));
}

TEST(PerSession, WithSharedPortsAndFilterOfAllMappings) {
  NatUnderTest t({.filtering = address_and_port_dependent,
                  .filter_scope = FilterScope::per_endpoint,
                  .port_allocation = PortAllocation::preserve_overload,
                  .udp_timeout = seconds(60),
                  .timer_scope = TimerScope::per_session,
                  .refresh = Refresh::outbound});
  const Endpoint bob = at("192.168.1.6:5000");
  EXPECT_EQ(t.map(alice, server, second(0)), external);
  EXPECT_EQ(t.map(bob, other, second(0)), external);
  t.map(alice, at("203.0.113.12:1"), second(30));
  EXPECT_EQ(t.in(server, external, second(60)).reason(), DropReason::nat_filtered_port);
  // The remote is free for another who shares the port.
  t.map(bob, other, second(59));
  EXPECT_EQ(t.map(bob, server, second(61)), external);
  EXPECT_EQ(t.in(server, external, second(62)).destination, bob);
}

TEST(PerSession, GoWithAMappingThatIsFlushed) {
  NatUnderTest t(sessions(address_and_port_dependent));
  t.map(alice, server, second(0));
  t.map(alice, other, second(0));
  t.nat.flush(second(1));
  EXPECT_EQ(t.nat.next_expiry(), Time::never());
  t.map(alice, server, second(2));
  EXPECT_EQ(t.nat.next_expiry(), second(62));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
