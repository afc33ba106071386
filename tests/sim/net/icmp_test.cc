#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "sim/net/checksum.h"
#include "sim/net/wire.h"
#include "tests/sim/net/testbed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

PacketPtr udp(PacketPool& pool, bool v4, std::size_t payload) {
  return make_udp(pool, endpoint(v4 ? "192.0.2.1:4660" : "[2001:db8::1]:4660"),
                  endpoint(v4 ? "198.51.100.2:3478" : "[2001:db8::2]:3478"), Bytes(payload, 0x5a));
}

IpAddress reporter(bool v4) { return ip(v4 ? "203.0.113.9" : "2001:db8::9"); }

// The datagram again, changed and read back.
PacketPtr altered(PacketPool& pool, const Packet& packet, std::size_t at, std::uint8_t value) {
  Bytes bytes(packet.datagram().begin(), packet.datagram().end());
  bytes[at] = value;
  return parse_datagram(pool, bytes);
}

TEST(Icmp, TypesAndCodesOfBothFamilies) {
  struct Row {
    IcmpError error;
    std::uint8_t v4_type, v4_code, v6_type, v6_code;
  };
  PacketPool pool;
  // RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1; RFC 4443 §3.
  for (const Row& row : std::initializer_list<Row>{
           {IcmpError::no_route, 3, 0, 1, 0},
           {IcmpError::host_unreachable, 3, 1, 1, 3},
           {IcmpError::port_unreachable, 3, 3, 1, 4},
           {IcmpError::too_big, 3, 4, 2, 0},
           {IcmpError::admin_prohibited, 3, 13, 1, 1},
           {IcmpError::hop_limit_exceeded, 11, 0, 3, 0},
       }) {
    for (const bool v4 : {true, false}) {
      const auto about = udp(pool, v4, 4);
      const std::uint32_t mtu = row.error == IcmpError::too_big ? 1280 : 0;
      const auto packet = make_icmp_error(pool, reporter(v4), row.error, *about, mtu);
      ASSERT_NE(packet, nullptr);
      EXPECT_EQ(packet->transport()[0], v4 ? row.v4_type : row.v6_type);
      EXPECT_EQ(packet->transport()[1], v4 ? row.v4_code : row.v6_code);
      EXPECT_TRUE(checksums_right(*packet));
      EXPECT_EQ(packet->source, Endpoint{reporter(v4)});
      EXPECT_EQ(packet->destination, Endpoint{about->source.address});
      const auto view = parse_icmp_error(*parse_datagram(pool, packet->datagram()));
      ASSERT_TRUE(view.has_value());
      EXPECT_EQ(view->error, row.error);
      EXPECT_EQ(view->mtu, mtu);
      EXPECT_EQ(view->quoted_protocol, Protocol::udp);
      EXPECT_EQ(view->quoted_source, about->source);
      EXPECT_EQ(view->quoted_destination, about->destination);
      EXPECT_EQ(view->quoted_offset, (v4 ? 20 : 40) + 8);
    }
  }
}

TEST(Icmp, QuotesAsMuchAsFits) {
  PacketPool pool;
  for (const bool v4 : {true, false}) {
    const auto small = udp(pool, v4, 10);
    const auto about_small = make_icmp_error(pool, reporter(v4), IcmpError::no_route, *small);
    EXPECT_EQ(about_small->size, small->size + (v4 ? 28 : 48));
    const auto large = udp(pool, v4, 1400);
    const auto about_large = make_icmp_error(pool, reporter(v4), IcmpError::no_route, *large);
    // RFC 1812 §4.3.2.3 and RFC 4443 §2.4c.
    EXPECT_EQ(about_large->size, v4 ? 576 : 1280);
    EXPECT_TRUE(std::equal(about_large->payload().begin(), about_large->payload().end(),
                           large->datagram().begin()));
    EXPECT_TRUE(parse_icmp_error(*about_large).has_value());
  }
}

TEST(Icmp, NoneAboutAnIcmpError) {
  PacketPool pool;
  for (const bool v4 : {true, false}) {
    const auto about = udp(pool, v4, 4);
    const auto error = make_icmp_error(pool, reporter(v4), IcmpError::no_route, *about);
    EXPECT_EQ(make_icmp_error(pool, reporter(v4), IcmpError::no_route, *error), nullptr);
    // An echo request is not an error: type 8, or type 128.
    const auto echo = altered(pool, *error, v4 ? 20 : 40, v4 ? 8 : 128);
    EXPECT_NE(make_icmp_error(pool, reporter(v4), IcmpError::no_route, *echo), nullptr);
  }
}

TEST(Icmp, NoneToWhatIsNotOneHost) {
  PacketPool pool;
  const auto about = [&](const char* source, const char* destination) {
    const auto packet = make_udp(pool, endpoint(source), endpoint(destination), as_bytes("x"));
    const bool v4 = packet->is_v4();
    return make_icmp_error(pool, reporter(v4), IcmpError::no_route, *packet) != nullptr;
  };
  EXPECT_TRUE(about("10.0.0.1:1", "10.0.0.2:2"));
  EXPECT_FALSE(about("0.0.0.0:1", "10.0.0.2:2"));
  EXPECT_FALSE(about("127.0.0.1:1", "10.0.0.2:2"));
  EXPECT_FALSE(about("224.0.0.1:1", "10.0.0.2:2"));
  EXPECT_FALSE(about("255.255.255.255:1", "10.0.0.2:2"));
  EXPECT_FALSE(about("10.0.0.1:1", "224.0.0.1:2"));
  EXPECT_FALSE(about("[::]:1", "[2001:db8::2]:2"));
  EXPECT_FALSE(about("[ff02::1]:1", "[2001:db8::2]:2"));
  EXPECT_FALSE(about("[2001:db8::2]:1", "[ff02::1]:2"));
}

