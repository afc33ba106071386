// DS-Lite (RFC 6333): customers with the same IPv4 addresses behind one AFTR.
#include <algorithm>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "sim/nat/b4_box.h"
#include "sim/nat/nat_box.h"
#include "sim/nat/presets.h"
#include "sim/net/encapsulation.h"
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

constexpr LinkOptions lan = {.one_way_delay = milliseconds(1)};
constexpr LinkOptions access_link = {.one_way_delay = milliseconds(2)};
constexpr LinkOptions wan = {.one_way_delay = milliseconds(10)};

NatOptions carrier_options() {
  NatOptions options = *find_preset("port-restricted");
  options.port_allocation = PortAllocation::sequential;
  options.port_range = {4000, 5000};
  return options;
}

// A customer: a B4 with one host, 192.168.1.2 in every one of them.
struct Customer {
  Customer(net::Testbed& bed, NatBox& aftr, const std::string& name, std::string_view address)
      : b4(bed.network.add<B4Box>(name, ip("fd64::1"))),
        host(bed.host(name + "-host", {"192.168.1.2"})) {
    net::Testbed::add_address(b4.outside_interface(), address);
    aftr_port = &aftr.add_inside_interface();
    aftr_port->add_address(ip("fd64::1"), 64);
    bed.network.connect(b4.outside_interface(), *aftr_port, access_link, access_link);
    Interface& port = b4.add_interface();
    port.add_address(ip("192.168.1.1"), 24);
    bed.network.connect(*host.interfaces().front(), port, lan, lan);
    socket = &bed.open(host, "192.168.1.2:5000", mailbox);
  }

  B4Box& b4;
  Host& host;
  Interface* aftr_port;
  Mailbox mailbox;
  UdpSocket* socket;
};

struct DsLiteNet : net::Testbed {
  explicit DsLiteNet(const NatOptions& options = carrier_options())
      : internet(network.add<Router>("internet")),
        aftr(network.add<NatBox>("aftr", options, std::nullopt, ip("fd64::1"))),
        server(host("server", {"203.0.113.10"})) {
    add_address(aftr.outside_interface(), "198.51.100.7");
    network.connect(aftr.outside_interface(), internet.add_interface(), wan, wan);
    attach(server, internet, wan, "203.0.113.1");
    a = std::make_unique<Customer>(*this, aftr, "a", "fd64::a");
    b = std::make_unique<Customer>(*this, aftr, "b", "fd64::b");
    server_socket = &open(server, "203.0.113.10:3478", at_server);
  }
  void echo() {
    at_server.then = [](UdpSocket& socket, const net::Packet& packet) {
      socket.send(packet.source, packet.payload());
    };
  }

  Router& internet;
  NatBox& aftr;
  Host& server;
  std::unique_ptr<Customer> a;
  std::unique_ptr<Customer> b;
  Mailbox at_server;
  UdpSocket* server_socket;
};

TEST(DsLite, TwoCustomersMayHaveOneAddress) {
  DsLiteNet net;
  net.echo();
  net.a->socket->send(endpoint("203.0.113.10:3478"), as_bytes("from a"));
  net.run_until(milliseconds(5));
  net.b->socket->send(endpoint("203.0.113.10:3478"), as_bytes("from b"));
  net.run_until(seconds(1));
  ASSERT_EQ(net.at_server.letters.size(), 2U);
  // 1 ms to the B4, 2 ms to the AFTR, 10 ms to the router and 10 ms to the server.
  EXPECT_EQ(net.at_server.letters[0].at, Time{} + milliseconds(23));
  EXPECT_EQ(net.at_server.letters[0].from, endpoint("198.51.100.7:4000"));
  EXPECT_EQ(net.at_server.letters[1].from, endpoint("198.51.100.7:4001"));
  // The B4, the AFTR and the router: the softwire is one hop.
  EXPECT_EQ(net.at_server.letters[0].hop_limit, net::default_hop_limit - 3);
  ASSERT_EQ(net.a->mailbox.letters.size(), 1U);
  ASSERT_EQ(net.b->mailbox.letters.size(), 1U);
  const auto payload = as_bytes("from a");
  EXPECT_EQ(net.a->mailbox.letters[0].payload, Bytes(payload.begin(), payload.end()));
  EXPECT_EQ(net.a->mailbox.letters[0].at, Time{} + milliseconds(46));
  EXPECT_EQ(net.a->mailbox.letters[0].hop_limit, net::default_hop_limit - 3);
  EXPECT_EQ(net.a->mailbox.letters[0].from, endpoint("203.0.113.10:3478"));
  const auto mappings = net.aftr.mappings();
  ASSERT_EQ(mappings.size(), 2U);
  EXPECT_EQ(mappings[0].internal, endpoint("192.168.1.2:5000"));
  EXPECT_EQ(mappings[1].internal, endpoint("192.168.1.2:5000"));
  EXPECT_EQ(mappings[0].softwire, ip("fd64::a"));
  EXPECT_EQ(mappings[1].softwire, ip("fd64::b"));
}

