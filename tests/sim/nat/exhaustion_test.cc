// Quotas, full tables, and what happens then; behaviour under load.
#include "nat_under_test.h"

#include <gtest/gtest.h>

#include "sim/nat/refusal.h"
#include "sim/net/tcp_segment.h"

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using core::MappingStep;
using enum Dependence;

const Endpoint alice = at("192.168.1.5:5000");
const Endpoint bob = at("192.168.1.6:6000");
const Endpoint carol = at("192.168.1.7:7000");
const Endpoint dave = at("192.168.1.8:8000");
const Endpoint server = at("203.0.113.10:3478");
const Endpoint other = at("203.0.113.11:3478");
constexpr Duration tick = nanoseconds(1);

Endpoint external_of(const Endpoint& internal) { return {ip("198.51.100.7"), internal.port}; }

TEST(Rfc6888, Req4_LimitsByTransport) {
  NatUnderTest t({.max_udp_mappings_per_host = 2});
  t.map({alice.address, 1025}, server);
  t.map({alice.address, 1026}, server);
  const Outcome third = t.out({alice.address, 1027}, server);
  EXPECT_EQ(third.reason(), DropReason::nat_host_limit);
  EXPECT_EQ(third.note, "192.168.1.5 has 2 mappings of UDP, which is the limit of a host");
  const net::PacketPtr syn =
      net::make_tcp(t.pool, {alice.address, 1027}, server, {.seq = 1, .flags = net::tcp_flag::syn});
  EXPECT_TRUE(t.pass(syn, Time{}, true).forwarded());
  EXPECT_TRUE(t.out(bob, server).forwarded());
}

TEST(Quota, RateOfNewMappings) {
  NatUnderTest t({.max_new_mappings_per_second = 4});
  std::uint16_t port = 5000;
  const auto make = [&](Time now) { return t.out({alice.address, port++}, server, now); };
  for (int n = 0; n < 4; ++n) EXPECT_TRUE(make(second(0)).forwarded());
  const Outcome fifth = make(second(0));
  EXPECT_EQ(fifth.reason(), DropReason::nat_host_rate);
  EXPECT_EQ(fifth.note, "192.168.1.5 may make 4 mappings in a second and has made as many");
  // One more each 250 ms.
  EXPECT_FALSE(make(second(0) + milliseconds(250) - tick).forwarded());
  EXPECT_TRUE(make(second(0) + milliseconds(250)).forwarded());
  EXPECT_FALSE(make(second(0) + milliseconds(250)).forwarded());
  EXPECT_TRUE(t.out(bob, server, second(0) + milliseconds(250)).forwarded());
  // After a second's rest all at once again.
  for (int n = 0; n < 4; ++n) EXPECT_TRUE(make(second(2)).forwarded());
  EXPECT_FALSE(make(second(2)).forwarded());
}

TEST(TableFull, EvictsTheOneThatWasIdleForLongest) {
  NatUnderTest t({.max_mappings = 3, .on_table_full = Exhaustion::evict_oldest});
  t.map(alice, server, second(0));
  t.map(bob, server, second(1));
  t.map(carol, server, second(2));
  t.map(alice, server, second(3));
  EXPECT_TRUE(t.out(dave, server, second(4)).forwarded());
  ASSERT_EQ(t.events.size(), 5U);
  EXPECT_EQ(t.events[3].step, MappingStep::evicted);
  EXPECT_EQ(t.events[3].reason, DropReason::nat_table_full);
  EXPECT_EQ(t.events[3].internal, bob);
  EXPECT_EQ(t.nat.mapping_count(), 3U);
}

TEST(TableFull, EvictsWhatNothingHasComeInto) {
  NatUnderTest t({.filtering = endpoint_independent,
                  .max_mappings = 2,
                  .on_table_full = Exhaustion::evict_unreplied});
  t.map(alice, server, second(0));
  t.in(server, external_of(alice), second(0));
  t.map(bob, server, second(1));
  EXPECT_TRUE(t.out(carol, server, second(2)).forwarded());
  EXPECT_EQ(t.events[2].internal, bob) << "alice was idle for longer, but was answered";
  t.in(server, external_of(carol), second(3));
  // None is left that was not answered.
  EXPECT_EQ(t.out(dave, server, second(4)).reason(), DropReason::nat_table_full);
  t.map(alice, server, second(5));
  t.map(carol, server, second(5));
  EXPECT_EQ(t.out(dave, server, second(6)).reason(), DropReason::nat_table_full);
}

// Likewise of TCP, and the one that has waited for an answer for longest makes room.
TEST(TableFull, EvictsConnectionsThatWereNotAnswered) {
  NatUnderTest t({.max_mappings = 3, .on_table_full = Exhaustion::evict_unreplied});
  const auto opened = [&](const Endpoint& host, int at) {
    return t.tcp_out(host, server, net::tcp_flag::syn, 1, 0, second(at)).source;
  };
  const Endpoint external = opened(alice, 0);
  opened(bob, 1);
  opened(carol, 2);
  const auto answer = net::tcp_flag::syn | net::tcp_flag::ack;
  t.tcp_in(server, external, answer, 1, 2, second(3));
  EXPECT_EQ(t.nat.mappings(second(3)).at(0).refreshed, second(3));
  opened(dave, 4);
  EXPECT_EQ(t.events[3].step, core::MappingStep::evicted);
  EXPECT_EQ(t.events[3].internal, bob);
  t.tcp_in(server, external, net::tcp_flag::ack, 2, 2, second(5));
  EXPECT_EQ(t.nat.mappings(second(5)).at(0).refreshed, second(3)) << "by the first answer alone";
}

