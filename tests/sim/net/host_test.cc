#include "sim/net/host.h"

#include <gtest/gtest.h>

#include "sim/net/rewrite.h"
#include "tests/sim/net/testbed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using core::PacketStep;

constexpr LinkOptions ten_ms = {.one_way_delay = milliseconds(10)};

TEST(Host, DeliversToTheSocketOfThePort) {
  TwoHosts net(ten_ms);
  Mailbox other;
  net.open(net.b, "10.0.0.2:5001", other);
  net.a_socket->send(endpoint("10.0.0.2:5001"), as_bytes("one"));
  net.a_socket->send(endpoint("10.0.0.2:5000"), as_bytes("two"));
  net.run();
  ASSERT_EQ(other.letters.size(), 1U);
  EXPECT_EQ(as_text(other.letters[0].payload), "one");
  ASSERT_EQ(net.at_b.letters.size(), 1U);
  EXPECT_EQ(as_text(net.at_b.letters[0].payload), "two");
  EXPECT_EQ(net.at_b.letters[0].from, endpoint("10.0.0.1:5000"));
  EXPECT_EQ(net.at_b.letters[0].hop_limit, default_hop_limit);
}

TEST(Host, AnEmptyDatagramArrives) {
  TwoHosts net(ten_ms);
  net.a_socket->send(net.b_socket->local(), {});
  net.run();
  ASSERT_EQ(net.at_b.letters.size(), 1U);
  EXPECT_TRUE(net.at_b.letters[0].payload.empty());
}

TEST(Host, AReceiverMayAnswerAndCloseOtherSockets) {
  TwoHosts net(ten_ms);
  Mailbox other;
  net.open(net.b, "10.0.0.2:5001", other);
  net.at_b.then = [&](UdpSocket& socket, const Packet& packet) {
    socket.send(packet.source, packet.payload());
    if (!net.sockets.empty()) net.sockets.pop_back();  // 5001
  };
  net.a_socket->send(net.b_socket->local(), as_bytes("x"));
  net.a_socket->send(endpoint("10.0.0.2:5001"), as_bytes("y"));
  net.run();
  EXPECT_EQ(net.at_a.letters.size(), 1U);
  EXPECT_TRUE(other.letters.empty());
  EXPECT_EQ(net.drops(DropReason::no_socket), 1U);
}

TEST(Host, PortUnreachableReachesTheSender) {
  TwoHosts net(ten_ms);
  PacketLog log(net.world);
  net.a_socket->send(endpoint("10.0.0.2:9"), as_bytes("x"));
  net.run();
  ASSERT_EQ(net.at_a.failures.size(), 1U);
  EXPECT_EQ(net.at_a.failures[0].error, IcmpError::port_unreachable);
  EXPECT_EQ(net.at_a.failures[0].remote, endpoint("10.0.0.2:9"));
  EXPECT_EQ(net.at_a.failures[0].at, Time{} + milliseconds(20));
  ASSERT_EQ(log.drops().size(), 1U);
  EXPECT_EQ(log.drops()[0].reason, DropReason::no_socket);
  EXPECT_EQ(log.drops()[0].where, net.b.id());
}

TEST(Host, PortUnreachableOverIpv6) {
  TwoHosts net(ten_ms);
  Mailbox at_a;
  net.open(net.a, "[::]:5000", at_a).send(endpoint("[2001:db8::2]:9"), as_bytes("x"));
  net.run();
  ASSERT_EQ(at_a.failures.size(), 1U);
  EXPECT_EQ(at_a.failures[0].remote, endpoint("[2001:db8::2]:9"));
  EXPECT_TRUE(net.at_a.failures.empty());  // port 5000 of the other family
}

TEST(Host, AnErrorForAClosedSocketIsDropped) {
  TwoHosts net(ten_ms);
  Mailbox gone;
  net.open(net.a, "10.0.0.1:5001", gone).send(endpoint("10.0.0.2:9"), as_bytes("x"));
  net.sockets.pop_back();
  net.run();
  EXPECT_TRUE(gone.failures.empty());
  EXPECT_EQ(net.drops(DropReason::no_socket), 2U);  // the datagram at b and the error at a
}

