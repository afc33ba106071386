// ICMP errors through a NAT (RFC 5508 §4, RFC 4787 REQ-12).
#include "nat_under_test.h"

#include <gtest/gtest.h>

#include "sim/net/icmp_query.h"
#include "sim/net/rewrite.h"
#include "sim/net/tcp_segment.h"

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using net::IcmpError;
using enum Dependence;

const Endpoint alice = at("192.168.1.5:5000");
const Endpoint bob = at("192.168.1.6:6000");
const Endpoint server = at("203.0.113.10:3478");
const IpAddress router = ip("203.0.113.254");

// An error by `from` about a packet that it saw, without the NAT under test between.
net::PacketPtr error_about(NatUnderTest& t, const IpAddress& from, const Endpoint& source,
                           const Endpoint& destination,
                           IcmpError error = IcmpError::port_unreachable) {
  const net::PacketPtr packet = net::make_udp(t.pool, source, destination, as_bytes("hello"));
  return net::make_icmp_error(t.pool, from, error, *packet);
}

struct Quoted {
  Endpoint source;
  Endpoint destination;
};
Quoted quoted(const net::Packet& packet) {
  const auto view = net::parse_icmp_error(packet);
  EXPECT_TRUE(view);
  // The quoted datagram is whole here, so its own checksums can be verified too.
  net::PacketPool pool;
  const net::PacketPtr inner =
      net::parse_datagram(pool, packet.datagram().subspan(view->quoted_offset));
  EXPECT_TRUE(inner && net::checksums_right(*inner));
  return {view->quoted_source, view->quoted_destination};
}

TEST(Rfc5508, Req4_InboundErrorIsTranslatedInsideAndOut) {
  for (const IcmpError error : {IcmpError::port_unreachable, IcmpError::hop_limit_exceeded,
                                IcmpError::too_big, IcmpError::admin_prohibited}) {
    NatUnderTest t({.mapping = address_and_port_dependent,
                    .filtering = address_and_port_dependent,
                    .port_allocation = PortAllocation::random});
    const Endpoint external = t.map(alice, server);
    const net::PacketPtr packet = error_about(t, router, external, server, error);
    const Outcome outcome = t.pass(packet, Time{}, false);
    EXPECT_TRUE(outcome.forwarded()) << "from a router that was never sent to (REQ-12a)";
    EXPECT_EQ(outcome.source.address, router);
    EXPECT_EQ(outcome.destination.address, alice.address);
    EXPECT_EQ(quoted(*packet).source, alice);
    EXPECT_EQ(quoted(*packet).destination, server);
  }
}

TEST(Rfc5508, Req5_OutboundErrorIsTranslatedInsideAndOut) {
  NatUnderTest t({.filtering = endpoint_independent, .port_allocation = PortAllocation::random});
  const Endpoint external = t.map(alice, server);
  // By the host itself and by a router between it and the NAT.
  for (const IpAddress& reporter : {alice.address, ip("192.168.1.99")}) {
    const net::PacketPtr packet = error_about(t, reporter, server, alice);
    const Outcome outcome = t.pass(packet, Time{}, true);
    EXPECT_TRUE(outcome.forwarded());
    EXPECT_EQ(outcome.source.address, external.address);
    EXPECT_EQ(outcome.destination.address, server.address);
    EXPECT_EQ(quoted(*packet).source, server);
    EXPECT_EQ(quoted(*packet).destination, external);
  }
}

TEST(Rfc5508, Req3_WrongChecksumsAreDropped) {
  NatUnderTest t(NatOptions{});
  const Endpoint external = t.map(alice, server);
  const net::PacketPtr packet = error_about(t, router, external, server);
  packet->data()[packet->size - 1] ^= 1;
  EXPECT_EQ(t.pass(packet, Time{}, false).reason(), DropReason::bad_checksum);
  // A wrong checksum of the quoted IP header, with the ICMP checksum made to fit.
  const net::PacketPtr inner = net::make_udp(t.pool, external, server, as_bytes("x"));
  inner->data()[net::field::ipv4_ttl] ^= 1;
  const net::PacketPtr outer =
      net::make_icmp_error(t.pool, router, IcmpError::port_unreachable, *inner);
  ASSERT_TRUE(net::checksums_right(*outer));
  EXPECT_EQ(t.pass(outer, Time{}, false).reason(), DropReason::bad_checksum);
}

