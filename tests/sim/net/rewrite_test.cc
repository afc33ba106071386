#include "sim/net/rewrite.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "sim/net/checksum.h"
#include "tests/sim/net/testbed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

Bytes bytes_of(const Packet& packet) {
  return {packet.datagram().begin(), packet.datagram().end()};
}

const Endpoint from_v4 = endpoint("192.168.1.5:5000");
const Endpoint to_v4 = endpoint("8.8.8.8:3478");
const Endpoint from_v6 = endpoint("[fd00::5]:5000");
const Endpoint to_v6 = endpoint("[2001:db8::8]:3478");

TEST(Rewrite, ARewrittenDatagramIsTheOneThatWouldHaveBeenMade) {
  PacketPool pool;
  const Bytes payload = {1, 2, 3};
  const auto check = [&](const Endpoint& from, const Endpoint& to, const Endpoint& new_from,
                         const Endpoint& new_to) {
    const auto packet = make_udp(pool, from, to, payload);
    rewrite_source(*packet, new_from);
    EXPECT_EQ(bytes_of(*packet), bytes_of(*make_udp(pool, new_from, to, payload)));
    EXPECT_EQ(packet->source, new_from);
    rewrite_destination(*packet, new_to);
    EXPECT_EQ(bytes_of(*packet), bytes_of(*make_udp(pool, new_from, new_to, payload)));
    EXPECT_EQ(packet->destination, new_to);
    decrement_hop_limit(*packet);
    EXPECT_EQ(bytes_of(*packet), bytes_of(*make_udp(pool, new_from, new_to, payload, 63)));
    EXPECT_EQ(packet->hop_limit, 63);
  };
  check(from_v4, to_v4, endpoint("211.45.10.2:45000"), endpoint("192.0.2.7:9"));
  check(from_v6, to_v6, endpoint("[2001:db8:1::2]:45000"), endpoint("[2001:db8:2::7]:9"));
}

TEST(Rewrite, HopLimitDownToZero) {
  PacketPool pool;
  for (const bool v4 : {true, false}) {
    const auto packet =
        make_udp(pool, v4 ? from_v4 : from_v6, v4 ? to_v4 : to_v6, as_bytes("x"), 255);
    while (packet->hop_limit > 0) {
      decrement_hop_limit(*packet);
      ASSERT_TRUE(checksums_right(*packet)) << int{packet->hop_limit};
      ASSERT_EQ(parse_datagram(pool, packet->datagram())->hop_limit, packet->hop_limit);
    }
  }
}

TEST(Rewrite, AUdpChecksumThatComesToZeroIsSentAsAllOnes) {
  // 192.0.2.1:1234(hex) to 198.51.100.2:3478 with "hi" sums to 7490 without its checksum field
  // (wire_test.cc): 7490 - 1234 = 625c, which the port 9da3 completes to ffff.
  PacketPool pool;
  const auto packet =
      make_udp(pool, endpoint("192.0.2.1:4660"), endpoint("198.51.100.2:3478"), as_bytes("hi"));
  rewrite_source(*packet, {ip("192.0.2.1"), 0x9da3});
  EXPECT_EQ(load_be16(packet->transport().data() + field::udp_checksum), 0xffff);
  EXPECT_TRUE(checksums_right(*packet));
  // And back again.
  rewrite_source(*packet, endpoint("192.0.2.1:4660"));
  EXPECT_EQ(load_be16(packet->transport().data() + field::udp_checksum), 0x8b6f);
}

TEST(Rewrite, NoUdpChecksumStaysNone) {
  PacketPool pool;
  const auto packet = make_udp(pool, from_v4, to_v4, as_bytes("hi"));
  store_be16(packet->data() + packet->transport_offset + field::udp_checksum, 0);
  rewrite_source(*packet, endpoint("211.45.10.2:45000"));
  EXPECT_EQ(load_be16(packet->transport().data() + field::udp_checksum), 0);
  EXPECT_TRUE(checksums_right(*packet));  // the IP header's
}

TEST(Rewrite, WhereThereAreNoPortsTheyAreLeftAlone) {
  // ICMP has its checksum without a pseudo-header over IPv4 and with one over IPv6.
  PacketPool pool;
  for (const bool v4 : {true, false}) {
    const auto about = make_udp(pool, v4 ? from_v4 : from_v6, v4 ? to_v4 : to_v6, as_bytes("hi"));
    const auto packet =
        make_icmp_error(pool, (v4 ? to_v4 : to_v6).address, IcmpError::port_unreachable, *about);
    const Bytes before = bytes_of(*packet);
    rewrite_destination(*packet, v4 ? endpoint("10.1.1.1:77") : endpoint("[fd00::77]:77"));
    EXPECT_EQ(packet->destination.port, 0);
    EXPECT_TRUE(checksums_right(*packet));
    const Bytes after = bytes_of(*packet);
    const std::size_t icmp = v4 ? 20 : 40;
    EXPECT_TRUE(std::equal(before.begin() + static_cast<std::ptrdiff_t>(icmp + 4), before.end(),
                           after.begin() + static_cast<std::ptrdiff_t>(icmp + 4)));
    EXPECT_EQ(before[icmp + 2] == after[icmp + 2] && before[icmp + 3] == after[icmp + 3], v4);
  }
}