// Hands the host a datagram as if it had come over its link.
void arrive(TwoHosts& net, PacketPtr packet) {
  net.b.receive(std::move(packet), *net.b.interfaces().front());
  net.run();
}

TEST(Host, AWrongChecksumIsDropped) {
  TwoHosts net(ten_ms);
  const auto wrong_at = [&](std::size_t at) {
    auto packet = make_udp(net.network.pool(), net.a_socket->local(), net.b_socket->local(),
                           as_bytes("payload"));
    packet->data()[at] ^= 0x01;
    arrive(net, std::move(packet));
  };
  wrong_at(field::ipv4_ttl);
  wrong_at(ipv4_header_size + field::udp_checksum);
  wrong_at(ipv4_header_size + udp_header_size + 3);
  EXPECT_EQ(net.drops(DropReason::bad_checksum), 3U);
  EXPECT_TRUE(net.at_b.letters.empty());
  EXPECT_TRUE(net.at_a.failures.empty());  // and nobody is told
}

TEST(Host, AnAddressOfAnotherIsNotLocal) {
  TwoHosts net(ten_ms);
  net.a_socket->send(endpoint("10.0.0.3:5000"), as_bytes("x"));
  net.run();
  EXPECT_EQ(net.drops(DropReason::not_local), 1U);
  EXPECT_TRUE(net.at_a.failures.empty());
}

TEST(Host, AnErrorThatQuotesAForeignPacketIsDropped) {
  TwoHosts net(ten_ms);
  Mailbox any;
  net.open(net.b, "0.0.0.0:7000", any);
  const auto foreign = make_udp(net.network.pool(), endpoint("10.0.0.77:7000"),
                                endpoint("10.0.0.1:9"), as_bytes("x"));
  auto error =
      make_icmp_error(net.network.pool(), ip("10.0.0.1"), IcmpError::port_unreachable, *foreign);
  rewrite_destination(*error, endpoint("10.0.0.2:0"));
  arrive(net, std::move(error));
  EXPECT_TRUE(any.failures.empty());
  EXPECT_EQ(net.drops(DropReason::no_socket), 1U);
}

TEST(Host, AProtocolWithoutSocketsIsDropped) {
  TwoHosts net(ten_ms);
  const auto udp =
      make_udp(net.network.pool(), net.a_socket->local(), net.b_socket->local(), as_bytes("x"));
  Bytes gre(udp->datagram().begin(), udp->datagram().end());
  gre[9] = 47;
  store_be16(&gre[10], static_cast<std::uint16_t>(load_be16(&gre[10]) - (47 - 17)));
  arrive(net, parse_datagram(net.network.pool(), gre));
  EXPECT_EQ(net.drops(DropReason::no_socket), 1U);
}

TEST(Host, WhatAProgramDiscardsHasItsReasonAndNote) {
  TwoHosts net(ten_ms);
  PacketLog log(net.world);
  net.at_b.then = [](UdpSocket& socket, const Packet& packet) {
    socket.host().discard(packet, DropReason::stun_malformed, "not a multiple of four");
  };
  net.send(100);
  net.run();
  ASSERT_EQ(log.drops().size(), 1U);
  EXPECT_EQ(log.drops()[0].reason, DropReason::stun_malformed);
  EXPECT_EQ(log.drops()[0].note, "not a multiple of four");
  EXPECT_EQ(net.drops(DropReason::stun_malformed), 1U);
}

