// Which external port a mapping gets, and the sharing of ports.
#include "nat_under_test.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using core::MappingStep;
using enum Dependence;

const Endpoint alice = at("192.168.1.5:5000");
const Endpoint bob = at("192.168.1.6:5000");
const Endpoint carol = at("192.168.1.7:5000");
const Endpoint server = at("203.0.113.10:3478");
const Endpoint server_other_port = at("203.0.113.10:3479");
const Endpoint other = at("203.0.113.11:3478");

TEST(Preserve, KeepsThePortIfItIsFree) {
  NatUnderTest t(NatOptions{});
  EXPECT_EQ(t.map(alice, server).port, 5000);
  EXPECT_EQ(t.map(bob, server).port, 5001) << "the next free one";
  EXPECT_EQ(t.map(carol, server).port, 5002);
  EXPECT_EQ(t.map(at("192.168.1.7:5001"), server).port, 5003);
}

TEST(Preserve, GoesAroundInTheRange) {
  NatUnderTest t({.port_range = {4999, 5000}});
  EXPECT_EQ(t.map(alice, server).port, 5000);
  EXPECT_EQ(t.map(bob, server).port, 4999);
  EXPECT_EQ(t.out(carol, server).reason(), DropReason::nat_ports_exhausted);
}

TEST(Preserve, PortOutsideTheRangeStartsAtItsFirst) {
  NatUnderTest t({.port_range = {40000, 50000}});
  EXPECT_EQ(t.map(alice, server).port, 40000);
  EXPECT_EQ(t.map(bob, server).port, 40001);
}

TEST(Preserve, AnExpiredPortIsFreeAgain) {
  NatUnderTest t({.udp_timeout = seconds(60)});
  t.map(alice, server, second(0));
  EXPECT_EQ(t.map(bob, server, second(60)).port, 5000);
}

TEST(Sequential, CountsUpwardsWhateverTheInternalPort) {
  NatUnderTest t({.mapping = address_and_port_dependent,
                  .port_allocation = PortAllocation::sequential,
                  .port_range = {2000, 2003},
                  .udp_timeout = seconds(60)});
  EXPECT_EQ(t.map(alice, server, second(0)).port, 2000);
  EXPECT_EQ(t.map(alice, server_other_port, second(1)).port, 2001);
  EXPECT_EQ(t.map(bob, server, second(2)).port, 2002);
  EXPECT_EQ(t.map(bob, other, second(3)).port, 2003);
  // 2000 is free again at 60 s, and the count comes round to it.
  EXPECT_EQ(t.map(carol, other, second(60)).port, 2000);
  EXPECT_EQ(t.out(carol, server, second(60)).reason(), DropReason::nat_ports_exhausted);
}

TEST(Sequential, DoesNotGoBackToAPortThatWasJustFreed) {
  NatUnderTest t({.port_allocation = PortAllocation::sequential,
                  .port_range = {2000, 2003},
                  .udp_timeout = seconds(60)});
  EXPECT_EQ(t.map(alice, server, second(0)).port, 2000);
  EXPECT_EQ(t.map(alice, server, second(60)).port, 2001);
}

TEST(Random, GivesEachPortOnceAndAllOfThem) {
  NatUnderTest t({.mapping = address_and_port_dependent,
                  .port_allocation = PortAllocation::random,
                  .port_range = {1024, 1123}});
  std::set<std::uint16_t> ports;
  for (std::uint16_t n = 0; n < 100; ++n) {
    ports.insert(t.map(alice, {server.address, n}).port);
  }
  EXPECT_EQ(ports.size(), 100U);
  EXPECT_EQ(*ports.begin(), 1024);
  EXPECT_EQ(*ports.rbegin(), 1123);
  const Outcome outcome = t.out(alice, {server.address, 100});
  EXPECT_EQ(outcome.reason(), DropReason::nat_ports_exhausted);
  EXPECT_EQ(t.events.back().step, MappingStep::refused);
}

TEST(Random, IsUniformOverFreePorts) {
  // One of ten ports is taken for good; each of the other nine comes up once in nine times.
  NatOptions options{.mapping = address_and_port_dependent,
                     .port_allocation = PortAllocation::random,
                     .port_range = {1024, 1033},
                     .udp_timeout = seconds(1)};
  NatUnderTest t(options);
  std::map<std::uint16_t, int> counts;
  const std::uint16_t held = t.map(bob, server).port;
  constexpr int draws = 9000;
  for (int n = 1; n <= draws; ++n) {
    const Time now = Time{} + milliseconds(600) * n;
    t.map(bob, server, now);
    ++counts[t.map({alice.address, static_cast<std::uint16_t>(n)}, server, now).port];
    t.nat.expire(now + milliseconds(599));
  }
  EXPECT_EQ(counts.count(held), 0U);
  // The mapping of the draw before still lives, so a draw is among eight, each equally often in the
  // long run: 9000 / 9 = 1000, with a deviation below 31; five of them either way.
  EXPECT_EQ(counts.size(), 9U);
  for (const auto& [port, count] : counts) EXPECT_NEAR(count, 1000, 157) << port;
}

TEST(Random, DependsOnTheSeedAlone) {
  const NatOptions options{.port_allocation = PortAllocation::random};
  NatUnderTest a(options, {"198.51.100.7"}, 1);
  NatUnderTest b(options, {"198.51.100.7"}, 1);
  NatUnderTest c(options, {"198.51.100.7"}, 2);
  const Endpoint first = a.map(alice, server);
  EXPECT_EQ(b.map(alice, server), first);
  EXPECT_NE(c.map(alice, server), first);
}

NatOptions overloading(Dependence mapping, Dependence filtering) {
  return {.mapping = mapping,
          .filtering = filtering,
          .port_allocation = PortAllocation::preserve_overload,
          .udp_timeout = seconds(60)};
}

