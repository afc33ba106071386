// NAT64 (RFC 6146) and 464XLAT (RFC 6877) among hosts, links and routers.
#include <gtest/gtest.h>

#include "sim/nat/clat_box.h"
#include "sim/nat/nat_box.h"
#include "sim/nat/presets.h"
#include "sim/net/icmp_query.h"
#include "stack/base/embedded_address.h"
#include "tests/sim/net/testbed.h"

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using net::endpoint;
using net::Host;
using net::Interface;
using net::ip;
using net::LinkOptions;
using net::Mailbox;
using net::Router;
using net::UdpSocket;

constexpr LinkOptions access_link = {.one_way_delay = milliseconds(1)};
constexpr LinkOptions wan = {.one_way_delay = milliseconds(10)};

NatOptions plat() {
  NatOptions options = *find_preset("port-restricted");
  options.port_allocation = PortAllocation::sequential;
  options.port_range = {4000, 5000};
  return options;
}

// A phone with IPv6 alone, a NAT64 at 198.51.100.7, and a server with IPv4 alone.
struct Carrier : net::Testbed {
  explicit Carrier(const NatOptions& options = plat())
      : internet(network.add<Router>("internet")),
        box(network.add<NatBox>("nat64", options, well_known_nat64_prefix)),
        phone(host("phone", {"fd64::2"})),
        server(host("server", {"203.0.113.10"})) {
    add_address(box.outside_interface(), "198.51.100.7");
    network.connect(box.outside_interface(), internet.add_interface(), wan, wan);
    attach(server, internet, wan, "203.0.113.1");
    Interface& port = box.add_inside_interface();
    port.add_address(ip("fd64::1"), 64);
    network.connect(*phone.interfaces().front(), port, access_link, access_link);
    phone_socket = &open(phone, "[fd64::2]:5000", at_phone);
    server_socket = &open(server, "203.0.113.10:3478", at_server);
  }
  void send(std::string_view to, std::size_t size = 5) {
    phone_socket->send(endpoint(to), Bytes(size, 7));
  }

  Router& internet;
  NatBox& box;
  Host& phone;
  Host& server;
  Mailbox at_phone;
  Mailbox at_server;
  UdpSocket* phone_socket;
  UdpSocket* server_socket;
};

TEST(Nat64, TranslatesThereAndBack) {
  Carrier net;
  net.at_server.then = [](UdpSocket& socket, const net::Packet& packet) {
    socket.send(packet.source, packet.payload());
  };
  net.send("[64:ff9b::203.0.113.10]:3478");
  net.run_until(seconds(1));
  ASSERT_EQ(net.at_server.letters.size(), 1U);
  EXPECT_EQ(net.at_server.letters[0].at, Time{} + milliseconds(21));
  EXPECT_EQ(net.at_server.letters[0].from, endpoint("198.51.100.7:4000"));
  EXPECT_EQ(net.at_server.letters[0].hop_limit, net::default_hop_limit - 2);
  ASSERT_EQ(net.at_phone.letters.size(), 1U);
  EXPECT_EQ(net.at_phone.letters[0].at, Time{} + milliseconds(42));
  EXPECT_EQ(net.at_phone.letters[0].from, endpoint("[64:ff9b::203.0.113.10]:3478"));
  EXPECT_EQ(net.at_phone.letters[0].hop_limit, net::default_hop_limit - 2);
  const auto mappings = net.box.mappings();
  ASSERT_EQ(mappings.size(), 1U);
  EXPECT_EQ(mappings[0].internal, endpoint("[fd64::2]:5000"));
  EXPECT_EQ(mappings[0].external, endpoint("198.51.100.7:4000"));
  ASSERT_EQ(mappings[0].filter.size(), 1U);
  EXPECT_EQ(mappings[0].filter[0], endpoint("203.0.113.10:3478"));
}

TEST(Nat64, FiltersAsItsOptionsSay) {
  Carrier net;
  net.send("[64:ff9b::203.0.113.10]:9");
  net.run_until(milliseconds(100));
  net.server_socket->send(endpoint("198.51.100.7:4000"), as_bytes("from 3478"));
  net.run_until(seconds(1));
  EXPECT_TRUE(net.at_phone.letters.empty());
  EXPECT_EQ(net.drops(DropReason::nat_filtered_port), 1U);
  net.server_socket->send(endpoint("198.51.100.7:4001"), as_bytes("to nobody"));
  net.run_until(seconds(2));
  EXPECT_EQ(net.drops(DropReason::nat_no_mapping), 1U);
}