// A host is bound to its external address: a port on the other one would be of no use to it.
TEST(PortsExhausted, EvictsOnTheAddressOfTheHost) {
  NatUnderTest t({.port_range = {5000, 5000}, .on_exhaustion = Exhaustion::evict_oldest},
                 {"198.51.100.1", "198.51.100.2"});
  // Of hosts that come one after the other, find one that is bound to the other address.
  const Endpoint first = t.map(alice, server, second(0));
  Endpoint next = bob;
  for (; t.map(next, server, second(1)).address == first.address;
       next.address = next.address.plus(1)) {
    t.nat.flush(second(1));
    ASSERT_EQ(t.map(alice, server, second(1)).port, first.port);
    while (t.nat.mappings(second(1)).at(0).external.address != first.address) {
      t.nat.flush(second(1));
      t.map(alice, server, second(1));
    }
  }
  // A further socket of its takes its own port away, not alice's, which was idle for longer.
  const Endpoint more{next.address, 9};
  const Endpoint external = t.map(more, server, second(2));
  EXPECT_NE(external.address, first.address);
  EXPECT_EQ(t.in(server, external, second(2)).destination, more);
  EXPECT_EQ(t.in(server, first, second(2)).destination, alice);
}

TEST(PortsExhausted, AnEvictionIsTold) {
  NatUnderTest t({.port_range = {5000, 5001}, .on_exhaustion = Exhaustion::evict_oldest});
  t.map(alice, server, second(0));
  t.map(bob, server, second(1));
  t.events.clear();
  EXPECT_EQ(t.map(carol, server, second(2)).port, 5000);
  EXPECT_EQ(t.steps(), (std::vector{MappingStep::evicted, MappingStep::created}));
  EXPECT_EQ(t.events[0].reason, DropReason::nat_ports_exhausted);
  EXPECT_EQ(t.events[0].internal, alice);
}

TEST(Eviction, OfSessionsTakesMappingsThatHaveOne) {
  NatUnderTest t({.filtering = address_and_port_dependent,
                  .timer_scope = TimerScope::per_session,
                  .max_mappings = 2,
                  .on_table_full = Exhaustion::evict_oldest});
  t.map(alice, server, second(0));
  t.map(alice, other, second(3));
  t.map(bob, server, second(1));
  t.map(carol, server, second(4));
  EXPECT_EQ(t.events[3].internal, bob) << "alice's mapping is in use by another session";
}

TEST(Rfc6888, Req11_WhatTheHostHears) {
  NatOptions options;
  for (const DropReason reason : {DropReason::nat_ports_exhausted, DropReason::nat_block_exhausted,
                                  DropReason::nat_host_limit, DropReason::nat_host_rate,
                                  DropReason::nat_port_collision, DropReason::nat_table_full}) {
    EXPECT_EQ(answer_to(options, reason), net::IcmpError::admin_prohibited) << "RFC 5508 REQ-8";
  }
  EXPECT_EQ(answer_to(options, DropReason::nat_filtered_port), std::nullopt);
  options.on_exhaustion = Exhaustion::host_unreachable;
  EXPECT_EQ(answer_to(options, DropReason::nat_block_exhausted), net::IcmpError::host_unreachable);
  EXPECT_EQ(answer_to(options, DropReason::nat_table_full), net::IcmpError::admin_prohibited);
  options.on_table_full = Exhaustion::silent;
  EXPECT_EQ(answer_to(options, DropReason::nat_table_full), std::nullopt);
}

// What RFC 4787 REQ-11 forbids, and the classifiers have to find out.
TEST(Degrade, NewMappingsAreSymmetricAboveTheNumber) {
  NatUnderTest t(
      {.filtering = endpoint_independent, .udp_timeout = seconds(60), .degrade_above = 2});
  const Endpoint before = t.map(alice, server, second(0));
  t.map(bob, server, second(0));
  EXPECT_EQ(t.map(alice, other, second(1)), before) << "what is there stays as it was";
  const Endpoint to_server = t.map(carol, server, second(1));
  const Endpoint to_other = t.map(carol, other, second(1));
  EXPECT_NE(to_server, to_other);
  EXPECT_TRUE(t.in(server, to_server, second(1)).forwarded());
  const Outcome stranger = t.in(other, to_server, second(1));
  EXPECT_EQ(stranger.reason(), DropReason::nat_filtered_port);
  EXPECT_NE(stranger.note.find("filter APDF of mapping 192.168.1.7:7000"), std::string::npos)
      << stranger.note;
  EXPECT_TRUE(t.in(other, before, second(1)).forwarded());
  // Once there is room again, so are new ones.
  t.nat.expire(second(61));
  const Endpoint after = t.map(carol, server, second(62));
  EXPECT_EQ(t.map(carol, other, second(62)), after);
  EXPECT_TRUE(t.in(at("203.0.113.99:1"), after, second(62)).forwarded());
}

TEST(Hairpin, MayGoUnfiltered) {
  for (const bool filtered : {true, false}) {
    NatUnderTest t({.filtering = address_and_port_dependent, .hairpin_filtered = filtered});
    t.map(alice, server);
    const Outcome outcome = t.out(bob, external_of(alice));
    EXPECT_EQ(outcome.hairpinned(), !filtered);
    EXPECT_EQ(outcome.reason(), filtered ? DropReason::nat_filtered_port : DropReason::none);
    EXPECT_EQ(t.in(other, external_of(alice)).reason(), DropReason::nat_filtered_port);
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
