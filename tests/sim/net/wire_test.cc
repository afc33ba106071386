#include "sim/net/wire.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/sim/net/testbed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

// 192.0.2.1:4660 to 198.51.100.2:3478, "hi". The header's words sum to 2b165, folded b167; the
// pseudo-header's, the UDP header's and the payload's to 2748e, folded 7490.
const Bytes udp_v4 = {
    0x45, 0x00, 0x00, 0x1e, 0x00, 0x00, 0x40, 0x00,  // 30 bytes, DF
    0x40, 0x11, 0x4e, 0x98,                          // 64 hops, UDP, ~b167
    192,  0,    2,    1,    198,  51,   100,  2,     //
    0x12, 0x34, 0x0d, 0x96, 0x00, 0x0a, 0x8b, 0x6f,  // ports, 10 bytes, ~7490
    'h',  'i',
};

// [2001:db8::1]:4660 to [2001:db8::2]:3478, "hi". The sum is 5b90 + 883d = e3cd.
const Bytes udp_v6 = {
    0x60, 0x00, 0x00, 0x00, 0x00, 0x0a, 0x11, 0x40,            // 10 bytes, UDP, 64 hops
    0x20, 0x01, 0x0d, 0xb8, 0,    0,    0,    0,               //
    0,    0,    0,    0,    0,    0,    0,    1,               //
    0x20, 0x01, 0x0d, 0xb8, 0,    0,    0,    0,               //
    0,    0,    0,    0,    0,    0,    0,    2,               //
    0x12, 0x34, 0x0d, 0x96, 0x00, 0x0a, 0x1c, 0x32, 'h', 'i',  // ~e3cd
};

Bytes bytes_of(const Packet& packet) {
  return {packet.datagram().begin(), packet.datagram().end()};
}

TEST(Wire, MakesUdpOverIpv4) {
  PacketPool pool;
  const auto packet =
      make_udp(pool, endpoint("192.0.2.1:4660"), endpoint("198.51.100.2:3478"), as_bytes("hi"));
  EXPECT_EQ(bytes_of(*packet), udp_v4);
  EXPECT_EQ(packet->transport_offset, 20);
  EXPECT_EQ(as_text(packet->payload()), "hi");
  EXPECT_TRUE(checksums_right(*packet));
}

TEST(Wire, MakesUdpOverIpv6) {
  PacketPool pool;
  const auto packet = make_udp(pool, endpoint("[2001:db8::1]:4660"), endpoint("[2001:db8::2]:3478"),
                               as_bytes("hi"));
  EXPECT_EQ(bytes_of(*packet), udp_v6);
  EXPECT_EQ(packet->transport_offset, 40);
  EXPECT_TRUE(checksums_right(*packet));
}

TEST(Wire, ReadsUdpOverBothFamilies) {
  PacketPool pool;
  const auto v4 = parse_datagram(pool, udp_v4);
  ASSERT_NE(v4, nullptr);
  EXPECT_EQ(v4->source, endpoint("192.0.2.1:4660"));
  EXPECT_EQ(v4->destination, endpoint("198.51.100.2:3478"));
  EXPECT_EQ(v4->hop_limit, 64);
  EXPECT_EQ(v4->protocol, Protocol::udp);
  EXPECT_EQ(as_text(v4->payload()), "hi");
  EXPECT_EQ(v4->id, 0U);
  EXPECT_TRUE(checksums_right(*v4));

  const auto v6 = parse_datagram(pool, udp_v6);
  ASSERT_NE(v6, nullptr);
  EXPECT_EQ(v6->source, endpoint("[2001:db8::1]:4660"));
  EXPECT_EQ(v6->destination, endpoint("[2001:db8::2]:3478"));
  EXPECT_EQ(as_text(v6->payload()), "hi");
  EXPECT_TRUE(checksums_right(*v6));
}

TEST(Wire, ReadsIpv4Options) {
  // Four bytes of "no operation" between header and transport; they are not in the UDP sum. The
  // header's sum grows by 0100 (its length) + 0004 + 0101 + 0101.
  Bytes bytes = udp_v4;
  bytes.insert(bytes.begin() + 20, 4, 0x01);
  bytes[0] = 0x46;
  bytes[3] = 0x22;
  store_be16(&bytes[10], static_cast<std::uint16_t>(~(0xb167 + 0x0100 + 0x0004 + 0x0202)));
  PacketPool pool;
  const auto packet = parse_datagram(pool, bytes);
  ASSERT_NE(packet, nullptr);
  EXPECT_EQ(packet->transport_offset, 24);
  EXPECT_EQ(packet->source, endpoint("192.0.2.1:4660"));
  EXPECT_EQ(as_text(packet->payload()), "hi");
  EXPECT_TRUE(checksums_right(*packet));
}

