// A host's TCP: endpoints, ports, ICMP errors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/net/tcp_bed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using testing::HasSubstr;

const LinkOptions ten_ms = link_of(milliseconds(10));

TEST(TcpStack, TheListenerOnTheAddressComesBeforeTheOneOnAny) {
  TcpBed bed(ten_ms);
  TcpProgram on_any;
  const auto any = std::move(
      bed.b.tcp()
          .listen({.local = endpoint("0.0.0.0:80"), .sharing = TcpSharing::shared}, on_any)
          .value());
  auto exact =
      std::move(bed.b.tcp()
                    .listen({.local = bed.server_end, .sharing = TcpSharing::shared}, bed.server)
                    .value());
  bed.connect();
  bed.run_until(milliseconds(50));
  EXPECT_NE(bed.server.socket, nullptr);
  EXPECT_EQ(on_any.socket, nullptr);
  exact.reset();
  bed.client.socket->abort();
  bed.connect();
  bed.run_until(milliseconds(100));
  EXPECT_NE(on_any.socket, nullptr);
}

TEST(TcpStack, AnEndpointIsOneSocketsUnlessAllShareIt) {
  TcpBed bed(ten_ms);
  const Endpoint local = endpoint("10.0.0.1:7000");
  const Endpoint other = endpoint("10.0.0.2:8000");
  TcpStack& tcp = bed.a.tcp();
  TcpProgram program;
  {
    const auto listener = std::move(tcp.listen({.local = local}, program).value());
    EXPECT_THAT(tcp.listen({.local = local}, program).error(), HasSubstr("already uses"));
    EXPECT_FALSE(tcp.listen({.local = endpoint("0.0.0.0:7000")}, program));
    EXPECT_FALSE(tcp.connect({.local = local}, other, program));
    EXPECT_FALSE(tcp.connect({.local = local, .sharing = TcpSharing::shared}, other, program));
    EXPECT_TRUE(tcp.listen({.local = endpoint("[::]:7000")}, program));  // another family
  }
  const TcpBinding shared{.local = local, .sharing = TcpSharing::shared};
  const auto listener = std::move(tcp.listen(shared, program).value());
  const auto one = std::move(tcp.connect(shared, bed.server_end, program).value());
  const auto two = std::move(tcp.connect(shared, other, program).value());
  EXPECT_EQ(one->local(), two->local());
  EXPECT_THAT(tcp.connect(shared, other, program).error(), HasSubstr("has a connection"));
  EXPECT_THAT(tcp.listen(shared, program).error(), HasSubstr("listens on"));
}

TEST(TcpStack, RefusesWhatIsNotItsOwn) {
  TcpBed bed(ten_ms);
  EXPECT_THAT(bed.a.tcp().listen({.local = bed.server_end}, bed.server).error(),
              HasSubstr("has no address 10.0.0.2"));
  EXPECT_THAT(bed.a.tcp().connect({.local = bed.server_end}, bed.server_end, bed.client).error(),
              HasSubstr("has no address 10.0.0.2"));
  EXPECT_THAT(
      bed.a.tcp()
          .connect({.local = endpoint("10.0.0.1:0")}, endpoint("[2001:db8::2]:80"), bed.client)
          .error(),
      HasSubstr("cannot reach"));
}

TEST(TcpStack, EphemeralPortsAreRandomAndFreeAgainAfterwards) {
  TcpBed bed(ten_ms);
  std::set<std::uint16_t> ports;
  for (int i = 0; i < 50; ++i) {
    bed.connect();
    ports.insert(bed.client.socket->local().port);
    EXPECT_GE(bed.client.socket->local().port, first_ephemeral_port);
    bed.client.socket->abort();
  }
  EXPECT_GT(ports.size(), 45U);
}

// Several peers and a listener on one endpoint, as hole punching has it.
TEST(TcpStack, SegmentsFindTheirConnectionOnASharedEndpoint) {
  TcpBed bed(ten_ms);
  const TcpBinding shared{.local = endpoint("10.0.0.1:7000"), .sharing = TcpSharing::shared};
  TcpProgram incoming;
  TcpProgram at_b;
  const auto listener = std::move(bed.a.tcp().listen(shared, incoming).value());
  bed.listen();
  bed.client.socket = std::move(bed.a.tcp().connect(shared, bed.server_end, bed.client).value());
  at_b.socket = std::move(bed.b.tcp().connect({}, shared.local, at_b).value());
  bed.run_until(milliseconds(50));
  bed.client.send(some_bytes(10));
  at_b.send(some_bytes(20));
  bed.run_until(seconds(1));
  EXPECT_EQ(bed.server.received, some_bytes(10));
  EXPECT_EQ(incoming.received, some_bytes(20));
}

// Two hosts with a router between them.
struct Routed : Testbed {
  Routed()
      : router(network.add<Router>("r")), a(host("a", {"10.0.0.1"})), b(host("b", {"10.1.0.1"})) {
    attach(a, router, ten_ms, "10.0.0.254");
    attach(b, router, ten_ms, "10.1.0.254");
  }
  Router& router;
  Host& a;
  Host& b;
  TcpProgram client;
  TcpProgram server;
};