// Between B4 and AFTR there are real bytes: an IPv6 header before the host's own datagram, of which
// the hop limit and with it the checksum have changed by one.
TEST(DsLite, CarriesTheDatagramAsItIs) {
  DsLiteNet net;
  net::PacketLog log(net.world);
  net.a->socket->send(endpoint("203.0.113.10:3478"), as_bytes("hello"));
  net.run_until(seconds(1));
  const auto steps = log.of(core::PacketStep::translated);
  ASSERT_EQ(steps.size(), 3U);  // into the softwire, out of it, and by the table
  EXPECT_EQ(steps[0].note, "into the softwire to fd64::1");
  EXPECT_EQ(steps[0].source, endpoint("[fd64::a]:0"));
  EXPECT_EQ(steps[0].datagram.size(), 40U + 33U);
  EXPECT_EQ(steps[1].note, "out of the softwire from fd64::a");
  EXPECT_EQ(steps[1].datagram, Bytes(steps[0].datagram.begin() + 40, steps[0].datagram.end()));
  EXPECT_EQ(steps[1].datagram[net::field::ipv4_ttl], net::default_hop_limit - 1);
  EXPECT_EQ(steps[2].note.find("mapping 192.168.1.2:5000 of fd64::a -> 198.51.100.7:4000"), 0U)
      << steps[2].note;
  const auto delivered = log.of(core::PacketStep::delivered);
  ASSERT_EQ(delivered.size(), 1U);
  const auto parsed = net::parse_datagram(net.network.pool(), delivered[0].datagram);
  EXPECT_TRUE(net::checksums_right(*parsed));
}

// No step of any packet shows what stands for a host in the table.
TEST(DsLite, ShowsNoAliases) {
  NatOptions options = carrier_options();
  options.hairpin = Hairpin::external_source;
  options.max_mappings_per_host = 2;
  DsLiteNet net(options);
  net::PacketLog log(net.world);
  net.echo();
  for (const std::string_view to : {"203.0.113.10:3478", "203.0.113.10:9", "198.51.100.7:4999"}) {
    net.a->socket->send(endpoint(to), as_bytes("hello"));
  }
  Mailbox unused;
  for (const std::string_view from : {"192.168.1.2:6000", "192.168.1.2:6001"}) {
    net.open(net.a->host, from, unused).send(endpoint("203.0.113.10:3478"), as_bytes("more"));
  }
  net.run_until(seconds(1));
  EXPECT_EQ(net.drops(DropReason::nat_host_limit), 1U);
  const IpAddress low = IpAddress::v4(1, 0, 0, 0);
  for (const auto& step : log.steps) {
    for (const IpAddress& address : {step.source.address, step.destination.address}) {
      EXPECT_TRUE(!address.is_v4() || address.to_v4() >= low.to_v4()) << to_string(address);
    }
    EXPECT_EQ(step.note.find(" 0."), std::string::npos) << step.note;
  }
}

TEST(DsLite, SharesAreTheCustomers) {
  NatOptions options = carrier_options();
  options.max_udp_mappings_per_host = 2;
  DsLiteNet net(options);
  // A second host behind the first customer's B4 counts with the first one.
  Host& second = net.host("second", {"192.168.1.3"});
  Interface& port = net.a->b4.add_interface();
  port.add_address(ip("192.168.1.1"), 24);
  net.network.connect(*second.interfaces().front(), port, lan, lan);
  Mailbox unused;
  const auto to = endpoint("203.0.113.10:3478");
  net.a->socket->send(to, as_bytes("1"));
  net.open(second, "192.168.1.3:1000", unused).send(to, as_bytes("2"));
  net.run_until(milliseconds(100));
  net.open(second, "192.168.1.3:1001", unused).send(to, as_bytes("3"));
  net.b->socket->send(to, as_bytes("4"));
  net.run_until(seconds(1));
  EXPECT_EQ(net.at_server.letters.size(), 3U);
  EXPECT_EQ(net.drops(DropReason::nat_host_limit), 1U);
}