TEST(Rfc5508, Req4_ErrorsAboutUnknownPacketsAreDropped) {
  NatUnderTest t({.mapping = address_and_port_dependent, .filtering = endpoint_independent});
  const Endpoint external = t.map(alice, server);
  const auto reason = [&](const Endpoint& source, const Endpoint& destination) {
    return t.pass(error_about(t, router, source, destination), Time{}, false).reason();
  };
  EXPECT_EQ(reason({external.address, 9}, server), DropReason::nat_icmp_mismatch);
  EXPECT_EQ(reason(external, at("203.0.113.10:9")), DropReason::nat_icmp_mismatch)
      << "the mapping is for another remote";
  EXPECT_EQ(reason(external, server), DropReason::none);
  const Outcome outcome =
      t.pass(error_about(t, alice.address, server, at("192.168.1.5:9")), Time{}, true);
  EXPECT_EQ(outcome.reason(), DropReason::nat_icmp_mismatch);
  EXPECT_EQ(outcome.note,
            "the error quotes a packet 203.0.113.10:3478 -> 192.168.1.5:9 that no mapping has "
            "translated");
}

TEST(Rfc5508, Req6_ErrorsNeitherRefreshNorRemove) {
  NatUnderTest t({.udp_timeout = seconds(60)});
  const Endpoint external = t.map(alice, server);
  EXPECT_TRUE(t.pass(error_about(t, router, external, server), second(30), false).forwarded());
  EXPECT_TRUE(t.pass(error_about(t, alice.address, server, alice), second(30), true).forwarded());
  EXPECT_EQ(t.nat.next_expiry(), second(60));
  EXPECT_EQ(t.events.size(), 1U);
  EXPECT_TRUE(t.in(server, external, second(59)).forwarded()) << "RFC 4787 REQ-12";
}

TEST(Rfc5508, Req7_HairpinnedErrorsGoBackToTheSender) {
  NatUnderTest t({.filtering = endpoint_independent, .hairpin = Hairpin::external_source});
  const Endpoint a = t.map(alice, server);
  const Endpoint b = t.map(bob, server);
  ASSERT_EQ(t.out(alice, b).destination, bob);
  // Bob answers what he saw: a -> bob.
  const net::PacketPtr packet = error_about(t, bob.address, a, bob);
  const Outcome outcome = t.pass(packet, Time{}, true);
  EXPECT_TRUE(outcome.hairpinned());
  EXPECT_EQ(outcome.source.address, b.address);
  EXPECT_EQ(outcome.destination.address, alice.address);
  EXPECT_EQ(quoted(*packet).source, alice);
  EXPECT_EQ(quoted(*packet).destination, b);
}

TEST(Icmp, HairpinnedErrorsNeedHairpinning) {
  NatUnderTest t({.hairpin = Hairpin::off});
  const Endpoint a = t.map(alice, server);
  t.map(bob, server);
  EXPECT_EQ(t.pass(error_about(t, bob.address, a, bob), Time{}, true).reason(),
            DropReason::nat_hairpin_off);
}

TEST(Icmp, ErrorsFindTheirSessionOnASharedPort) {
  NatUnderTest t({.filtering = address_and_port_dependent,
                  .port_allocation = PortAllocation::preserve_overload});
  const Endpoint other = at("203.0.113.11:3478");
  const Endpoint carol = at("192.168.1.7:5000");
  const Endpoint external = t.map(alice, server);
  ASSERT_EQ(t.map(carol, other), external);
  const net::PacketPtr packet = error_about(t, router, external, other);
  EXPECT_EQ(t.pass(packet, Time{}, false).destination.address, carol.address);
  EXPECT_EQ(t.pass(error_about(t, router, external, at("203.0.113.12:1")), Time{}, false).reason(),
            DropReason::nat_icmp_mismatch);
}

TEST(Icmp, OverIpv6) {
  NatUnderTest t(NatOptions{}, {"2001:db8::7"});
  const Endpoint inside = at("[fd00::5]:5000");
  const Endpoint remote = at("[2001:db8:1::1]:3478");
  const Endpoint external = t.map(inside, remote);
  const net::PacketPtr packet = error_about(t, ip("2001:db8:2::1"), external, remote);
  EXPECT_TRUE(t.pass(packet, Time{}, false).forwarded());
  EXPECT_EQ(packet->destination.address, inside.address);
  EXPECT_EQ(quoted(*packet).source, inside);
}

TEST(Icmp, TimestampRequestsAreNotTranslated) {
  NatUnderTest t(NatOptions{});
  const net::PacketPtr packet = error_about(t, alice.address, server, alice);
  packet->data()[packet->transport_offset] = 13;
  EXPECT_EQ(t.pass(packet, Time{}, true).reason(), DropReason::nat_unsupported_protocol);
}

