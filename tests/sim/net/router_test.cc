#include "sim/net/router.h"

#include <gtest/gtest.h>

#include "tests/sim/net/testbed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using core::PacketStep;

constexpr LinkOptions ten_ms = {.one_way_delay = milliseconds(10)};

// Two hosts with a router between, in both families.
struct Routed : Testbed {
  Routed()
      : a(host("a", {"10.0.1.1", "2001:db8:1::1"})),
        b(host("b", {"10.0.2.1", "2001:db8:2::1"})),
        router(network.add<Router>("r")) {
    Interface& left = attach(a, router, ten_ms, "10.0.1.254");
    add_address(left, "2001:db8:1::fe");
    right = &attach(b, router, ten_ms, "10.0.2.254");
    add_address(*right, "2001:db8:2::fe");
    a4 = &open(a, "10.0.1.1:5000", at_a);
    a6 = &open(a, "[2001:db8:1::1]:5000", at_a);
    b4 = &open(b, "10.0.2.1:6000", at_b);
    b6 = &open(b, "[2001:db8:2::1]:6000", at_b);
  }
  UdpSocket& a_socket(bool v4) { return v4 ? *a4 : *a6; }
  const Endpoint& b_address(bool v4) { return (v4 ? b4 : b6)->local(); }
  // Puts a datagram with this hop limit on a's link, past its socket.
  void send(bool v4, std::uint8_t hop_limit) {
    a.interfaces().front()->send(
        make_udp(network.pool(), a_socket(v4).local(), b_address(v4), as_bytes("x"), hop_limit));
  }

  Host& a;
  Host& b;
  Router& router;
  Interface* right;
  Mailbox at_a;
  Mailbox at_b;
  UdpSocket* a4;
  UdpSocket* a6;
  UdpSocket* b4;
  UdpSocket* b6;
};

class RouterOfFamily : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Families, RouterOfFamily, testing::Values(true, false),
                         [](const auto& family) { return family.param ? "IPv4" : "IPv6"; });

TEST_P(RouterOfFamily, ForwardsAndCountsTheHop) {
  Routed net;
  net.a_socket(GetParam()).send(net.b_address(GetParam()), as_bytes("hello"));
  net.run();
  ASSERT_EQ(net.at_b.letters.size(), 1U);
  const auto& letter = net.at_b.letters[0];
  EXPECT_EQ(letter.at, Time{} + milliseconds(20));
  EXPECT_EQ(letter.hop_limit, default_hop_limit - 1);
  EXPECT_EQ(letter.from, net.a_socket(GetParam()).local());
  EXPECT_EQ(as_text(letter.payload), "hello");
}

TEST_P(RouterOfFamily, TheHopLimitRunsOut) {
  Routed net;
  PacketLog log(net.world);
  net.send(GetParam(), 2);
  net.send(GetParam(), 1);
  net.send(GetParam(), 0);
  net.run();
  ASSERT_EQ(net.at_b.letters.size(), 1U);
  EXPECT_EQ(net.at_b.letters[0].hop_limit, 1);
  EXPECT_EQ(net.drops(DropReason::ttl_expired), 2U);
  for (const auto& drop : log.drops()) {
    EXPECT_EQ(drop.where, net.router.id());
    EXPECT_EQ(drop.at, Time{} + milliseconds(10));
  }
  // The error is back after the link's delay once more.
  ASSERT_EQ(net.at_a.failures.size(), 2U);
  EXPECT_EQ(net.at_a.failures[0].error, IcmpError::hop_limit_exceeded);
  EXPECT_EQ(net.at_a.failures[0].remote, net.b_address(GetParam()));
  EXPECT_EQ(net.at_a.failures[0].at, Time{} + milliseconds(20));
}

TEST_P(RouterOfFamily, TooBigTellsTheMtu) {
  Routed net;
  net.right->link().set_options({.one_way_delay = milliseconds(10), .mtu = 1300});
  PacketLog log(net.world);
  const std::size_t headers = GetParam() ? 28 : 48;
  net.a_socket(GetParam()).send(net.b_address(GetParam()), Bytes(1300 - headers));
  net.a_socket(GetParam()).send(net.b_address(GetParam()), Bytes(1301 - headers));
  net.run();
  EXPECT_EQ(net.at_b.letters.size(), 1U);
  EXPECT_EQ(net.drops(DropReason::too_big), 1U);
  ASSERT_EQ(net.at_a.failures.size(), 1U);
  EXPECT_EQ(net.at_a.failures[0].error, IcmpError::too_big);
  std::vector<std::uint32_t> mtus;
  for (const auto& step : log.of(PacketStep::delivered)) {
    const auto packet = parse_datagram(net.network.pool(), step.datagram);
    if (const auto view = parse_icmp_error(*packet)) mtus.push_back(view->mtu);
  }
  EXPECT_EQ(mtus, std::vector<std::uint32_t>{1300});
}

TEST_P(RouterOfFamily, NoRouteIsAnswered) {
  Routed net;
  const Endpoint nowhere = endpoint(GetParam() ? "10.9.9.9:1" : "[2001:db8:9::9]:1");
  net.a_socket(GetParam()).send(nowhere, as_bytes("x"));
  net.run();
  EXPECT_EQ(net.drops(DropReason::no_route), 1U);
  ASSERT_EQ(net.at_a.failures.size(), 1U);
  EXPECT_EQ(net.at_a.failures[0].error, IcmpError::no_route);
  EXPECT_EQ(net.at_a.failures[0].remote, nowhere);
  EXPECT_EQ(net.at_a.failures[0].at, Time{} + milliseconds(20));
}