TEST(Nat64, IsTheWayToItsPrefixAlone) {
  Carrier net;
  net.send("[2001:db8::9]:9");
  net.run_until(seconds(1));
  EXPECT_EQ(net.drops(DropReason::no_route), 1U);
  ASSERT_EQ(net.at_phone.failures.size(), 1U);
  EXPECT_EQ(net.at_phone.failures[0].error, net::IcmpError::no_route);
}

TEST(Nat64, BringsErrorsFromOutside) {
  Carrier net;
  net.send("[64:ff9b::203.0.113.10]:9");  // nobody listens there
  net.run_until(seconds(1));
  ASSERT_EQ(net.at_phone.failures.size(), 1U);
  EXPECT_EQ(net.at_phone.failures[0].error, net::IcmpError::port_unreachable);
  EXPECT_EQ(net.at_phone.failures[0].remote, endpoint("[64:ff9b::203.0.113.10]:9"));
  EXPECT_EQ(net.at_phone.failures[0].at, Time{} + milliseconds(42));
}

TEST(Nat64, AnswersInTheOutsidesFamily) {
  NatOptions options = plat();
  options.unsolicited = Unsolicited::port_unreachable;
  Carrier net(options);
  net.server_socket->send(endpoint("198.51.100.7:4000"), as_bytes("hello"));
  net.run_until(seconds(1));
  ASSERT_EQ(net.at_server.failures.size(), 1U);
  EXPECT_EQ(net.at_server.failures[0].error, net::IcmpError::port_unreachable);
}

TEST(Nat64, TurnsPacketsBackInside) {
  NatOptions options = plat();
  options.filtering = Dependence::endpoint_independent;
  options.hairpin = Hairpin::external_source;
  Carrier net(options);
  Mailbox at_other;
  UdpSocket& other = net.open(net.phone, "[fd64::2]:6000", at_other);
  net.send("[64:ff9b::203.0.113.10]:3478");
  net.run_until(milliseconds(100));
  other.send(endpoint("[64:ff9b::198.51.100.7]:4000"), as_bytes("neighbour"));
  net.run_until(seconds(1));
  ASSERT_EQ(net.at_phone.letters.size(), 1U);
  EXPECT_EQ(net.at_phone.letters[0].from, endpoint("[64:ff9b::198.51.100.7]:4001"));
}

// A packet of the outside's MTU is 20 bytes larger inside.
TEST(Nat64, TellsTheMtuOfItsOwnSide) {
  Carrier net;
  LinkOptions narrow = wan;
  narrow.mtu = 1400;
  net.box.outside_interface().link().set_options(narrow);
  net.send("[64:ff9b::203.0.113.10]:3478", 1420 - 48);
  net.send("[64:ff9b::203.0.113.10]:3478", 1421 - 48);
  net.run_until(seconds(1));
  EXPECT_EQ(net.at_server.letters.size(), 1U);
  ASSERT_EQ(net.at_phone.failures.size(), 1U);
  EXPECT_EQ(net.at_phone.failures[0].error, net::IcmpError::too_big);
}

// RFC 7915 §4: what IPv4 lets be cut arrives in fragments of 1280 bytes.
TEST(Nat64, CutsWhatMayBeCut) {
  Carrier net;
  net::PacketLog log(net.world);
  net.send("[64:ff9b::203.0.113.10]:3478");
  net.run_until(milliseconds(100));
  net.server_socket->set_dont_fragment(false);
  net.server_socket->send(endpoint("198.51.100.7:4000"), Bytes(1400, 1));
  net.run_until(seconds(1));
  ASSERT_EQ(net.at_phone.letters.size(), 1U);
  EXPECT_EQ(net.at_phone.letters[0].payload.size(), 1400U);
  EXPECT_EQ(log.of(core::PacketStep::impaired).size(), 1U);
}