TEST(TcpIcmp, ASoftErrorLeavesTheSynBeRetransmitted) {
  Routed net;
  net.client.socket =
      std::move(net.a.tcp().connect({}, endpoint("10.9.0.1:80"), net.client).value());
  net.run_until(seconds(2));
  EXPECT_EQ(net.client.state(), TcpState::syn_sent);  // "no route" came back at 20 ms
  net.run();
  EXPECT_EQ(net.client.end(), TcpEnd::unreachable);
}

// An error about the client's latest segment, as a router on the way would send it.
void report(Routed& net, IcmpError error, std::uint32_t seq, std::uint32_t mtu = 0) {
  const auto about = make_tcp(net.network.pool(), net.client.socket->local(),
                              net.client.socket->remote(), {.seq = seq, .payload = {}});
  net.a.receive(make_icmp_error(net.network.pool(), ip("10.0.0.254"), error, *about, mtu),
                *net.a.interfaces().front());
}

TEST(TcpIcmp, AHardErrorEndsTheHandshakeAlone) {
  for (const IcmpError error : {IcmpError::port_unreachable, IcmpError::admin_prohibited}) {
    Routed net;
    PacketLog log(net.world);
    const auto listener =
        std::move(net.b.tcp().listen({.local = endpoint("10.1.0.1:80")}, net.server).value());
    net.client.socket =
        std::move(net.a.tcp().connect({}, endpoint("10.1.0.1:80"), net.client).value());
    const auto syn = parse_tcp(ByteView(log.steps.at(0).datagram).subspan(20));
    report(net, error, syn->seq + 1);  // was never sent (RFC 5927)
    EXPECT_EQ(net.client.state(), TcpState::syn_sent);
    net.run_until(seconds(1));
    ASSERT_EQ(net.client.state(), TcpState::established);
    net.client.send(some_bytes(10));
    report(net, error, syn->seq + 1);
    EXPECT_EQ(net.client.state(), TcpState::established);
    // And one about a SYN on its way.
    net.client.socket.reset();
    net.client.socket =
        std::move(net.a.tcp().connect({}, endpoint("10.1.0.1:80"), net.client).value());
    const auto steps = log.of(core::PacketStep::created);
    report(net, error, parse_tcp(ByteView(steps.back().datagram).subspan(20))->seq);
    EXPECT_EQ(net.client.end(), TcpEnd::unreachable);
  }
}

TEST(TcpIcmp, FindsThePathMtu) {
  Routed net;
  // The server's link carries 1000 bytes from the router on: 960 of a segment's payload.
  LinkOptions narrow = ten_ms;
  narrow.mtu = 1000;
  net.b.interfaces().front()->peer().link().set_options(narrow);
  const auto listener =
      std::move(net.b.tcp().listen({.local = endpoint("10.1.0.1:80")}, net.server).value());
  net.client.socket =
      std::move(net.a.tcp().connect({}, endpoint("10.1.0.1:80"), net.client).value());
  net.client.send(some_bytes(20'000), true);
  net.run_until(milliseconds(200));  // no timeout is waited for
  EXPECT_EQ(net.server.received, some_bytes(20'000));
  EXPECT_EQ(net.client.socket->connection().segment_size(), 960);
  EXPECT_GT(net.drops(DropReason::too_big), 0U);
  EXPECT_EQ(net.client.counters().timeouts, 0U);
}

TEST(TcpIcmp, AnMtuThatIsNotGivenOrTooSmallIsReplaced) {
  const std::pair<std::uint32_t, std::uint16_t> cases[] = {{0, 536}, {1, 28}, {1400, 1360}};
  for (const auto& [mtu, segment_size] : cases) {
    Routed net;
    PacketLog log(net.world);
    const auto listener =
        std::move(net.b.tcp().listen({.local = endpoint("10.1.0.1:80")}, net.server).value());
    net.client.socket =
        std::move(net.a.tcp().connect({}, endpoint("10.1.0.1:80"), net.client).value());
    const auto syn = parse_tcp(ByteView(log.steps.at(0).datagram).subspan(20));
    net.run_until(seconds(1));
    net.client.send(some_bytes(3000));
    report(net, IcmpError::too_big, syn->seq + 1, mtu);
    EXPECT_EQ(net.client.socket->connection().segment_size(), segment_size);
    net.run_until(seconds(3));
    EXPECT_EQ(net.server.received, some_bytes(3000));
  }
}

TEST(TcpIcmp, AnErrorAboutNoConnectionIsDropped) {
  Routed net;
  net.client.socket =
      std::move(net.a.tcp().connect({}, endpoint("10.1.0.1:80"), net.client).value());
  const auto about =
      make_tcp(net.network.pool(), endpoint("10.0.0.1:1"), endpoint("10.1.0.1:2"), {});
  net.a.receive(make_icmp_error(net.network.pool(), ip("10.0.0.254"), IcmpError::no_route, *about),
                *net.a.interfaces().front());
  EXPECT_EQ(net.drops(DropReason::no_socket), 1U);
}

TEST(TcpStack, TheSameSeedGivesTheSameRun) {
  const auto digest = [](std::uint64_t seed) {
    LinkOptions link = ten_ms;
    link.loss = 0.05;
    TcpBed bed(link, {}, seed);
    bed.listen();
    bed.connect();
    bed.client.send(some_bytes(50'000), true);
    bed.run();
    return bed.world.events().digest();
  };
  EXPECT_EQ(digest(1), digest(1));
  EXPECT_NE(digest(1), digest(2));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