TEST(Router, ForTheRouterItselfNobodyListens) {
  Routed net;
  PacketLog log(net.world);
  for (const char* own : {"10.0.1.254:7", "10.0.2.254:7"}) {
    net.a4->send(endpoint(own), as_bytes("x"));
  }
  net.run();
  ASSERT_EQ(log.drops().size(), 2U);
  for (const auto& drop : log.drops()) {
    EXPECT_EQ(drop.reason, DropReason::no_socket);
    EXPECT_EQ(drop.where, net.router.id());
  }
}

TEST(Router, AnErrorComesFromTheInterfaceTowardsTheSender) {
  Routed net;
  PacketLog log(net.world);
  net.a4->send(endpoint("10.9.9.9:1"), as_bytes("x"));
  net.run();
  const auto delivered = log.of(PacketStep::delivered);
  ASSERT_EQ(delivered.size(), 1U);
  EXPECT_EQ(delivered[0].source, Endpoint{ip("10.0.1.254")});
  EXPECT_EQ(delivered[0].destination, Endpoint{ip("10.0.1.1")});
}

TEST(Router, WithoutAnAddressItIsSilent) {
  Testbed net;
  Host& a = net.host("a", {"10.0.1.1", "2001:db8::1"});
  Router& router = net.network.add<Router>("r");
  net.attach(a, router, ten_ms, "10.0.1.254");  // of one family only
  Mailbox at_a;
  net.open(a, "10.0.1.1:5000", at_a).send(endpoint("10.9.9.9:1"), as_bytes("x"));
  net.open(a, "[2001:db8::1]:5000", at_a).send(endpoint("[2001:db8::9]:1"), as_bytes("x"));
  net.run();
  EXPECT_EQ(net.drops(DropReason::no_route), 2U);
  ASSERT_EQ(at_a.failures.size(), 1U);
  EXPECT_EQ(at_a.failures[0].remote, endpoint("10.9.9.9:1"));
}

TEST(Router, NoErrorAboutAnError) {
  Routed net;
  const auto about =
      make_udp(net.network.pool(), net.b4->local(), endpoint("10.9.9.9:1"), as_bytes("x"));
  auto error =
      make_icmp_error(net.network.pool(), ip("10.0.1.1"), IcmpError::port_unreachable, *about);
  error->hop_limit = 1;
  error->data()[field::ipv4_ttl] = 1;
  net.a.interfaces().front()->send(std::move(error));
  net.run();
  EXPECT_EQ(net.drops(DropReason::ttl_expired), 1U);
  EXPECT_TRUE(net.at_a.failures.empty());
  EXPECT_EQ(net.world.scheduler().now(), Time{} + milliseconds(10));
}

TEST(Router, AChainOfEight) {
  Testbed net;
  Host& a = net.host("a", {"10.0.0.1"});
  Host& b = net.host("b", {"10.0.0.2"});
  Interface* last = a.interfaces().front().get();
  for (int i = 0; i < 8; ++i) {
    Router& router = net.network.add<Router>("r" + std::to_string(i));
    net.network.connect(*last, router.add_interface(), ten_ms, ten_ms);
    last = &router.add_interface();
  }
  net.network.connect(*last, *b.interfaces().front(), ten_ms, ten_ms);
  Mailbox at_a;
  Mailbox at_b;
  at_b.then = [](UdpSocket& socket, const Packet& packet) {
    socket.send(packet.source, packet.payload());
  };
  net.open(b, "0.0.0.0:7", at_b);
  net.open(a, "0.0.0.0:5000", at_a).send(endpoint("10.0.0.2:7"), as_bytes("x"));
  net.run();
  ASSERT_EQ(at_a.letters.size(), 1U);
  EXPECT_EQ(at_a.letters[0].at, Time{} + milliseconds(2 * 9 * 10));
  EXPECT_EQ(at_a.letters[0].hop_limit, default_hop_limit - 8);
}

TEST(Router, TakesTheNewWayOnceItIsBuilt) {
  Testbed net;
  Host& a = net.host("a", {"10.0.0.1"});
  Host& b = net.host("b", {"10.0.0.2"});
  Router& left = net.network.add<Router>("left");
  Router& right = net.network.add<Router>("right");
  net.attach(a, left, {});
  net.attach(b, right, {});
  const auto join = [&](Duration delay) {
    const LinkOptions options = {.one_way_delay = delay};
    net.network.connect(left.add_interface(), right.add_interface(), options, options);
  };
  join(milliseconds(50));
  Mailbox at_a;
  Mailbox at_b;
  net.open(b, "0.0.0.0:7", at_b);
  UdpSocket& socket = net.open(a, "0.0.0.0:5000", at_a);
  socket.send(endpoint("10.0.0.2:7"), as_bytes("x"));
  net.run_until(milliseconds(100));
  join(milliseconds(10));
  socket.send(endpoint("10.0.0.2:7"), as_bytes("x"));
  net.run();
  ASSERT_EQ(at_b.letters.size(), 2U);
  EXPECT_EQ(at_b.letters[0].at, Time{} + milliseconds(50));
  EXPECT_EQ(at_b.letters[1].at, Time{} + milliseconds(110));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