TEST(DsLite, BlocksOfPortsAreTheCustomers) {
  NatOptions options = carrier_options();
  options.port_allocation = PortAllocation::random;
  options.port_blocks = PortBlocks::dynamic;
  options.port_block_size = 4;
  options.port_blocks_per_host = 1;
  DsLiteNet net(options);
  Mailbox unused;
  const auto to = endpoint("203.0.113.10:3478");
  for (std::uint16_t port = 1000; port < 1005; ++port) {
    net.open(net.a->host, "192.168.1.2:" + std::to_string(port), unused).send(to, as_bytes("x"));
  }
  net.b->socket->send(to, as_bytes("y"));
  net.run_until(seconds(1));
  EXPECT_EQ(net.at_server.letters.size(), 5U);
  EXPECT_EQ(net.drops(DropReason::nat_block_exhausted), 1U);
}

TEST(DsLite, BringsErrorsFromOutside) {
  DsLiteNet net;
  net.a->socket->send(endpoint("203.0.113.10:9"), as_bytes("hello"));
  net.run_until(seconds(1));
  ASSERT_EQ(net.a->mailbox.failures.size(), 1U);
  EXPECT_EQ(net.a->mailbox.failures[0].error, net::IcmpError::port_unreachable);
  EXPECT_EQ(net.a->mailbox.failures[0].remote, endpoint("203.0.113.10:9"));
  EXPECT_EQ(net.a->mailbox.failures[0].at, Time{} + milliseconds(46));
  EXPECT_TRUE(net.b->mailbox.failures.empty());
}

// The customer's host, which listens no more, tells the server through its mapping.
TEST(DsLite, BringsErrorsFromInside) {
  DsLiteNet net;
  Mailbox unused;
  net.a->host.open_udp(endpoint("192.168.1.2:7000"), unused)
      .value()
      ->send(endpoint("203.0.113.10:3478"), as_bytes("hello"));
  net.run_until(milliseconds(100));
  ASSERT_EQ(net.at_server.letters.size(), 1U);
  net.server_socket->send(net.at_server.letters[0].from, as_bytes("too late"));
  net.run_until(seconds(1));
  ASSERT_EQ(net.at_server.failures.size(), 1U);
  EXPECT_EQ(net.at_server.failures[0].error, net::IcmpError::port_unreachable);
  EXPECT_EQ(net.at_server.failures[0].remote, endpoint("198.51.100.7:4000"));
}

// The AFTR's own errors come from 192.0.0.1, through the softwire.
TEST(DsLite, TheAftrTellsOfHopsAndMtu) {
  DsLiteNet net;
  net::PacketLog log(net.world);
  LinkOptions narrow = wan;
  narrow.mtu = 1400;
  net.aftr.outside_interface().link().set_options(narrow);
  net.a->socket->send(endpoint("203.0.113.10:3478"), Bytes(1400 - 28, 1));
  net.a->socket->send(endpoint("203.0.113.10:3478"), Bytes(1401 - 28, 1));
  net.run_until(seconds(1));
  EXPECT_EQ(net.at_server.letters.size(), 1U);
  ASSERT_EQ(net.a->mailbox.failures.size(), 1U);
  EXPECT_EQ(net.a->mailbox.failures[0].error, net::IcmpError::too_big);
  const auto made = log.of(core::PacketStep::created);
  EXPECT_TRUE(std::any_of(made.begin(), made.end(), [](const auto& step) {
    return step.source.address == aftr_ipv4 && step.destination.address == net::ip("192.168.1.2");
  }));
}