TEST(Rewrite, TcpChecksumIsUpdated) {
  PacketPool pool;
  Bytes tcp(40, 0);
  tcp[0] = 0x45;
  tcp[3] = 40;
  tcp[8] = 64;
  tcp[9] = 6;
  store_be32(&tcp[12], from_v4.address.to_v4());
  store_be32(&tcp[16], to_v4.address.to_v4());
  store_be16(&tcp[10], static_cast<std::uint16_t>(~ones_sum(ByteView(tcp).first(20))));
  store_be16(&tcp[20], 5000);
  store_be16(&tcp[22], 443);
  tcp[32] = 0x50;
  store_be16(&tcp[36], static_cast<std::uint16_t>(
                           ~ones_sum(ByteView(tcp).subspan(20),
                                     pseudo_header_sum(from_v4.address, to_v4.address, 6, 20))));
  const auto packet = parse_datagram(pool, tcp);
  ASSERT_NE(packet, nullptr);
  ASSERT_TRUE(checksums_right(*packet));
  rewrite_source(*packet, endpoint("211.45.10.2:45000"));
  EXPECT_TRUE(checksums_right(*packet));
  EXPECT_EQ(parse_datagram(pool, packet->datagram())->source, endpoint("211.45.10.2:45000"));
}

// The quoted datagram after a rewrite of an ICMP error about `about`.
struct Rewritten {
  PacketPtr packet;
  Bytes quoted;
};

Rewritten rewrite_quotation(PacketPool& pool, const Packet& about, bool source,
                            const Endpoint& now) {
  const IpAddress reporter = about.is_v4() ? ip("203.0.113.9") : ip("2001:db8::9");
  auto packet = make_icmp_error(pool, reporter, IcmpError::port_unreachable, about);
  const auto view = parse_icmp_error(*packet).value();
  if (source) {
    rewrite_quoted_source(*packet, view, now);
  } else {
    rewrite_quoted_destination(*packet, view, now);
  }
  Bytes quoted(packet->payload().begin(), packet->payload().end());
  return {std::move(packet), std::move(quoted)};
}

TEST(Rewrite, AQuotedDatagramIsTheOneThatWouldHaveBeenMade) {
  PacketPool pool;
  for (const bool v4 : {true, false}) {
    const Endpoint& from = v4 ? from_v4 : from_v6;
    const Endpoint& to = v4 ? to_v4 : to_v6;
    const Endpoint now = v4 ? endpoint("211.45.10.2:45000") : endpoint("[2001:db8:1::2]:45000");
    for (const std::size_t size : {0U, 3U, 10U}) {
      const Bytes payload(size, 0x77);
      const auto about = make_udp(pool, from, to, payload);
      const auto at_source = rewrite_quotation(pool, *about, true, now);
      EXPECT_EQ(at_source.quoted, bytes_of(*make_udp(pool, now, to, payload)));
      EXPECT_TRUE(checksums_right(*at_source.packet));
      const auto at_destination = rewrite_quotation(pool, *about, false, now);
      EXPECT_EQ(at_destination.quoted, bytes_of(*make_udp(pool, from, now, payload)));
      EXPECT_TRUE(checksums_right(*at_destination.packet));
      EXPECT_EQ(parse_icmp_error(*at_destination.packet)->quoted_destination, now);
    }
  }
}

TEST(Rewrite, AQuotationThatWasCutShortStaysConsistent) {
  PacketPool pool;
  for (const bool v4 : {true, false}) {
    const Endpoint now = v4 ? endpoint("211.45.10.2:45000") : endpoint("[2001:db8:1::2]:45000");
    const auto about =
        make_udp(pool, v4 ? from_v4 : from_v6, v4 ? to_v4 : to_v6, Bytes(1400, 0x31));
    const auto result = rewrite_quotation(pool, *about, true, now);
    EXPECT_TRUE(checksums_right(*result.packet));
    const auto whole = make_udp(pool, now, v4 ? to_v4 : to_v6, Bytes(1400, 0x31));
    EXPECT_TRUE(std::equal(result.quoted.begin(), result.quoted.end(), whole->datagram().begin()));
  }
}

TEST(Rewrite, AQuotedUdpChecksumOfZeroStaysZero) {
  PacketPool pool;
  const auto about = make_udp(pool, from_v4, to_v4, as_bytes("hi"));
  store_be16(about->data() + 20 + field::udp_checksum, 0);
  const auto result = rewrite_quotation(pool, *about, true, endpoint("211.45.10.2:45000"));
  EXPECT_EQ(load_be16(&result.quoted[20 + field::udp_checksum]), 0);
  EXPECT_TRUE(checksums_right(*result.packet));
}

RC_GTEST_PROP(RewriteProperty, ChecksumsAreRightAfterwards, (bool v4)) {
  const auto some_endpoint = [v4] {
    const auto high = *rc::gen::arbitrary<std::uint64_t>() | std::uint64_t{1} << 63;
    const auto low = *rc::gen::arbitrary<std::uint64_t>();
    return Endpoint{v4 ? IpAddress::v4(static_cast<std::uint32_t>(low)) : IpAddress::v6(high, low),
                    *rc::gen::arbitrary<std::uint16_t>()};
  };
  PacketPool pool;
  const auto payload = *rc::gen::arbitrary<Bytes>();
  const auto packet = make_udp(pool, some_endpoint(), some_endpoint(), payload, 64);
  const int steps = *rc::gen::inRange(1, 20);
  for (int i = 0; i < steps; ++i) {
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        rewrite_source(*packet, some_endpoint());
        break;
      case 1:
        rewrite_destination(*packet, some_endpoint());
        break;
      default:
        decrement_hop_limit(*packet);
    }
    RC_ASSERT(bytes_of(*packet) == bytes_of(*make_udp(pool, packet->source, packet->destination,
                                                      payload, packet->hop_limit)));
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