// Later fragments, which have no ports, go the way of the first, in either direction.
TEST(Nat64, TranslatesFragments) {
  Carrier net;
  net.phone_socket->set_dont_fragment(false);
  net.server_socket->set_dont_fragment(false);
  net.at_server.then = [](UdpSocket& socket, const net::Packet& packet) {
    socket.send(packet.source, packet.payload());
  };
  net.send("[64:ff9b::203.0.113.10]:3478", 3000);
  net.run_until(seconds(1));
  ASSERT_EQ(net.at_server.letters.size(), 1U);
  EXPECT_EQ(net.at_server.letters[0].payload, Bytes(3000, 7));
  EXPECT_EQ(net.at_server.letters[0].from, endpoint("198.51.100.7:4000"));
  ASSERT_EQ(net.at_phone.letters.size(), 1U);
  EXPECT_EQ(net.at_phone.letters[0].payload, Bytes(3000, 7));
  EXPECT_EQ(net.at_phone.letters[0].from, endpoint("[64:ff9b::203.0.113.10]:3478"));
}

// A phone's IPv4 program: CLAT and NAT64 in a row.
struct Xlat : Carrier {
  Xlat()
      : Carrier(plat()),
        clat(network.add<ClatBox>("clat",
                                  ClatOptions{.own = Prefix::parse("fd64:0:0:1::/96").value(),
                                              .plat = well_known_nat64_prefix})),
        inside(host("inside", {"192.168.1.2"})) {
    add_address(clat.outside_interface(), "fd64::9");
    network.connect(clat.outside_interface(), box.add_inside_interface(), access_link, access_link);
    Interface& port = clat.add_interface();
    port.add_address(ip("192.168.1.1"), 24);
    network.connect(*inside.interfaces().front(), port, access_link, access_link);
    inside_socket = &open(inside, "192.168.1.2:5000", at_inside);
    at_server.then = [](UdpSocket& socket, const net::Packet& packet) {
      socket.send(packet.source, packet.payload());
    };
  }

  ClatBox& clat;
  Host& inside;
  Mailbox at_inside;
  UdpSocket* inside_socket;
};

TEST(Clat, AnIpv4ProgramReachesIpv4OverIpv6) {
  Xlat net;
  net.inside_socket->send(endpoint("203.0.113.10:3478"), as_bytes("hello"));
  net.run_until(seconds(1));
  ASSERT_EQ(net.at_server.letters.size(), 1U);
  EXPECT_EQ(net.at_server.letters[0].from, endpoint("198.51.100.7:4000"));
  EXPECT_EQ(net.at_server.letters[0].hop_limit, net::default_hop_limit - 3);
  ASSERT_EQ(net.at_inside.letters.size(), 1U);
  EXPECT_EQ(net.at_inside.letters[0].from, endpoint("203.0.113.10:3478"));
  EXPECT_EQ(net.at_inside.letters[0].at, Time{} + milliseconds(44));
  // The NAT64 sees the host's address in the CLAT's prefix.
  EXPECT_EQ(net.box.mappings().at(0).internal, endpoint("[fd64:0:0:1::192.168.1.2]:5000"));
}

TEST(Clat, BringsErrorsBack) {
  Xlat net;
  net.inside_socket->send(endpoint("203.0.113.10:9"), as_bytes("hello"));
  net.run_until(seconds(1));
  ASSERT_EQ(net.at_inside.failures.size(), 1U);
  EXPECT_EQ(net.at_inside.failures[0].error, net::IcmpError::port_unreachable);
  EXPECT_EQ(net.at_inside.failures[0].remote, endpoint("203.0.113.10:9"));
}

TEST(Clat, TellsTheMtuThatIpv6Leaves) {
  Xlat net;
  net.inside_socket->send(endpoint("203.0.113.10:3478"), Bytes(1480 - 28, 1));
  net.inside_socket->send(endpoint("203.0.113.10:3478"), Bytes(1481 - 28, 1));
  net.run_until(seconds(1));
  EXPECT_EQ(net.at_inside.letters.size(), 1U);
  ASSERT_EQ(net.at_inside.failures.size(), 1U);
  EXPECT_EQ(net.at_inside.failures[0].error, net::IcmpError::too_big);
}

TEST(Clat, WhatIsNotForItsPrefixIsNotItsOwn) {
  Xlat net;
  net.send("[fd64::9]:9");
  net.send("[fd64:0:0:1::192.168.1.77]:9");
  net.run_until(seconds(1));
  EXPECT_EQ(net.drops(DropReason::no_socket), 1U);
  EXPECT_EQ(net.drops(DropReason::no_route), 1U);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