// RFC 6333 §5.3: 1500 bytes of IPv4 make 1540 of IPv6, which are cut for 1500 although the host set
// DF, in both directions, and put together before they are unpacked.
TEST(DsLite, CutsBehindTheEncapsulation) {
  DsLiteNet net;
  net.echo();
  net::PacketLog log(net.world);
  net.a->socket->send(endpoint("203.0.113.10:3478"), Bytes(1460 - 28, 1));
  net.run_until(milliseconds(500));
  EXPECT_TRUE(log.of(core::PacketStep::impaired).empty());
  EXPECT_EQ(net.a->mailbox.letters.size(), 1U);
  net.a->socket->send(endpoint("203.0.113.10:3478"), Bytes(1461 - 28, 2));
  net.run_until(seconds(1));
  const auto cut = log.of(core::PacketStep::impaired);
  ASSERT_EQ(cut.size(), 2U);
  EXPECT_EQ(cut[0].note, "cut into 2 fragments for an MTU of 1500");
  ASSERT_EQ(net.a->mailbox.letters.size(), 2U);
  EXPECT_EQ(net.a->mailbox.letters[1].payload, Bytes(1461 - 28, 2));
}

// RFC 2473 §6.7: a router on the way to the AFTR tells the B4, which cuts from then on.
TEST(DsLite, LearnsThePathsMtu) {
  DsLiteNet net;
  Router& access = net.network.add<Router>("access");
  LinkOptions narrow = access_link;
  narrow.mtu = 1400;
  Interface& up = access.add_interface();
  net::Testbed::add_address(up, "fd64:9::1");
  Interface& port = net.aftr.add_inside_interface();
  port.add_address(ip("fd64::1"), 64);
  net.network.connect(up, port, narrow, access_link);
  B4Box& b4 = net.network.add<B4Box>("c", ip("fd64::1"));
  net::Testbed::add_address(b4.outside_interface(), "fd64::c");
  Interface& down = access.add_interface();
  net::Testbed::add_address(down, "fd64:9::2");
  net.network.connect(b4.outside_interface(), down, access_link, access_link);
  Host& host = net.host("c-host", {"192.168.1.2"});
  Interface& inside = b4.add_interface();
  inside.add_address(ip("192.168.1.1"), 24);
  net.network.connect(*host.interfaces().front(), inside, lan, lan);
  Mailbox unused;
  UdpSocket& socket = net.open(host, "192.168.1.2:5000", unused);
  // 1361 bytes of IPv4 make 1401 of IPv6.
  socket.send(endpoint("203.0.113.10:3478"), Bytes(1361 - 28, 1));
  net.run_until(milliseconds(500));
  EXPECT_EQ(net.drops(DropReason::too_big), 1U);
  EXPECT_TRUE(net.at_server.letters.empty());
  socket.send(endpoint("203.0.113.10:3478"), Bytes(1361 - 28, 2));
  net.run_until(seconds(1));
  EXPECT_EQ(net.drops(DropReason::too_big), 1U);
  ASSERT_EQ(net.at_server.letters.size(), 1U);
  EXPECT_EQ(net.at_server.letters[0].payload, Bytes(1361 - 28, 2));
}

// A fragment that is lost takes the datagram with it, when the time for it is over.
TEST(DsLite, GivesUpWhatIsNeverWhole) {
  DsLiteNet net;
  net::PacketPool& pool = net.network.pool();
  const auto inner =
      net::make_udp(pool, endpoint("192.168.1.2:5000"), endpoint("203.0.113.10:3478"), Bytes(99));
  const auto outer = net::encapsulate(pool, *inner, ip("fd64::a"), ip("fd64::1"));
  auto pieces = net::cut_at_source(pool, *outer, 100, 1);
  ASSERT_GE(pieces.size(), 2U);
  net.a->b4.outside_interface().send(std::move(pieces[0]));
  net.run_until(milliseconds(2) + seconds(30) - Duration{1});
  EXPECT_EQ(net.drops(DropReason::fragment_timeout), 0U);
  net.run_until(milliseconds(2) + seconds(30));
  EXPECT_EQ(net.drops(DropReason::fragment_timeout), 1U);
}

// A customer who writes another's address into the outer header gets none of that one's mappings.
TEST(DsLite, DropsWhatComesByAnotherWay) {
  DsLiteNet net;
  net::PacketPool& pool = net.network.pool();
  const auto inner = net::make_udp(pool, endpoint("192.168.1.2:5000"),
                                   endpoint("203.0.113.10:3478"), as_bytes("forged"));
  net.b->b4.outside_interface().send(net::encapsulate(pool, *inner, ip("fd64::a"), ip("fd64::1")));
  net.run_until(seconds(1));
  EXPECT_EQ(net.drops(DropReason::softwire_spoofed), 1U);
  EXPECT_TRUE(net.aftr.mappings().empty());
}