TEST(Host, ADatagramsStepsAreToldInOrder) {
  TwoHosts net(ten_ms);
  PacketLog log(net.world);
  net.send(100);
  net.run();
  struct Expected {
    PacketStep step;
    core::ObjectId where;
    Duration at;
  };
  const std::vector<Expected> expected = {
      {PacketStep::created, net.a.id(), {}},
      {PacketStep::egress, net.a.interfaces().front()->id(), {}},
      {PacketStep::ingress, net.b.interfaces().front()->id(), milliseconds(10)},
      {PacketStep::delivered, net.b.id(), milliseconds(10)},
  };
  ASSERT_EQ(log.steps.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(log.steps[i].step, expected[i].step);
    EXPECT_EQ(log.steps[i].where, expected[i].where);
    EXPECT_EQ(log.steps[i].at, Time{} + expected[i].at);
    EXPECT_EQ(log.steps[i].packet, core::PacketId{net.a.id()} << 40 | 1);
    EXPECT_EQ(log.steps[i].datagram.size(), 100U);
  }
}

TEST(HostLoopback, ArrivesAtTheSameInstantInOrder) {
  TwoHosts net(ten_ms);
  PacketLog log(net.world);
  net.run_until(milliseconds(3));
  Mailbox to_itself;
  UdpSocket& socket = net.open(net.a, "10.0.0.1:6000", to_itself);
  socket.send(socket.local(), as_bytes("one"));
  socket.send(net.a_socket->local(), as_bytes("two"));
  socket.send(socket.local(), as_bytes("three"));
  EXPECT_TRUE(to_itself.letters.empty());  // not before the sender has returned
  net.run();
  ASSERT_EQ(to_itself.letters.size(), 2U);
  EXPECT_EQ(as_text(to_itself.letters[0].payload), "one");
  EXPECT_EQ(as_text(to_itself.letters[1].payload), "three");
  EXPECT_EQ(to_itself.letters[1].at, Time{} + milliseconds(3));
  ASSERT_EQ(net.at_a.letters.size(), 1U);
  EXPECT_EQ(net.at_a.letters[0].from, socket.local());
  EXPECT_TRUE(log.of(PacketStep::egress).empty());
  EXPECT_EQ(log.of(PacketStep::delivered).size(), 3U);
}

TEST(HostLoopback, FromAnyTheSourceIsTheDestination) {
  TwoHosts net(ten_ms);
  Testbed::add_address(*net.a.interfaces().front(), "10.0.0.9");
  Mailbox any;
  UdpSocket& socket = net.open(net.a, "0.0.0.0:6000", any);
  socket.send(endpoint("10.0.0.9:6000"), as_bytes("x"));
  net.run();
  ASSERT_EQ(any.letters.size(), 1U);
  EXPECT_EQ(any.letters[0].from, endpoint("10.0.0.9:6000"));
}

TEST(HostLoopback, NobodyListens) {
  TwoHosts net(ten_ms);
  net.a_socket->send(endpoint("10.0.0.1:9"), as_bytes("x"));
  net.run();
  EXPECT_EQ(net.drops(DropReason::no_socket), 1U);
}

// A host on two networks, each with a host of its own behind the link.
struct Multihomed : Testbed {
  Multihomed()
      : a(host("a", {"10.1.0.1", "2001:db8:1::1"})),
        one(host("one", {"10.1.0.2", "192.0.2.1"})),
        two(host("two", {"10.2.0.2", "192.0.2.1", "2001:db8:2::2"})) {
    Interface& second = a.add_interface();
    second.add_address(ip("10.2.0.1"), 24);
    second.add_address(ip("2001:db8:2::1"), 64);
    network.connect(*a.interfaces()[0], *one.interfaces().front(), ten_ms, ten_ms);
    network.connect(*a.interfaces()[1], *two.interfaces().front(), ten_ms, ten_ms);
    for (const char* local : {"0.0.0.0:7", "[::]:7"}) {
      open(one, local, at_one);
      open(two, local, at_two);
    }
  }

  Host& a;
  Host& one;
  Host& two;
  Mailbox at_a;
  Mailbox at_one;
  Mailbox at_two;
};

