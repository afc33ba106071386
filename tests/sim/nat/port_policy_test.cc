// Which port a mapping is to have, and what happens when it cannot have it.
#include "nat_under_test.h"

#include <set>

#include <gtest/gtest.h>

#include "sim/net/tcp_segment.h"

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using enum Dependence;

const Endpoint alice = at("192.168.1.5:5000");
const Endpoint bob = at("192.168.1.6:5000");
const Endpoint carol = at("192.168.1.7:5000");
const Endpoint server = at("203.0.113.10:3478");
const Endpoint other = at("203.0.113.11:3478");
constexpr Duration tick = nanoseconds(1);

Endpoint host(std::uint32_t n, std::uint16_t port) {
  return {IpAddress::v4(0x0a00'0001U + n), port};
}

TEST(Collision, RefuseKeepsThePortOrMakesNoMapping) {
  NatUnderTest t({.on_collision = PortCollision::refuse});
  EXPECT_EQ(t.map(alice, server).port, 5000);
  const Outcome outcome = t.out(bob, server);
  EXPECT_EQ(outcome.reason(), DropReason::nat_port_collision);
  EXPECT_NE(outcome.note.find("on_collision is refuse"), std::string::npos) << outcome.note;
  EXPECT_EQ(t.map(at("192.168.1.6:5001"), server).port, 5001);
}

TEST(Collision, APortOfTheOtherParityIsNone) {
  NatUnderTest t({.port_allocation = PortAllocation::sequential,
                  .port_range = {6000, 6009},
                  .on_collision = PortCollision::refuse,
                  .preserve_parity = true});
  EXPECT_EQ(t.map(host(0, 5001), server).port, 6001) << "6000 is even";
  EXPECT_EQ(t.map(host(0, 5003), server).port, 6003);
  EXPECT_EQ(t.map(host(0, 5000), server).port, 6004);
}

TEST(Collision, RandomTakesAnyFreePort) {
  NatUnderTest t({.port_range = {5000, 5003}, .on_collision = PortCollision::random});
  std::set<std::uint16_t> ports;
  for (std::uint32_t n = 0; n < 4; ++n) ports.insert(t.map(host(n, 5000), server).port);
  EXPECT_EQ(ports, (std::set<std::uint16_t>{5000, 5001, 5002, 5003}));
  EXPECT_EQ(t.out(host(4, 5000), server).reason(), DropReason::nat_ports_exhausted);
}

NatOptions like_linux() {
  return {.filtering = address_and_port_dependent,
          .port_allocation = PortAllocation::preserve_overload,
          .on_collision = PortCollision::linux_search,
          .port_classes = PortClasses::three};
}

TEST(LinuxSearch, OnlyACollisionTowardsTheSameRemoteMovesThePort) {
  NatUnderTest t(like_linux());
  EXPECT_EQ(t.map(alice, server).port, 5000);
  EXPECT_EQ(t.map(bob, other).port, 5000) << "the tuple is unique";
  const std::uint16_t moved = t.map(bob, server).port;
  EXPECT_NE(moved, 5000);
  EXPECT_GE(moved, 1024);
  EXPECT_EQ(t.map(bob, at("203.0.113.12:9")).port, 5000);
}

TEST(LinuxSearch, StaysInTheClassOfThePort) {
  // Everyone collides on 500 and on 700, towards one remote.
  NatUnderTest t(like_linux());
  EXPECT_EQ(t.map(host(0, 500), server).port, 500);
  EXPECT_EQ(t.map(host(0, 700), server).port, 700);
  for (std::uint32_t n = 1; n <= 40; ++n) {
    const std::uint16_t low = t.map(host(n, 500), server).port;
    EXPECT_TRUE(1 <= low && low <= 511) << low;
    const std::uint16_t middle = t.map(host(n, 700), server).port;
    EXPECT_TRUE(600 <= middle && middle <= 1023) << middle;
  }
  EXPECT_EQ(t.map(host(0, 550), server).port, 550) << "kept though it would not be chosen";
  const std::uint16_t moved = t.map(host(1, 550), server).port;
  EXPECT_TRUE(600 <= moved && moved <= 1023) << moved;
}

// A search is of 128, 64, 32, 16 and 8 ports, each time from a random one, so it can miss the only
// free ones: here 100 in a row of 4096. From 100 + 127 of the 4096 starts the first run meets them,
// from 100 + 63, 100 + 31, 100 + 15 and 100 + 7 the others, so that it misses with probability
// (1 - 227/4096)(1 - 163/4096)(1 - 131/4096)(1 - 115/4096)(1 - 107/4096) = .8311.
TEST(LinuxSearch, GivesUpAfter248Ports) {
  NatOptions options = like_linux();
  options.port_classes = PortClasses::one;
  options.port_range = {2000, 6095};
  options.udp_timeout_new = seconds(1);
  options.udp_timeout_stream = seconds(24 * 3600);
  NatUnderTest t(options);
  for (std::uint16_t n = 0; n < 3996; ++n) {
    const Endpoint resident = host(0, static_cast<std::uint16_t>(2000 + n));
    ASSERT_EQ(t.map(resident, server).port, resident.port);
    t.in(server, {ip("198.51.100.7"), resident.port});
    t.map(resident, server, Time{} + tick);  // answered, and so a stream
  }
  // Whoever finds a port is gone before the next one tries. Of 2000 tries 1662 fail, with a
  // deviation of 16.8; five of them either way.
  int failed = 0;
  for (std::uint32_t n = 1; n <= 2000; ++n) {
    const Outcome outcome = t.out(host(n, 2000), server, second(2 * n));
    if (outcome.forwarded()) {
      EXPECT_GE(outcome.source.port, 5996);
    } else {
      EXPECT_EQ(outcome.reason(), DropReason::nat_port_collision);
      ++failed;
    }
  }
  EXPECT_NEAR(failed, 1662, 84);
}

TEST(Rfc4787, Req3a_PortsBelow1024StayThere) {
  for (const PortClasses classes : {PortClasses::two, PortClasses::three}) {
    NatUnderTest t({.port_classes = classes});
    EXPECT_EQ(t.map(host(0, 80), server).port, 80);
    EXPECT_LT(t.map(host(1, 80), server).port, 1024);
    EXPECT_EQ(t.map(host(0, 1024), server).port, 1024);
    EXPECT_GT(t.map(host(1, 1024), server).port, 1024);
  }
  NatUnderTest one(NatOptions{});
  EXPECT_EQ(one.map(host(0, 80), server).port, 1024);
}

TEST(Rfc4787, Req4_ParityIsPreserved) {
  NatUnderTest t({.port_range = {5000, 5005}, .preserve_parity = true});
  EXPECT_EQ(t.map(host(0, 5000), server).port, 5000);
  EXPECT_EQ(t.map(host(1, 5000), server).port, 5002);
  EXPECT_EQ(t.map(host(2, 5001), server).port, 5001);
  EXPECT_EQ(t.map(host(3, 5001), server).port, 5003);
  EXPECT_EQ(t.map(host(4, 5000), server).port, 5004);
  EXPECT_EQ(t.map(host(5, 5000), server).port, 5005) << "there is no even one left";
}

TEST(Rfc4787, Req4_ParityOfRandomPorts) {
  NatUnderTest t({.port_allocation = PortAllocation::random, .preserve_parity = true});
  for (std::uint16_t n = 0; n < 100; ++n) {
    const auto port = static_cast<std::uint16_t>(5000 + n);
    EXPECT_EQ(t.map(host(n, port), server).port % 2, port % 2);
  }
}

TEST(Sequential, GoesOnByTheStride) {
  NatUnderTest t({.mapping = address_and_port_dependent,
                  .port_allocation = PortAllocation::sequential,
                  .port_range = {2000, 2009},
                  .port_stride = 4});
  EXPECT_EQ(t.map(alice, {server.address, 1}).port, 2000);
  EXPECT_EQ(t.map(alice, {server.address, 2}).port, 2004);
  EXPECT_EQ(t.map(alice, {server.address, 3}).port, 2008);
  EXPECT_EQ(t.map(alice, {server.address, 4}).port, 2002) << "2012 is ten too far";
  EXPECT_EQ(t.map(alice, {server.address, 5}).port, 2006);
  EXPECT_EQ(t.map(alice, {server.address, 6}).port, 2001) << "2000 is taken";
}

TEST(HashOfRemote, TheSameRemoteHasTheSamePortAgain) {
  NatUnderTest t({.mapping = address_and_port_dependent,
                  .port_allocation = PortAllocation::hash_of_remote,
                  .udp_timeout = seconds(60)});
  const Endpoint first = t.map(alice, server, second(0));
  const Endpoint second_remote = t.map(alice, other, second(0));
  EXPECT_NE(first, second_remote);
  EXPECT_EQ(t.map(alice, server, second(60)), first);
  NatUnderTest elsewhere(t.nat.options(), {"198.51.100.7"}, 2);
  EXPECT_NE(elsewhere.map(alice, server), first) << "it depends on the seed";
}

TEST(RandomOverload, SharesPortsWhereRemotesDiffer) {
  NatUnderTest t({.mapping = address_and_port_dependent,
                  .filtering = address_and_port_dependent,
                  .port_allocation = PortAllocation::random_overload,
                  .port_range = {50001, 50010}});
  for (std::uint16_t n = 1; n <= 200; ++n) {
    const Endpoint remote{server.address, n};
    const Endpoint external = t.map(alice, remote);
    EXPECT_TRUE(50001 <= external.port && external.port <= 50010);
    EXPECT_EQ(t.in(remote, external).destination, alice);
  }
}

TEST(RememberPort, TheNextMappingHasIt) {
  NatUnderTest t({.port_allocation = PortAllocation::random,
                  .remember_port = true,
                  .udp_timeout = seconds(60)});
  const Endpoint before = t.map(alice, server, second(0));
  EXPECT_EQ(t.map(alice, other, second(60)), before);
}

TEST(RememberPort, UnlessAnotherHasIt) {
  NatUnderTest t({.port_range = {5000, 5001}, .remember_port = true, .udp_timeout = seconds(60)});
  EXPECT_EQ(t.map(alice, server, second(0)).port, 5000);
  EXPECT_EQ(t.map(bob, server, second(60)).port, 5000);
  EXPECT_EQ(t.map(alice, server, second(60)).port, 5001);
}

TEST(SymmetricOnCollision, OnlyTheSecondHostIsSymmetric) {
  NatUnderTest t({.filtering = endpoint_independent, .symmetric_on_collision = true});
  EXPECT_EQ(t.map(alice, server).port, 5000);
  EXPECT_EQ(t.map(alice, other).port, 5000);
  const Endpoint to_server = t.map(bob, server);
  const Endpoint to_other = t.map(bob, other);
  EXPECT_NE(to_server.port, 5000);
  EXPECT_NE(to_server, to_other);
  EXPECT_EQ(t.map(bob, server), to_server);
  EXPECT_NE(t.map(bob, {server.address, 9}), to_server) << "for each remote endpoint";
  EXPECT_EQ(t.in(at("203.0.113.99:1"), to_other).destination, bob) << "the filter is as it was";
  // Another port of the same host does not collide.
  const Endpoint free = at("192.168.1.6:6000");
  EXPECT_EQ(t.map(free, server), t.map(free, other));
}

TEST(Rfc6888, Req8_AFreedPortRests) {
  NatUnderTest t(
      {.port_range = {5000, 5001}, .port_hold_down = seconds(120), .udp_timeout = seconds(60)});
  EXPECT_EQ(t.map(alice, server, second(0)).port, 5000);
  EXPECT_EQ(t.map(bob, server, second(60)).port, 5001);
  EXPECT_EQ(t.out(carol, server, second(60)).reason(), DropReason::nat_ports_exhausted);
  t.map(bob, server, second(100));
  t.map(bob, server, second(150));
  EXPECT_EQ(t.out(carol, server, second(180) - tick).reason(), DropReason::nat_ports_exhausted);
  EXPECT_EQ(t.map(carol, server, second(180)).port, 5000);
}

TEST(Rfc6888, Req8_ButNotForItsOwnHost) {
  NatUnderTest t({.port_hold_down = seconds(120), .udp_timeout = seconds(60)});
  EXPECT_EQ(t.map(alice, server, second(0)).port, 5000);
  EXPECT_EQ(t.map(alice, server, second(60)).port, 5000);
  // What was used again rests anew: until 60 + 60 + 120 s.
  t.nat.expire(second(120));
  EXPECT_EQ(t.map(bob, server, second(240) - tick).port, 5001);
  EXPECT_EQ(t.map(carol, server, second(240)).port, 5000);
}

TEST(Rfc7857, Section5_ATcpMappingDoesNotReserveTheUdpPort) {
  NatUnderTest t(NatOptions{});
  EXPECT_EQ(t.map(alice, server).port, 5000);
  const net::PacketPtr syn =
      net::make_tcp(t.pool, bob, server, {.seq = 1, .flags = net::tcp_flag::syn});
  EXPECT_TRUE(t.pass(syn, Time{}, true).forwarded());
  EXPECT_EQ(syn->source.port, 5000);
}

TEST(Pooling, HashOfSourceIsPaired) {
  NatUnderTest t({.pooling = Pooling::hash_of_source},
                 {"198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4"});
  std::set<IpAddress> used;
  for (std::uint32_t n = 0; n < 50; ++n) {
    const IpAddress address = t.map(host(n, 5000), server).address;
    EXPECT_EQ(t.map(host(n, 6000), other).address, address);
    used.insert(address);
  }
  EXPECT_EQ(used.size(), 4U);
}

TEST(Pooling, HashOfSourceAndDestinationDependsOnBoth) {
  NatUnderTest t(
      {.mapping = address_and_port_dependent, .pooling = Pooling::hash_of_source_and_destination},
      {"198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4"});
  std::set<IpAddress> used;
  for (std::uint32_t n = 0; n < 50; ++n) {
    const Endpoint remote{IpAddress::v4(0xcb00'7100U + n), 3478};
    const IpAddress address = t.map(alice, remote).address;
    EXPECT_EQ(t.map(alice, {remote.address, 9}).address, address);
    used.insert(address);
  }
  EXPECT_EQ(used.size(), 4U);
}

TEST(Rfc7857, Section4_PairedPoolingFailsOrFallsBack) {
  for (const bool falls_back : {false, true}) {
    NatUnderTest t({.port_range = {5000, 5001}, .pool_fallback = falls_back},
                   {"198.51.100.1", "198.51.100.2"});
    const IpAddress own = t.map(host(0, 5000), server).address;
    t.map(host(0, 5001), server);
    const Outcome outcome = t.out(host(0, 5002), server);
    if (falls_back) {
      EXPECT_TRUE(outcome.forwarded());
      EXPECT_NE(outcome.source.address, own);
    } else {
      EXPECT_EQ(outcome.reason(), DropReason::nat_ports_exhausted);
    }
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
