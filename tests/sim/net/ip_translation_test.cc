// Between IPv4 and IPv6 (RFC 7915), on whole datagrams.
#include "sim/net/ip_translation.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/net/fragment.h"
#include "sim/net/icmp_counterparts.h"
#include "sim/net/icmp_query.h"
#include "sim/net/rewrite.h"
#include "stack/base/embedded_address.h"
#include "tests/sim/net/testbed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

constexpr Prefix prefix = well_known_nat64_prefix;

std::optional<IpAddress> embedded(const IpAddress& address) { return embed_ipv4(prefix, address); }
std::optional<IpAddress> extracted(const IpAddress& address) {
  return extract_ipv4(prefix, address);
}

struct Bed {
  PacketPool pool;
  IpTranslator translator{pool};

  PacketPtr up(const Packet& packet) { return translator.to_ipv6(packet, embedded); }
  PacketPtr down(const Packet& packet) { return translator.to_ipv4(packet, extracted); }
};

TEST(IpTranslation, OfUdpKeepsAllButTheHeader) {
  Bed bed;
  PacketPtr v4 = make_udp(bed.pool, endpoint("192.0.2.1:5000"), endpoint("203.0.113.9:53"),
                          as_bytes("hello"), 17);
  v4->id = 42;
  const PacketPtr v6 = bed.up(*v4);
  ASSERT_NE(v6, nullptr);
  EXPECT_EQ(v6->id, 42U);
  EXPECT_EQ(v6->source, endpoint("[64:ff9b::c000:201]:5000"));
  EXPECT_EQ(v6->destination, endpoint("[64:ff9b::cb00:7109]:53"));
  EXPECT_EQ(v6->hop_limit, 17);
  EXPECT_EQ(v6->size, v4->size + 20);
  EXPECT_TRUE(checksums_right(*v6));
  EXPECT_EQ(as_text(v6->payload()), "hello");
  const PacketPtr back = bed.down(*v6);
  ASSERT_NE(back, nullptr);
  EXPECT_TRUE(checksums_right(*back));
  EXPECT_EQ(back->source, v4->source);
  // RFC 7915 §5.1: up to 1260 bytes may be cut, and have an identification of their own.
  EXPECT_FALSE(back->dont_fragment);
  EXPECT_EQ(identification_of(*back), 1U);
}

TEST(IpTranslation, LargePacketsForbidFragmentation) {
  Bed bed;
  for (const std::size_t size : {1260U, 1261U}) {
    const Bytes payload(size - 28, 7);
    const PacketPtr v6 =
        make_udp(bed.pool, endpoint("[64:ff9b::1:1]:1"), endpoint("[64:ff9b::2:2]:2"), payload);
    EXPECT_EQ(IpTranslator::size_in_ipv4(*v6), size);
    const PacketPtr v4 = bed.down(*v6);
    ASSERT_NE(v4, nullptr);
    EXPECT_EQ(v4->size, size);
    EXPECT_EQ(v4->dont_fragment, size > largest_cuttable_ipv4);
  }
}

TEST(IpTranslation, ComputesTheUdpChecksumThatIpv4LeftOut) {
  Bed bed;
  PacketPtr v4 =
      make_udp(bed.pool, endpoint("192.0.2.1:1"), endpoint("192.0.2.2:2"), as_bytes("odd"));
  store_be16(v4->data() + v4->transport_offset + field::udp_checksum, 0);
  const PacketPtr v6 = bed.up(*v4);
  ASSERT_NE(v6, nullptr);
  EXPECT_TRUE(checksums_right(*v6));
  // RFC 7915 §4.5: of a fragment it cannot be computed.
  v4 = make_udp(bed.pool, endpoint("192.0.2.1:1"), endpoint("192.0.2.2:2"), Bytes(600, 1));
  store_be16(v4->data() + v4->transport_offset + field::udp_checksum, 0);
  allow_fragmentation(*v4, 9);
  EXPECT_EQ(bed.up(*cut(bed.pool, *v4, 400).front()), nullptr);
}