TEST(Rfc5508, Req4_ErrorsAboutTcpAreTranslated) {
  NatUnderTest t({.port_allocation = PortAllocation::random});
  const net::PacketPtr syn =
      net::make_tcp(t.pool, alice, server, {.seq = 1, .flags = net::tcp_flag::syn});
  const Endpoint external = t.pass(syn, Time{}, true).source;
  ASSERT_NE(external, alice);
  // What came to the server's router, which says that it does not fit; quoted whole and cut short
  // behind the ports and the sequence number (RFC 792).
  for (const std::uint16_t cut : {std::uint16_t{0}, std::uint16_t{12}}) {
    const net::PacketPtr seen =
        net::make_tcp(t.pool, external, server, {.seq = 1, .flags = net::tcp_flag::syn});
    seen->size = static_cast<std::uint16_t>(seen->size - cut);
    const net::PacketPtr error =
        net::make_icmp_error(t.pool, router, IcmpError::too_big, *seen, 1280);
    EXPECT_TRUE(t.pass(error, Time{}, false).forwarded());
    EXPECT_EQ(error->destination.address, alice.address);
    const auto view = net::parse_icmp_error(*error);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->quoted_source, alice);
    EXPECT_EQ(view->mtu, 1280U);
    EXPECT_EQ(net::quoted_tcp_seq(*error, *view), 1U);
  }
  // About the same ports over UDP it is another packet.
  EXPECT_EQ(t.pass(error_about(t, router, external, server), Time{}, false).reason(),
            DropReason::nat_icmp_mismatch);
}

TEST(Rfc5508, Req4_ErrorsAboutEchoRequestsAreTranslated) {
  NatUnderTest t({.port_allocation = PortAllocation::random});
  const net::IcmpQuery query{.reply = false, .identifier = 77, .sequence = 3};
  const net::PacketPtr request =
      net::make_icmp_query(t.pool, alice.address, server.address, query, as_bytes("ping"));
  ASSERT_TRUE(t.pass(request, Time{}, true).forwarded());
  ASSERT_NE(net::parse_icmp_query(*request)->identifier, 77);
  const net::PacketPtr error =
      net::make_icmp_error(t.pool, router, IcmpError::hop_limit_exceeded, *request);
  EXPECT_TRUE(t.pass(error, Time{}, false).forwarded());
  EXPECT_EQ(error->destination.address, alice.address);
  EXPECT_EQ(quoted(*error).source.address, alice.address);
  EXPECT_EQ(net::parse_quoted_query(*error, *net::parse_icmp_error(*error))->identifier, 77);
  // A request that nobody made.
  net::rewrite_identifier(*request, 78);
  const net::PacketPtr stray =
      net::make_icmp_error(t.pool, router, IcmpError::hop_limit_exceeded, *request);
  EXPECT_EQ(t.pass(stray, Time{}, false).reason(), DropReason::nat_icmp_mismatch);
}

TEST(Rfc5508, Req7_HairpinnedErrorsAboutTcp) {
  NatUnderTest t({.filtering = endpoint_independent});
  const auto syn = [&](const Endpoint& from, const Endpoint& to) {
    return net::make_tcp(t.pool, from, to, {.seq = 1, .flags = net::tcp_flag::syn});
  };
  const Endpoint a = t.pass(syn(alice, server), Time{}, true).source;
  const Endpoint b = t.pass(syn(bob, server), Time{}, true).source;
  ASSERT_EQ(t.pass(syn(alice, b), Time{}, true).destination, bob);
  const net::PacketPtr error =
      net::make_icmp_error(t.pool, bob.address, IcmpError::port_unreachable, *syn(a, bob));
  EXPECT_TRUE(t.pass(error, Time{}, true).hairpinned());
  EXPECT_EQ(quoted(*error).source, alice);
  EXPECT_EQ(quoted(*error).destination, b);
}

TEST(Icmp, ErrorsCanBeDroppedOrPassedUntranslated) {
  NatUnderTest dropping(
      {.port_allocation = PortAllocation::random, .icmp_errors = IcmpErrors::drop});
  Endpoint external = dropping.map(alice, server);
  EXPECT_EQ(dropping.pass(error_about(dropping, router, external, server), Time{}, false).reason(),
            DropReason::nat_icmp_policy);
  EXPECT_EQ(
      dropping.pass(error_about(dropping, alice.address, server, alice), Time{}, true).reason(),
      DropReason::nat_icmp_policy);

  NatUnderTest passing(
      {.port_allocation = PortAllocation::random, .icmp_errors = IcmpErrors::pass_untranslated});
  external = passing.map(alice, server);
  const net::PacketPtr in = error_about(passing, router, external, server);
  EXPECT_TRUE(passing.pass(in, Time{}, false).forwarded());
  EXPECT_EQ(in->destination.address, alice.address);
  EXPECT_EQ(quoted(*in).source, external) << "the host will not know it";
  const net::PacketPtr out = error_about(passing, alice.address, server, alice);
  EXPECT_TRUE(passing.pass(out, Time{}, true).forwarded());
  EXPECT_EQ(out->source.address, external.address);
  EXPECT_EQ(quoted(*out).destination, alice);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
