// Blocks of ports for each subscriber of a carrier.
#include "nat_under_test.h"

#include <gtest/gtest.h>

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using core::MappingStep;

const Endpoint server = at("203.0.113.10:3478");
constexpr Duration tick = nanoseconds(1);

Endpoint subscriber(std::uint32_t n, std::uint16_t port) {
  return {IpAddress::v4(0x6440'0000U + n), port};  // 100.64.0.n
}

NatOptions blocks_of(std::uint16_t size) {
  return {.port_allocation = PortAllocation::sequential,
          .port_range = {1024, 1024 + 4 * 16 - 1},
          .port_blocks = PortBlocks::dynamic,
          .port_block_size = size,
          .udp_timeout = seconds(60)};
}

TEST(PortBlocks, AHostHasPortsOfItsBlockOnly) {
  NatUnderTest t(blocks_of(16));
  for (std::uint32_t n = 0; n < 3; ++n) {
    for (std::uint16_t k = 0; k < 16; ++k) {
      const std::uint16_t port =
          t.map(subscriber(n, static_cast<std::uint16_t>(5000 + k)), server).port;
      EXPECT_EQ((port - 1024U) / 16, n);
    }
  }
}

TEST(PortBlocks, ExhaustionOfABlockIsNotThatOfThePool) {
  NatUnderTest t(blocks_of(16));
  for (std::uint16_t k = 0; k < 16; ++k) {
    t.map(subscriber(0, static_cast<std::uint16_t>(5000 + k)), server);
  }
  const Outcome full = t.out(subscriber(0, 6000), server);
  EXPECT_EQ(full.reason(), DropReason::nat_block_exhausted);
  EXPECT_EQ(full.note,
            "no port is free in what 100.64.0.0 has 198.51.100.7:1024-1039, and 1 is the limit of "
            "its blocks");
  EXPECT_EQ(t.events.back().step, MappingStep::refused);
  EXPECT_EQ(t.events.back().reason, DropReason::nat_block_exhausted);
  // The range has four blocks.
  for (std::uint32_t n = 1; n < 4; ++n) t.map(subscriber(n, 5000), server);
  EXPECT_EQ(t.out(subscriber(4, 5000), server).reason(), DropReason::nat_ports_exhausted);
  EXPECT_TRUE(t.out(subscriber(0, 5000), server).forwarded()) << "old ones live";
}

TEST(PortBlocks, AHostMayHaveSeveral) {
  NatOptions options = blocks_of(16);
  options.port_blocks_per_host = 2;
  NatUnderTest t(options);
  for (std::uint16_t k = 0; k < 32; ++k) {
    t.map(subscriber(0, static_cast<std::uint16_t>(5000 + k)), server);
  }
  EXPECT_EQ(t.out(subscriber(0, 6000), server).reason(), DropReason::nat_block_exhausted);
}

TEST(PortBlocks, ABlockWithoutMappingsGoesBack) {
  NatUnderTest t(blocks_of(64));  // the only one
  t.map(subscriber(0, 5000), server, second(0));
  t.map(subscriber(0, 5001), server, second(30));
  EXPECT_EQ(t.out(subscriber(1, 5000), server, second(60)).reason(),
            DropReason::nat_ports_exhausted);
  EXPECT_TRUE(t.out(subscriber(1, 5000), server, second(90)).forwarded());
  EXPECT_EQ(t.out(subscriber(0, 5000), server, second(90)).reason(),
            DropReason::nat_ports_exhausted);
}

TEST(PortBlocks, ABlockRestsAsItsPortsDo) {
  NatOptions options = blocks_of(64);
  options.port_hold_down = seconds(120);
  NatUnderTest t(options);
  t.map(subscriber(0, 5000), server, second(0));
  EXPECT_EQ(t.out(subscriber(1, 5000), server, second(180) - tick).reason(),
            DropReason::nat_ports_exhausted);
  EXPECT_TRUE(t.out(subscriber(1, 5000), server, second(180)).forwarded());
}

TEST(PortBlocks, OneForEachFreeOneAtRandom) {
  NatOptions options = blocks_of(16);
  options.port_allocation = PortAllocation::random;
  NatUnderTest t(options);
  std::uint32_t blocks = 0;
  for (std::uint32_t n = 0; n < 4; ++n) {
    blocks |= 1U << (t.map(subscriber(n, 5000), server).port - 1024U) / 16;
  }
  EXPECT_EQ(blocks, 0b1111U);
}

TEST(Rfc7422, TheBlockFollowsFromTheAddress) {
  NatOptions options = blocks_of(16);
  options.port_blocks = PortBlocks::deterministic;
  options.subscribers = *Prefix::parse("100.64.0.0/29");
  NatUnderTest t(options, {"198.51.100.1", "198.51.100.2"});
  // Four blocks on each address: the sixth subscriber has the second of the second one.
  EXPECT_EQ(t.map(subscriber(5, 5000), server), at("198.51.100.2:1040"));
  EXPECT_EQ(t.map(subscriber(0, 5000), server), at("198.51.100.1:1024"));
  EXPECT_EQ(t.map(subscriber(3, 5000), server), at("198.51.100.1:1072"));
  const Outcome stranger = t.out(subscriber(8, 5000), server);
  EXPECT_EQ(stranger.reason(), DropReason::nat_block_exhausted);
  EXPECT_EQ(stranger.note,
            "there is no block of ports for 100.64.0.8 among the subscribers 100.64.0.0/29");
  for (std::uint16_t k = 1; k < 16; ++k) {
    t.map(subscriber(0, static_cast<std::uint16_t>(5000 + k)), server);
  }
  EXPECT_EQ(t.out(subscriber(0, 6000), server).reason(), DropReason::nat_block_exhausted);
}

// Ports per host at given sharing ratios, of the 64 512 from 1024 on.
TEST(Rfc6888, SharingRatios) {
  for (const auto& [ratio, ports] : {std::pair{16U, 4032U},
                                     {32U, 2016U},
                                     {64U, 1008U},
                                     {128U, 504U},
                                     {256U, 252U},
                                     {512U, 126U},
                                     {1024U, 63U}}) {
    NatUnderTest t({.port_allocation = PortAllocation::sequential,
                    .port_blocks = PortBlocks::dynamic,
                    .port_block_size = static_cast<std::uint16_t>(ports)});
    for (std::uint32_t n = 0; n < ratio; ++n) {
      EXPECT_TRUE(t.out(subscriber(n, 5000), server).forwarded());
    }
    EXPECT_EQ(t.out(subscriber(ratio, 5000), server).reason(), DropReason::nat_ports_exhausted);
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
