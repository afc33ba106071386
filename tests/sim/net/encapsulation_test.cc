// IPv4 datagrams as the payload of IPv6 ones.
#include "sim/net/encapsulation.h"

#include <gtest/gtest.h>

#include "sim/net/rewrite.h"
#include "tests/sim/net/testbed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

TEST(Encapsulation, IsTheDatagramBehindAnIpv6Header) {
  PacketPool pool;
  const PacketPtr inner = make_udp(pool, endpoint("192.168.1.2:5000"),
                                   endpoint("203.0.113.10:3478"), as_bytes("hello"));
  inner->id = 7;
  const PacketPtr outer = encapsulate(pool, *inner, ip("fd64::2"), ip("fd64::1"));
  ASSERT_NE(outer, nullptr);
  EXPECT_EQ(outer->id, 7U);
  EXPECT_EQ(outer->size, 40 + 33);
  EXPECT_EQ(outer->hop_limit, 64);
  // Version 6, no class and no label; 33 bytes; next header 4 (RFC 2473 §3); hop limit 64.
  const Bytes head{0x60, 0, 0, 0, 0, 33, 4, 64};
  EXPECT_EQ(Bytes(outer->data(), outer->data() + 8), head);
  const PacketPtr parsed = parse_datagram(pool, outer->datagram());
  ASSERT_NE(parsed, nullptr);
  EXPECT_EQ(parsed->protocol, Protocol::ipv4);
  EXPECT_EQ(parsed->source, endpoint("[fd64::2]:0"));
  EXPECT_EQ(parsed->payload_offset, outer->payload_offset);
  EXPECT_TRUE(checksums_right(*outer));

  const PacketPtr out = decapsulate(pool, *outer);
  ASSERT_NE(out, nullptr);
  EXPECT_EQ(out->id, 7U);
  EXPECT_EQ(Bytes(out->data(), out->data() + out->size),
            Bytes(inner->data(), inner->data() + inner->size));
  EXPECT_EQ(out->source, inner->source);
}

TEST(Encapsulation, HasRoomForAllButTheLargest) {
  PacketPool pool;
  const Bytes payload(65'495 - 28, 1);
  const auto from = endpoint("192.168.1.2:5000");
  const auto to = endpoint("203.0.113.10:3478");
  const PacketPtr largest =
      encapsulate(pool, *make_udp(pool, from, to, payload), ip("fd64::2"), ip("fd64::1"));
  ASSERT_NE(largest, nullptr);
  EXPECT_EQ(largest->size, 65'535);
  // make_udp's limit is that of IPv6, 20 bytes below what IPv4 has room for.
  const PacketPtr inner = pool.make(65'496);
  EXPECT_EQ(encapsulate(pool, *inner, ip("fd64::2"), ip("fd64::1")), nullptr);
}

TEST(Encapsulation, TakesNothingOutThatIsNoWholeIpv4) {
  PacketPool pool;
  const PacketPtr inner = make_udp(pool, endpoint("192.168.1.2:5000"),
                                   endpoint("203.0.113.10:3478"), as_bytes("hello"));
  for (std::size_t i = 0; i < 20; ++i) {
    const PacketPtr outer = encapsulate(pool, *inner, ip("fd64::2"), ip("fd64::1"));
    outer->data()[40 + i] ^= 1;  // one bit of the inner header, which its checksum covers
    EXPECT_EQ(decapsulate(pool, *outer), nullptr) << i;
  }
  const PacketPtr six =
      make_udp(pool, endpoint("[fd00::2]:1"), endpoint("[fd00::3]:2"), as_bytes("hello"));
  EXPECT_EQ(decapsulate(pool, *encapsulate(pool, *six, ip("fd64::2"), ip("fd64::1"))), nullptr);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