TEST(Icmp, NoneInAnotherFamily) {
  PacketPool pool;
  EXPECT_EQ(make_icmp_error(pool, reporter(true), IcmpError::no_route, *udp(pool, false, 1)),
            nullptr);
}

TEST(Icmp, MtuOverIpv4HasSixteenBits) {
  // RFC 4884 §4.1 puts the length of the quotation into the upper half.
  PacketPool pool;
  const auto packet =
      make_icmp_error(pool, reporter(true), IcmpError::too_big, *udp(pool, true, 4), 1400);
  const auto view = parse_icmp_error(*altered(pool, *packet, 20 + 5, 0x20));
  ASSERT_TRUE(view.has_value());
  EXPECT_EQ(view->mtu, 1400U);
}

TEST(Icmp, RefusesWhatIsNoErrorOrUnknown) {
  PacketPool pool;
  for (const bool v4 : {true, false}) {
    EXPECT_FALSE(parse_icmp_error(*udp(pool, v4, 40)).has_value());
    const auto error = make_icmp_error(pool, reporter(v4), IcmpError::no_route, *udp(pool, v4, 4));
    const std::size_t type = v4 ? 20 : 40;
    for (const int other : {0, 8, 128, 129, 255}) {
      const auto packet = altered(pool, *error, type, static_cast<std::uint8_t>(other));
      EXPECT_FALSE(parse_icmp_error(*packet).has_value()) << other;
    }
    EXPECT_FALSE(parse_icmp_error(*altered(pool, *error, type + 1, 200)).has_value());
  }
}

// An ICMP error whose quotation is cut after each of its bytes: it can be read only if the quoted
// headers and the transport's first eight bytes are there.
TEST(Icmp, RefusesAQuotationThatIsTooShort) {
  PacketPool pool;
  for (const bool v4 : {true, false}) {
    const auto error =
        make_icmp_error(pool, reporter(v4), IcmpError::port_unreachable, *udp(pool, v4, 4));
    const std::size_t headers = v4 ? 28 : 48;
    for (std::size_t quoted = 0; quoted <= headers + 4; ++quoted) {
      Bytes bytes(error->datagram().begin(),
                  error->datagram().begin() + static_cast<std::ptrdiff_t>(headers + quoted));
      store_be16(&bytes[v4 ? 2 : 4],
                 static_cast<std::uint16_t>(v4 ? bytes.size() : bytes.size() - 40));
      const auto packet = parse_datagram(pool, bytes);
      ASSERT_NE(packet, nullptr);
      EXPECT_EQ(parse_icmp_error(*packet).has_value(), quoted >= headers) << quoted;
    }
  }
}

TEST(Icmp, RefusesAQuotationThatMakesNoSense) {
  PacketPool pool;
  const auto error =
      make_icmp_error(pool, reporter(true), IcmpError::port_unreachable, *udp(pool, true, 40));
  const auto readable = [&](std::size_t quoted_at, std::uint8_t value) {
    return parse_icmp_error(*altered(pool, *error, 28 + quoted_at, value)).has_value();
  };
  EXPECT_TRUE(readable(1, 0));
  EXPECT_FALSE(readable(0, 0x44)) << "header of 16 bytes";
  EXPECT_FALSE(readable(0, 0x55)) << "version 5";
  EXPECT_FALSE(readable(0, 0x60)) << "IPv6 inside ICMP over IPv4";
  EXPECT_FALSE(readable(3, 0x10)) << "total length shorter than its headers";
  EXPECT_FALSE(readable(7, 0x01)) << "fragment without a transport header";

  const auto error6 =
      make_icmp_error(pool, reporter(false), IcmpError::port_unreachable, *udp(pool, false, 40));
  const auto inside6 = altered(pool, *error6, 48, 0x45);
  EXPECT_FALSE(parse_icmp_error(*inside6).has_value()) << "IPv4 inside ICMP over IPv6";
}

RC_GTEST_PROP(IcmpProperty, AnyQuotationIsSafe, (bool v4)) {
  PacketPool pool;
  const auto error = make_icmp_error(pool, reporter(v4), IcmpError::too_big, *udp(pool, v4, 4));
  Bytes bytes(error->datagram().begin(), error->datagram().end());
  const std::size_t start = v4 ? 20 : 40;
  const auto changes = *rc::gen::arbitrary<std::vector<std::pair<std::uint8_t, std::uint8_t>>>();
  for (const auto& [at, value] : changes) bytes[start + at % (bytes.size() - start)] = value;
  const auto packet = parse_datagram(pool, bytes);
  RC_ASSERT(packet != nullptr);
  const auto view = parse_icmp_error(*packet);
  if (!view) return;
  RC_ASSERT(view->quoted_source.address.is_v4() == v4);
  RC_ASSERT(view->quoted_destination.address.is_v4() == v4);
  RC_ASSERT(view->quoted_offset == packet->payload_offset);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