TEST(DsLite, TheB4HearsTheAftrAlone) {
  DsLiteNet net;
  net::PacketPool& pool = net.network.pool();
  const auto inner = net::make_udp(pool, endpoint("203.0.113.10:3478"),
                                   endpoint("192.168.1.2:5000"), as_bytes("forged"));
  net.b->b4.outside_interface().send(net::encapsulate(pool, *inner, ip("fd64::b"), ip("fd64::a")));
  net.run_until(seconds(1));
  EXPECT_EQ(net.drops(DropReason::no_socket), 1U);
  EXPECT_TRUE(net.a->mailbox.letters.empty());
}

TEST(DsLite, UnpacksNothingThatIsNoIpv4) {
  DsLiteNet net;
  net::PacketPool& pool = net.network.pool();
  const auto inner = net::make_udp(pool, endpoint("192.168.1.2:5000"),
                                   endpoint("203.0.113.10:3478"), as_bytes("hello"));
  auto outer = net::encapsulate(pool, *inner, ip("fd64::a"), ip("fd64::1"));
  outer->data()[40] = 0x65;
  net.a->b4.outside_interface().send(std::move(outer));
  net.run_until(seconds(1));
  EXPECT_EQ(net.drops(DropReason::malformed), 1U);
}

// Later fragments of the host's own go the way of the first, which alone has ports.
TEST(DsLite, TranslatesFragmentsOfItsHosts) {
  DsLiteNet net;
  net.echo();
  net.a->socket->set_dont_fragment(false);
  net.server_socket->set_dont_fragment(false);
  net.a->socket->send(endpoint("203.0.113.10:3478"), Bytes(3000, 7));
  net.run_until(seconds(1));
  ASSERT_EQ(net.at_server.letters.size(), 1U);
  EXPECT_EQ(net.at_server.letters[0].payload, Bytes(3000, 7));
  ASSERT_EQ(net.a->mailbox.letters.size(), 1U);
  EXPECT_EQ(net.a->mailbox.letters[0].payload, Bytes(3000, 7));
}

TEST(DsLite, TurnsPacketsBackToTheOtherCustomer) {
  for (const Hairpin hairpin : {Hairpin::off, Hairpin::external_source}) {
    NatOptions options = carrier_options();
    options.filtering = Dependence::endpoint_independent;
    options.hairpin = hairpin;
    DsLiteNet net(options);
    net.a->socket->send(endpoint("203.0.113.10:3478"), as_bytes("hello"));
    net.run_until(milliseconds(100));
    net.b->socket->send(endpoint("198.51.100.7:4000"), as_bytes("neighbour"));
    net.run_until(seconds(1));
    const bool on = hairpin == Hairpin::external_source;
    ASSERT_EQ(net.a->mailbox.letters.size(), on ? 1U : 0U);
    EXPECT_EQ(net.drops(DropReason::nat_hairpin_off), on ? 0U : 1U);
    if (!on) continue;
    EXPECT_EQ(net.a->mailbox.letters[0].from, endpoint("198.51.100.7:4001"));
    // 1 + 2 ms to the AFTR, and as long back inside.
    EXPECT_EQ(net.a->mailbox.letters[0].at, Time{} + milliseconds(106));
  }
}

TEST(DsLite, ForgetsAllWithItsState) {
  DsLiteNet net;
  net.a->socket->send(endpoint("203.0.113.10:3478"), as_bytes("hello"));
  net.run_until(milliseconds(100));
  net.aftr.reboot({});
  net.server_socket->send(endpoint("198.51.100.7:4000"), as_bytes("late"));
  net.run_until(milliseconds(200));
  net.b->socket->send(endpoint("203.0.113.10:3478"), as_bytes("hello"));
  net.run_until(seconds(1));
  EXPECT_EQ(net.drops(DropReason::nat_rebooted), 1U);
  ASSERT_EQ(net.aftr.mappings().size(), 1U);
  EXPECT_EQ(net.aftr.mappings()[0].softwire, ip("fd64::b"));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