TEST(Wire, AUdpChecksumThatComesToZeroIsSentAsAllOnes) {
  // RFC 768. Without "hi" (6869) the sum is 7490 - 6869 = 0c27; f3d8 completes it to ffff.
  PacketPool pool;
  const auto packet =
      make_udp(pool, endpoint("192.0.2.1:4660"), endpoint("198.51.100.2:3478"), Bytes{0xf3, 0xd8});
  EXPECT_EQ(load_be16(packet->transport().data() + field::udp_checksum), 0xffff);
  EXPECT_TRUE(checksums_right(*packet));
}

TEST(Wire, AZeroUdpChecksumIsRightOverIpv4Only) {
  PacketPool pool;
  Bytes v4 = udp_v4;
  store_be16(&v4[26], 0);
  EXPECT_TRUE(checksums_right(*parse_datagram(pool, v4)));
  Bytes v6 = udp_v6;
  store_be16(&v6[46], 0);
  EXPECT_FALSE(checksums_right(*parse_datagram(pool, v6)));
  // Even where zero is what the sum comes to: e3cd - 6869 = 7b64, completed by 849b.
  store_be16(&v6[48], 0x849b);
  EXPECT_FALSE(checksums_right(*parse_datagram(pool, v6)));
  store_be16(&v6[46], 0xffff);
  EXPECT_TRUE(checksums_right(*parse_datagram(pool, v6)));
}

TEST(Wire, EveryWrongBitBreaksAChecksum) {
  PacketPool pool;
  for (const Bytes& right : {udp_v4, udp_v6}) {
    // What neither sum covers: over IPv6 version, class and flow label, length and hop limit.
    const bool v4 = right == udp_v4;
    for (std::size_t bit = 0; bit < right.size() * 8; ++bit) {
      Bytes wrong = right;
      wrong[bit / 8] ^= static_cast<std::uint8_t>(0x80 >> bit % 8);
      const auto packet = parse_datagram(pool, wrong);
      if (packet == nullptr) continue;
      const bool covered = v4 || (bit / 8 >= 4 && bit / 8 != field::ipv6_hop_limit);
      const bool known = v4 || packet->protocol == Protocol::udp;
      EXPECT_EQ(checksums_right(*packet), !(covered && known)) << "bit " << bit;
    }
  }
}

TEST(Wire, OfAnUnknownProtocolNothingIsWrong) {
  Bytes gre = udp_v6;
  gre[6] = 47;
  PacketPool pool;
  const auto packet = parse_datagram(pool, gre);
  ASSERT_NE(packet, nullptr);
  EXPECT_EQ(packet->source, Endpoint{ip("2001:db8::1")});  // it has no ports that we know
  EXPECT_FALSE(packet->is_icmp());
  EXPECT_TRUE(checksums_right(*packet));
  // ICMP of the other family is no ICMP.
  for (const std::uint8_t protocol : {std::uint8_t{1}, std::uint8_t{58}}) {
    Bytes foreign = protocol == 1 ? udp_v6 : udp_v4;
    foreign[protocol == 1 ? 6 : 9] = protocol;
    const auto odd = parse_datagram(pool, foreign);
    ASSERT_NE(odd, nullptr);
    EXPECT_FALSE(odd->is_icmp());
    EXPECT_FALSE(parse_icmp_error(*odd).has_value());
  }
}

TEST(Wire, TheLargestPayloadFitsBothFamilies) {
  PacketPool pool;
  const Bytes payload(max_udp_payload, 0xa5);
  const auto v4 = make_udp(pool, endpoint("10.0.0.1:1"), endpoint("10.0.0.2:2"), payload);
  const auto v6 = make_udp(pool, endpoint("[fd00::1]:1"), endpoint("[fd00::2]:2"), payload);
  EXPECT_EQ(v6->size, 65535);
  for (const auto* packet : {&v4, &v6}) {
    EXPECT_TRUE(checksums_right(**packet));
    const auto again = parse_datagram(pool, (*packet)->datagram());
    ASSERT_NE(again, nullptr);
    EXPECT_EQ(Bytes(again->payload().begin(), again->payload().end()), payload);
  }
}