TEST(IpTranslation, AWrongChecksumStaysWrong) {
  Bed bed;
  const PacketPtr v4 =
      make_udp(bed.pool, endpoint("192.0.2.1:1"), endpoint("192.0.2.2:2"), as_bytes("hello"));
  flip_bit(*v4, 70);
  const PacketPtr v6 = bed.up(*v4);
  ASSERT_NE(v6, nullptr);
  EXPECT_FALSE(checksums_right(*v6));
}

TEST(IpTranslation, FragmentsKeepTheirPlaceAndIdentity) {
  Bed bed;
  PacketPtr v4 =
      make_udp(bed.pool, endpoint("192.0.2.1:1"), endpoint("192.0.2.2:2"), Bytes(2000, 3));
  allow_fragmentation(*v4, 0xbeef);
  for (const PacketPtr& piece : cut(bed.pool, *v4, 1000)) {
    const PacketPtr v6 = bed.up(*piece);
    ASSERT_NE(v6, nullptr);
    EXPECT_EQ(v6->size, piece->size + 28);  // IPv6's header and a fragment header for IPv4's
    EXPECT_EQ(v6->fragment_offset, piece->fragment_offset);
    EXPECT_EQ(v6->more_fragments, piece->more_fragments);
    EXPECT_EQ(identification_of(*v6), 0xbeefU);
    const PacketPtr back = bed.down(*v6);
    ASSERT_NE(back, nullptr);
    EXPECT_EQ(back->size, piece->size);
    EXPECT_EQ(back->fragment_offset, piece->fragment_offset);
    EXPECT_EQ(identification_of(*back), 0xbeefU);
  }
}

TEST(IpTranslation, OfEcho) {
  Bed bed;
  const PacketPtr request = make_icmp_query(bed.pool, ip("192.0.2.1"), ip("192.0.2.2"),
                                            {.identifier = 7, .sequence = 8}, as_bytes("ping"));
  const PacketPtr v6 = bed.up(*request);
  ASSERT_NE(v6, nullptr);
  EXPECT_EQ(v6->protocol, Protocol::icmpv6);
  EXPECT_TRUE(checksums_right(*v6));
  const auto query = parse_icmp_query(*v6);
  ASSERT_TRUE(query);
  EXPECT_FALSE(query->reply);
  EXPECT_EQ(query->identifier, 7);
  const PacketPtr back = bed.down(*make_echo_reply(bed.pool, *v6));
  ASSERT_NE(back, nullptr);
  EXPECT_TRUE(checksums_right(*back));
  EXPECT_TRUE(parse_icmp_query(*back)->reply);
}

TEST(IpTranslation, OfAnErrorTranslatesWhatItQuotes) {
  Bed bed;
  const PacketPtr sent =
      make_udp(bed.pool, endpoint("192.0.2.1:5000"), endpoint("203.0.113.9:53"), Bytes(900, 1));
  const PacketPtr error =
      make_icmp_error(bed.pool, ip("198.51.100.1"), IcmpError::too_big, *sent, 1400);
  const PacketPtr v6 = bed.up(*error);
  ASSERT_NE(v6, nullptr);
  EXPECT_TRUE(checksums_right(*v6));
  const auto view = parse_icmp_error(*v6);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->error, IcmpError::too_big);
  EXPECT_EQ(view->mtu, 1420U);
  EXPECT_EQ(view->quoted_source, endpoint("[64:ff9b::c000:201]:5000"));
  EXPECT_EQ(view->quoted_destination, endpoint("[64:ff9b::cb00:7109]:53"));
  EXPECT_EQ(v6->source.address, ip("64:ff9b::c633:6401"));
  // 576 bytes of IPv4 are 20 more outside and 20 more inside the quotation.
  EXPECT_EQ(v6->size, 616);
  const PacketPtr back = bed.down(*v6);
  ASSERT_NE(back, nullptr);
  EXPECT_EQ(back->size, 576);
  EXPECT_TRUE(checksums_right(*back));
  EXPECT_EQ(parse_icmp_error(*back)->mtu, 1400U);
}