TEST(HostInterfaces, ABoundSocketSendsByItsAddress) {
  Multihomed net;
  net.open(net.a, "10.1.0.1:5000", net.at_a).send(endpoint("192.0.2.1:7"), as_bytes("x"));
  net.open(net.a, "10.2.0.1:5000", net.at_a).send(endpoint("192.0.2.1:7"), as_bytes("y"));
  // Even where the other interface has the destination on its link: the host there does not own it.
  net.open(net.a, "10.1.0.1:5001", net.at_a).send(endpoint("10.2.0.2:7"), as_bytes("z"));
  net.run();
  ASSERT_EQ(net.at_one.letters.size(), 1U);
  EXPECT_EQ(net.at_one.letters[0].from, endpoint("10.1.0.1:5000"));
  ASSERT_EQ(net.at_two.letters.size(), 1U);
  EXPECT_EQ(net.at_two.letters[0].from, endpoint("10.2.0.1:5000"));
  EXPECT_EQ(net.drops(DropReason::not_local), 1U);
}

TEST(HostInterfaces, AnySendsByTheLinkOfTheDestinationOrTheFirst) {
  Multihomed net;
  UdpSocket& v4 = net.open(net.a, "0.0.0.0:5000", net.at_a);
  UdpSocket& v6 = net.open(net.a, "[::]:5000", net.at_a);
  v4.send(endpoint("10.2.0.2:7"), as_bytes("on the second link"));
  v4.send(endpoint("192.0.2.1:7"), as_bytes("on none"));
  v6.send(endpoint("[2001:db8:2::2]:7"), as_bytes("on the second link"));
  net.run();
  ASSERT_EQ(net.at_two.letters.size(), 2U);
  EXPECT_EQ(net.at_two.letters[0].from, endpoint("10.2.0.1:5000"));
  EXPECT_EQ(net.at_two.letters[1].from, endpoint("[2001:db8:2::1]:5000"));
  ASSERT_EQ(net.at_one.letters.size(), 1U);
  EXPECT_EQ(net.at_one.letters[0].from, endpoint("10.1.0.1:5000"));
  EXPECT_EQ(*net.a.source_for(ip("10.2.0.9")), ip("10.2.0.1"));
  EXPECT_EQ(*net.a.source_for(ip("8.8.8.8")), ip("10.1.0.1"));
  EXPECT_EQ(*net.a.source_for(ip("2001:db8:9::1")), ip("2001:db8:1::1"));
}

TEST(HostInterfaces, AnyReceivesOnAllAddressesOfItsFamily) {
  Multihomed net;
  UdpSocket& any = net.open(net.a, "0.0.0.0:5000", net.at_a);
  for (const auto& socket : net.sockets) {
    if (&socket->host() == &net.a || !socket->local().address.is_v4()) continue;
    socket->send(
        &socket->host() == &net.one ? endpoint("10.1.0.1:5000") : endpoint("10.2.0.1:5000"),
        as_bytes("x"));
  }
  net.run();
  EXPECT_EQ(net.at_a.letters.size(), 2U);
  EXPECT_EQ(any.local(), endpoint("0.0.0.0:5000"));
}

TEST(HostInterfaces, WithoutAWayOutThereIsNoRoute) {
  Testbed net;
  Host& lonely = net.host("lonely", {"10.0.0.1"});  // its interface has no link
  Mailbox box;
  PacketLog log(net.world);
  net.open(lonely, "10.0.0.1:1", box).send(endpoint("10.0.0.2:2"), as_bytes("x"));
  net.open(lonely, "0.0.0.0:2", box).send(endpoint("10.0.0.2:2"), as_bytes("x"));
  net.run();
  EXPECT_EQ(net.drops(DropReason::no_route), 2U);
  EXPECT_EQ(lonely.source_for(ip("10.0.0.2")), nullptr);
  EXPECT_EQ(log.drops()[0].where, lonely.id());
}