TEST(Wire, RefusesWhatIsCutShortOrTooLong) {
  PacketPool pool;
  for (const Bytes& whole : {udp_v4, udp_v6}) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      EXPECT_EQ(parse_datagram(pool, ByteView(whole).first(length)), nullptr) << length;
    }
    Bytes longer = whole;
    longer.push_back(0);
    EXPECT_EQ(parse_datagram(pool, longer), nullptr);
  }
  EXPECT_EQ(parse_datagram(pool, Bytes(70'000, 0x45)), nullptr);
}

struct Damage {
  const char* what;
  std::size_t at;
  std::uint8_t value;
};

TEST(Wire, RefusesBrokenIpv4) {
  PacketPool pool;
  for (const Damage& damage : std::initializer_list<Damage>{
           {"version 5", 0, 0x55},
           {"version 6", 0, 0x65},
           {"header of 16 bytes", 0, 0x44},
           {"header beyond the datagram", 0, 0x4f},
           {"header that leaves no room for UDP", 0, 0x46},
           {"total length one short", 3, 0x1d},
           {"total length one long", 3, 0x1f},
           {"total length shorter than the headers", 3, 0x10},
           {"UDP length one short", 25, 0x09},
           {"UDP length one long", 25, 0x0b},
           {"UDP length zero", 25, 0x00},
       }) {
    Bytes bytes = udp_v4;
    bytes[damage.at] = damage.value;
    EXPECT_EQ(parse_datagram(pool, bytes), nullptr) << damage.what;
  }
}

TEST(Wire, RefusesBrokenIpv6) {
  PacketPool pool;
  for (const Damage& damage : std::initializer_list<Damage>{
           {"version 4", 0, 0x40},
           {"payload length one short", 5, 0x09},
           {"payload length one long", 5, 0x0b},
           {"jumbogram", 5, 0x00},
           {"UDP length one short", 45, 0x09},
       }) {
    Bytes bytes = udp_v6;
    bytes[damage.at] = damage.value;
    EXPECT_EQ(parse_datagram(pool, bytes), nullptr) << damage.what;
  }
}

TEST(Wire, RefusesIpv4MappedAddressesInIpv6) {
  PacketPool pool;
  for (const std::size_t at : {field::ipv6_source, field::ipv6_destination}) {
    Bytes bytes = udp_v6;
    const auto mapped = ip("10.0.0.1").to_bytes();
    std::copy(mapped.begin(), mapped.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    EXPECT_EQ(parse_datagram(pool, bytes), nullptr);
  }
}

TEST(Wire, TcpNeedsItsWholeHeader) {
  Bytes tcp(20 + 24, 0);  // one word of options
  std::copy(udp_v4.begin(), udp_v4.begin() + 20, tcp.begin());
  tcp[3] = 44;
  tcp[9] = 6;
  store_be16(&tcp[20], 80);
  store_be16(&tcp[22], 443);
  tcp[32] = 6 << 4;
  PacketPool pool;
  const auto packet = parse_datagram(pool, tcp);
  ASSERT_NE(packet, nullptr);
  EXPECT_EQ(packet->source.port, 80);
  EXPECT_EQ(packet->destination.port, 443);
  EXPECT_TRUE(packet->payload().empty());
  for (const int words : {0, 4, 7, 15}) {
    tcp[32] = static_cast<std::uint8_t>(words << 4);
    EXPECT_EQ(parse_datagram(pool, tcp), nullptr) << words;
  }
  tcp.resize(20 + 19);
  tcp[3] = 39;
  tcp[32] = 5 << 4;
  EXPECT_EQ(parse_datagram(pool, tcp), nullptr);
}

RC_GTEST_PROP(WireProperty, WhatIsMadeIsReadBack, (bool v4)) {
  const auto address = [v4] {
    const auto high = *rc::gen::arbitrary<std::uint64_t>() | std::uint64_t{1} << 63;
    const auto low = *rc::gen::arbitrary<std::uint64_t>();
    return v4 ? IpAddress::v4(static_cast<std::uint32_t>(low)) : IpAddress::v6(high, low);
  };
  const auto port = rc::gen::arbitrary<std::uint16_t>();
  const Endpoint source{address(), *port};
  const Endpoint destination{address(), *port};
  const auto payload = *rc::gen::arbitrary<Bytes>();
  const auto hop_limit = *rc::gen::arbitrary<std::uint8_t>();
  PacketPool pool;
  const auto made = make_udp(pool, source, destination, payload, hop_limit);
  RC_ASSERT(checksums_right(*made));
  const auto read = parse_datagram(pool, made->datagram());
  RC_ASSERT(read != nullptr);
  RC_ASSERT(read->source == source);
  RC_ASSERT(read->destination == destination);
  RC_ASSERT(read->hop_limit == hop_limit);
  RC_ASSERT(read->transport_offset == made->transport_offset);
  RC_ASSERT(Bytes(read->payload().begin(), read->payload().end()) == payload);
}

// Any bytes are either refused or become a packet whose views lie inside it.
RC_GTEST_PROP(WireProperty, AnyBytesAreSafe, (bool v4)) {
  Bytes bytes = v4 ? udp_v4 : udp_v6;
  const auto changes = *rc::gen::arbitrary<std::vector<std::pair<std::uint8_t, std::uint8_t>>>();
  for (const auto& [at, value] : changes) bytes[at % bytes.size()] = value;
  PacketPool pool;
  const auto packet = parse_datagram(pool, bytes);
  if (packet == nullptr) return;
  RC_ASSERT(packet->size == bytes.size());
  if (packet->fragment_offset == 0) {
    RC_ASSERT(packet->transport_offset + 8 <= packet->payload_offset);
  } else {
    RC_ASSERT(packet->transport_offset == packet->payload_offset);
  }
  RC_ASSERT(packet->payload_offset <= packet->size);
  RC_ASSERT(packet->source.address.is_v4() == packet->destination.address.is_v4());
  checksums_right(*packet);
  parse_icmp_error(*packet);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