TEST(IpTranslation, AnErrorFromNobodyComesFromTheDummyAddress) {
  Bed bed;
  const PacketPtr sent = make_udp(bed.pool, endpoint("[64:ff9b::c000:201]:1"),
                                  endpoint("[64:ff9b::c000:202]:2"), as_bytes("x"));
  const PacketPtr error =
      make_icmp_error(bed.pool, ip("2001:db8::1"), IcmpError::hop_limit_exceeded, *sent);
  const PacketPtr v4 = bed.down(*error);
  ASSERT_NE(v4, nullptr);
  EXPECT_EQ(v4->source.address, ip("192.0.0.8"));
  EXPECT_EQ(parse_icmp_error(*v4)->error, IcmpError::hop_limit_exceeded);
}

TEST(IpTranslation, WhatHasNoCounterpartGivesNothing) {
  Bed bed;
  const PacketPtr native = make_udp(bed.pool, endpoint("[2001:db8::1]:1"),
                                    endpoint("[64:ff9b::c000:202]:2"), as_bytes("x"));
  EXPECT_EQ(bed.down(*native), nullptr);
}

// RFC 7915 §4.2 and §5.2, line by line.
TEST(IcmpCounterparts, AreThoseOfTheTables) {
  struct Row {
    int type, code, other_type, other_code;
  };
  for (const Row& row : {Row{8, 0, 128, 0},
                         {0, 0, 129, 0},
                         {3, 0, 1, 0},
                         {3, 1, 1, 0},
                         {3, 2, 4, 1},
                         {3, 3, 1, 4},
                         {3, 5, 1, 0},
                         {3, 9, 1, 1},
                         {3, 10, 1, 1},
                         {3, 13, 1, 1},
                         {3, 15, 1, 1},
                         {11, 0, 3, 0},
                         {11, 1, 3, 1}}) {
    const auto other = in_icmpv6(
        {static_cast<std::uint8_t>(row.type), static_cast<std::uint8_t>(row.code), 0}, 100);
    ASSERT_TRUE(other) << row.type << "/" << row.code;
    EXPECT_EQ(other->type, row.other_type) << row.type << "/" << row.code;
    EXPECT_EQ(other->code, row.other_code) << row.type << "/" << row.code;
  }
  for (const IcmpHead& none : {IcmpHead{3, 14, 0}, {4, 0, 0}, {5, 0, 0}, {13, 0, 0}, {17, 0, 0}}) {
    EXPECT_FALSE(in_icmpv6(none, 100)) << int{none.type};
  }
  for (const Row& row : {Row{1, 0, 3, 1},
                         {1, 1, 3, 10},
                         {1, 2, 3, 1},
                         {1, 3, 3, 1},
                         {1, 4, 3, 3},
                         {3, 0, 11, 0},
                         {3, 1, 11, 1},
                         {4, 1, 3, 2}}) {
    const auto other =
        in_icmpv4({static_cast<std::uint8_t>(row.type), static_cast<std::uint8_t>(row.code), 0});
    ASSERT_TRUE(other) << row.type << "/" << row.code;
    EXPECT_EQ(other->type, row.other_type) << row.type << "/" << row.code;
    EXPECT_EQ(other->code, row.other_code) << row.type << "/" << row.code;
  }
  for (const IcmpHead& none : {IcmpHead{4, 2, 0}, {133, 0, 0}, {135, 0, 0}, {130, 0, 0}}) {
    EXPECT_FALSE(in_icmpv4(none)) << int{none.type};
  }
}