TEST(HostInterfaces, ASocketReachesItsOwnFamilyOnly) {
  TwoHosts net(ten_ms);
  PacketLog log(net.world);
  Mailbox box;
  const auto attempt = [&](const char* local, const char* remote) {
    const auto socket = std::move(net.a.open_udp(endpoint(local), box).value());
    socket->send(endpoint(remote), as_bytes("x"));
    net.run();
  };
  attempt("10.0.0.1:1", "[2001:db8::2]:5000");
  attempt("0.0.0.0:1", "[2001:db8::2]:5000");
  attempt("10.0.0.1:1", "[2001:db8::1]:5000");  // its own
  attempt("[2001:db8::1]:1", "10.0.0.2:5000");
  attempt("[::]:1", "10.0.0.2:5000");
  attempt("[::]:1", "10.0.0.1:5000");
  EXPECT_EQ(net.drops(DropReason::no_route), 6U);
  for (const auto& drop : log.drops()) {
    const auto packet = parse_datagram(net.network.pool(), drop.datagram);
    ASSERT_NE(packet, nullptr);  // even a datagram that cannot leave is a whole one
    EXPECT_EQ(packet->destination, drop.destination);
    EXPECT_TRUE(checksums_right(*packet));
  }
}

TEST(Host, WhatClaimsToComeFromTheHostItselfDies) {
  TwoHosts net({.one_way_delay = milliseconds(1)});
  net.a.interfaces().front()->send(make_udp(net.network.pool(), endpoint("10.0.0.2:5000"),
                                            endpoint("10.0.0.2:5000"), as_bytes("land")));
  net.b_socket->send(endpoint("10.0.0.2:5000"), as_bytes("to myself"));
  net.run();
  EXPECT_EQ(net.drops(core::DropReason::land), 1U);
  EXPECT_EQ(net.at_b.letters.size(), 1U) << "what really does touches no link";
}

struct EchoBox : EchoReceiver {
  void receive_reply(const Packet& packet, const IcmpQuery& reply) override {
    told.push_back(to_string(packet.source.address) + " " + std::to_string(reply.sequence));
    payload = packet.payload().size();
  }
  void receive_echo_error(const Packet&, IcmpError error, const IcmpQuery& request) override {
    EXPECT_EQ(error, IcmpError::hop_limit_exceeded);
    told.push_back("hop limit " + std::to_string(request.sequence));
  }
  std::vector<std::string> told;
  std::size_t payload = 0;
};

TEST(Host, AnswersEchoRequestsOfEitherFamily) {
  TwoHosts net({.one_way_delay = milliseconds(1)});
  EchoBox first;
  EchoBox second;
  const auto one = net.a.open_echo(first);
  auto two = net.a.open_echo(second);
  EXPECT_NE(one->identifier(), two->identifier());
  one->send(ip("10.0.0.2"), 7, Bytes(40));
  two->send(ip("2001:db8::2"), 8, {});
  net.run();
  EXPECT_EQ(net.world.now(), Time{} + milliseconds(2));
  EXPECT_EQ(first.told, std::vector<std::string>{"10.0.0.2 7"});
  EXPECT_EQ(first.payload, 40U);
  EXPECT_EQ(second.told, std::vector<std::string>{"2001:db8::2 8"});
  two->send(ip("10.0.0.2"), 9, {});
  two.reset();
  net.run();
  EXPECT_EQ(net.drops(core::DropReason::no_socket), 1U) << "the reply to one who has gone";
}

TEST(Host, AnErrorAboutAnEchoRequestReachesItsProgram) {
  Testbed bed;
  auto& router = bed.network.add<Router>("router");
  Host& a = bed.host("a", {"10.0.1.1"});
  Host& b = bed.host("b", {"10.0.2.1"});
  bed.attach(a, router, {.one_way_delay = milliseconds(1)}, "10.0.1.254");
  bed.attach(b, router, {.one_way_delay = milliseconds(1)});
  EchoBox box;
  const auto socket = a.open_echo(box);
  socket->send(ip("10.0.2.1"), 3, {}, 1);
  bed.run();
  EXPECT_EQ(box.told, std::vector<std::string>{"hop limit 3"});
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
