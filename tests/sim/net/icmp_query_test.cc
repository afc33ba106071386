// ICMP echo on the wire.
#include "sim/net/icmp_query.h"

#include <gtest/gtest.h>

#include "sim/net/rewrite.h"
#include "tests/sim/net/testbed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

constexpr std::uint16_t identifiers[] = {0, 1, 0x7fff, 0xffff};

struct Families : testing::TestWithParam<bool> {
  IpAddress a = GetParam() ? ip("192.0.2.1") : ip("2001:db8::1");
  IpAddress b = GetParam() ? ip("192.0.2.2") : ip("2001:db8::2");
  IpAddress c = GetParam() ? ip("192.0.2.3") : ip("2001:db8::3");
  PacketPool pool;
};
INSTANTIATE_TEST_SUITE_P(IcmpQuery, Families, testing::Bool());

TEST_P(Families, RoundTrip) {
  for (const bool reply : {false, true}) {
    const PacketPtr packet =
        make_icmp_query(pool, a, b, {reply, 0x1234, 0xfffe}, as_bytes("abcdefg"));
    EXPECT_TRUE(checksums_right(*packet));
    EXPECT_EQ(packet->datagram()[packet->transport_offset],
              GetParam() ? (reply ? 0 : 8) : (reply ? 129 : 128));
    const auto query = parse_icmp_query(*packet);
    ASSERT_TRUE(query);
    EXPECT_EQ(query->reply, reply);
    EXPECT_EQ(query->identifier, 0x1234);
    EXPECT_EQ(query->sequence, 0xfffe);
    const PacketPtr read = parse_datagram(pool, packet->datagram());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->payload().size(), 7U);
  }
}

TEST_P(Families, RewritingTheIdentifierKeepsTheChecksumRight) {
  const PacketPtr packet = make_icmp_query(pool, a, b, {false, 7, 1}, as_bytes("x"));
  for (const std::uint16_t identifier : identifiers) {
    rewrite_identifier(*packet, identifier);
    rewrite_source(*packet, {c, 0});
    EXPECT_TRUE(checksums_right(*packet));
    EXPECT_EQ(parse_icmp_query(*packet)->identifier, identifier);
  }
}

TEST_P(Families, RewritingAQuotedIdentifier) {
  const PacketPtr inner = make_icmp_query(pool, a, b, {false, 7, 1}, as_bytes("xyz"));
  const PacketPtr error = make_icmp_error(pool, c, IcmpError::hop_limit_exceeded, *inner);
  const auto view = parse_icmp_error(*error);
  ASSERT_TRUE(view);
  ASSERT_EQ(parse_quoted_query(*error, *view)->identifier, 7);
  for (const std::uint16_t identifier : identifiers) {
    rewrite_quoted_identifier(*error, *view, identifier);
    EXPECT_TRUE(checksums_right(*error));
    EXPECT_EQ(parse_quoted_query(*error, *view)->identifier, identifier);
    const PacketPtr quoted = parse_datagram(pool, error->datagram().subspan(view->quoted_offset));
    ASSERT_TRUE(quoted);
    EXPECT_TRUE(checksums_right(*quoted));
  }
}

TEST_P(Families, OtherPacketsAreNoQueries) {
  const PacketPtr udp = make_udp(pool, {a, 1}, {b, 2}, as_bytes("x"));
  EXPECT_FALSE(parse_icmp_query(*udp));
  const PacketPtr error = make_icmp_error(pool, c, IcmpError::no_route, *udp);
  EXPECT_FALSE(parse_icmp_query(*error));
  EXPECT_FALSE(parse_quoted_query(*error, *parse_icmp_error(*error)));
  const PacketPtr query = make_icmp_query(pool, a, b, {}, {});
  query->data()[query->transport_offset + 1] = 1;
  EXPECT_FALSE(parse_icmp_query(*query)) << "the code is 0";
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