TEST(IcmpCounterparts, MtusAndPointersFollowTheHeaders) {
  EXPECT_EQ(in_icmpv6({3, 4, 1480}, 1500)->rest, 1500U);
  EXPECT_EQ(in_icmpv6({3, 4, 576}, 1500)->rest, 1280U);     // the least that IPv6 has
  EXPECT_EQ(in_icmpv6({3, 4, 0}, 4000)->rest, 2002U + 20);  // RFC 1191 §7's next plateau
  EXPECT_EQ(in_icmpv4({2, 0, 1280})->rest, 1260U);
  EXPECT_EQ(in_icmpv4({2, 0, 0xffff'ffff})->rest, 65515U);
  EXPECT_EQ(in_icmpv6({12, 0, 8U << 24}, 100)->rest, 7U);
  EXPECT_EQ(in_icmpv6({12, 0, 16U << 24}, 100)->rest, 24U);
  EXPECT_FALSE(in_icmpv6({12, 0, 10U << 24}, 100));
  EXPECT_EQ(in_icmpv4({4, 0, 6})->rest, 9U << 24);
  EXPECT_EQ(in_icmpv4({4, 0, 39})->rest, 16U << 24);
  EXPECT_FALSE(in_icmpv4({4, 0, 40}));
}

// RFC 6052 §2.4.
TEST(EmbeddedAddress, StandsWhereTheRfcShowsIt) {
  const IpAddress v4 = ip("192.0.2.33");
  const std::pair<const char*, const char*> rows[] = {
      {"2001:db8::/32", "2001:db8:c000:221::"},
      {"2001:db8:100::/40", "2001:db8:1c0:2:21::"},
      {"2001:db8:122::/48", "2001:db8:122:c000:2:2100::"},
      {"2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"},
      {"2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"},
      {"2001:db8:122:344::/96", "2001:db8:122:344::c000:221"},
      {"64:ff9b::/96", "64:ff9b::c000:221"},
  };
  for (const auto& [text, address] : rows) {
    const Prefix block = Prefix::parse(text).value();
    ASSERT_TRUE(can_embed_ipv4(block)) << text;
    EXPECT_EQ(embed_ipv4(block, v4), ip(address)) << text;
    EXPECT_EQ(extract_ipv4(block, ip(address)), v4) << text;
  }
  for (const char* const text :
       {"2001:db8::/33", "2001:db8::/128", "10.0.0.0/8", "2001:db8:0:0:ff00::/96"}) {
    EXPECT_FALSE(can_embed_ipv4(Prefix::parse(text).value())) << text;
  }
}

// Whatever reads as a datagram is translated to one that does, or not at all.
RC_GTEST_PROP(IpTranslation, NeverMakesWhatCannotBeRead, ()) {
  Bed bed;
  const auto tail = *rc::gen::container<Bytes>(rc::gen::arbitrary<std::uint8_t>());
  Bytes bytes(20);
  bytes[0] = 0x45;
  bytes[8] = 64;
  bytes[9] = *rc::gen::element<std::uint8_t>(1, 6, 17);
  bytes.insert(bytes.end(), tail.begin(), tail.end());
  store_be16(bytes.data() + 2, static_cast<std::uint16_t>(bytes.size()));
  store_be16(bytes.data() + 6, *rc::gen::element<std::uint16_t>(0, 0x4000, 0x2000, 0x2003));
  const PacketPtr packet = parse_datagram(bed.pool, bytes);
  if (packet == nullptr) return;
  const PacketPtr v6 = bed.up(*packet);
  if (v6 == nullptr) return;
  RC_ASSERT(!v6->is_v4());
  RC_ASSERT(v6->size >= packet->size + 20);
  const PacketPtr back = bed.down(*v6);
  RC_ASSERT(back != nullptr);
  RC_ASSERT(back->source == packet->source);
  RC_ASSERT(Bytes(back->payload().begin(), back->payload().end()) ==
            Bytes(packet->payload().begin(), packet->payload().end()));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