TEST(Overload, HostsShareAPortWhileTheirRemotesDiffer) {
  NatUnderTest t(overloading(endpoint_independent, address_and_port_dependent));
  const Endpoint external = t.map(alice, server);
  EXPECT_EQ(t.map(bob, server_other_port), external);
  EXPECT_EQ(t.in(server, external).destination, alice);
  EXPECT_EQ(t.in(server_other_port, external).destination, bob);
  EXPECT_EQ(t.in(other, external).reason(), DropReason::nat_filtered_port);
}

TEST(Overload, AClashAtFirstTakesTheNextFreePort) {
  NatUnderTest t(overloading(endpoint_independent, address_and_port_dependent));
  EXPECT_EQ(t.map(alice, server).port, 5000);
  EXPECT_EQ(t.map(bob, server).port, 5001);
  EXPECT_EQ(t.map(bob, other).port, 5001) << "an endpoint-independent mapping keeps its port";
}

// The endpoint-independent NAT that becomes symmetric for one destination on a collision.
TEST(Overload, ALaterClashGetsAMappingForThatRemoteAlone) {
  NatUnderTest t(overloading(endpoint_independent, address_and_port_dependent));
  EXPECT_EQ(t.map(alice, server).port, 5000);
  EXPECT_EQ(t.map(bob, other).port, 5000);
  EXPECT_EQ(t.map(bob, server).port, 5001);
  EXPECT_EQ(t.map(bob, server).port, 5001);
  EXPECT_EQ(t.map(bob, other).port, 5000);
  EXPECT_EQ(t.map(bob, server_other_port).port, 5000);
  EXPECT_EQ(t.in(server, at("198.51.100.7:5001")).destination, bob);
  EXPECT_EQ(t.in(other, at("198.51.100.7:5001")).reason(), DropReason::nat_filtered_port);
  EXPECT_EQ(t.nat.mappings(Time{}).at(2).remote, server);
  // Once alice's mapping has gone, bob's own still serves the server until it expires too.
  EXPECT_EQ(t.map(bob, server, second(59)).port, 5001);
  EXPECT_EQ(t.map(bob, server, second(118)).port, 5001);
  EXPECT_EQ(t.map(bob, server, second(178)).port, 5000);
}

// Without a collision, endpoint-dependent mappings look endpoint-independent.
TEST(Overload, EndpointDependentMappingsKeepThePort) {
  for (const Dependence mapping : {address_dependent, address_and_port_dependent}) {
    for (const Dependence filtering :
         {endpoint_independent, address_dependent, address_and_port_dependent}) {
      NatUnderTest t(overloading(mapping, filtering));
      const Endpoint external = t.map(alice, server);
      EXPECT_EQ(t.map(alice, server_other_port), external);
      EXPECT_EQ(t.map(alice, other), external);
      EXPECT_TRUE(t.in(other, external).forwarded());
      EXPECT_TRUE(t.in(server, external).forwarded());
      EXPECT_EQ(t.in(at("203.0.113.11:9"), external).forwarded(),
                filtering != address_and_port_dependent);
      EXPECT_EQ(t.in(at("203.0.113.12:9"), external).forwarded(),
                filtering == endpoint_independent);
    }
  }
}

TEST(Overload, EachSessionExpiresByItself) {
  NatUnderTest t(overloading(address_and_port_dependent, address_and_port_dependent));
  const Endpoint external = t.map(alice, server, second(0));
  t.map(alice, other, second(30));
  EXPECT_EQ(t.in(server, external, second(60)).reason(), DropReason::nat_filtered_port);
  EXPECT_TRUE(t.in(other, external, second(60)).forwarded());
  // The port stays taken while anybody uses it.
  EXPECT_EQ(t.map(bob, other, second(60)).port, 5001);
}

TEST(Overload, WhatNoFilterCouldTellApartIsNotShared) {
  NatUnderTest t(overloading(endpoint_independent, endpoint_independent));
  EXPECT_EQ(t.map(alice, server).port, 5000);
  EXPECT_EQ(t.map(bob, other).port, 5001);
  NatUnderTest by_address(overloading(endpoint_independent, address_dependent));
  EXPECT_EQ(by_address.map(alice, server).port, 5000);
  EXPECT_EQ(by_address.map(bob, server_other_port).port, 5001);
  EXPECT_EQ(by_address.map(carol, other).port, 5000);
  EXPECT_EQ(by_address.in(at("203.0.113.11:77"), at("198.51.100.7:5000")).destination, carol);
}

// Mappings that are told apart more finely than the filter does: what fits none of them exactly
// goes to the first made that admits it.
TEST(Overload, TheFirstMadeTakesWhatFitsNoneExactly) {
  NatUnderTest t(overloading(address_and_port_dependent, address_dependent));
  const Endpoint external = t.map(alice, other);
  EXPECT_EQ(t.map(bob, server), external);
  EXPECT_EQ(t.map(carol, server_other_port), external);
  EXPECT_EQ(t.in(server_other_port, external).destination, carol);
  EXPECT_EQ(t.in(at("203.0.113.10:9"), external).destination, bob);
}

TEST(Overload, ManyHostsOnOnePort) {
  NatUnderTest t(overloading(endpoint_independent, address_and_port_dependent));
  for (std::uint16_t n = 1; n <= 1000; ++n) {
    const Endpoint internal{IpAddress::v4(0x0a00'0000U + n), 5000};
    EXPECT_EQ(t.map(internal, {server.address, n}).port, 5000);
  }
  for (std::uint16_t n = 1; n <= 1000; ++n) {
    EXPECT_EQ(t.in({server.address, n}, at("198.51.100.7:5000")).destination.address,
              IpAddress::v4(0x0a00'0000U + n));
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
