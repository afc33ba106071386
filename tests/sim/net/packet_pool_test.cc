#include <algorithm>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "sim/net/packet.h"
#include "tests/sim/net/testbed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

TEST(PacketPool, PacketsOfEverySizeDoNotOverlap) {
  PacketPool pool;
  std::vector<PacketPtr> packets;
  // Both sides of every size class, several of each so that they are neighbours.
  for (int copy = 0; copy < 70; ++copy) {
    for (const int size : {28, 256, 257, 640, 641, 1536, 1537, 65535}) {
      if (size > 1536 && copy > 2) continue;
      packets.push_back(pool.make(static_cast<std::uint16_t>(size)));
      EXPECT_EQ(packets.back()->size, size);
      std::fill_n(packets.back()->data(), size, static_cast<std::uint8_t>(packets.size()));
    }
  }
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const ByteView bytes = packets[i]->datagram();
    EXPECT_TRUE(std::all_of(bytes.begin(), bytes.end(),
                            [&](std::uint8_t b) { return b == static_cast<std::uint8_t>(i + 1); }));
  }
}

TEST(PacketPool, MemoryIsUsedAgain) {
  PacketPool pool;
  std::set<const Packet*> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(pool.make(200).get());
  EXPECT_EQ(seen.size(), 1U);
}

TEST(PacketPool, AUsedPacketKeepsNothingOfItsLife) {
  PacketPool pool;
  {
    const PacketPtr packet = pool.make(100);
    packet->id = 7;
    packet->fate = core::DropReason::random_loss;
  }
  const PacketPtr again = pool.make(100);
  EXPECT_EQ(again->id, 0U);
  EXPECT_EQ(again->fate, core::DropReason::none);
  EXPECT_EQ(again->next, nullptr);
}

TEST(PacketPool, ACopyIsTheSamePacketInOtherMemory) {
  PacketPool pool;
  const auto packet =
      make_udp(pool, endpoint("10.0.0.1:1"), endpoint("10.0.0.2:2"), as_bytes("payload"), 9);
  packet->id = 42;
  const auto copy = pool.copy(*packet);
  EXPECT_NE(copy->data(), packet->data());
  EXPECT_EQ(copy->id, 42U);
  EXPECT_EQ(copy->source, packet->source);
  EXPECT_EQ(copy->destination, packet->destination);
  EXPECT_EQ(copy->hop_limit, 9);
  EXPECT_EQ(copy->protocol, Protocol::udp);
  EXPECT_EQ(as_text(copy->payload()), "payload");
  EXPECT_TRUE(std::equal(copy->datagram().begin(), copy->datagram().end(),
                         packet->datagram().begin(), packet->datagram().end()));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
