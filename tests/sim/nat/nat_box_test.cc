// A NAT among hosts, links and routers.
#include "sim/nat/nat_box.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/nat/presets.h"
#include "tests/sim/nat/home_testbed.h"

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using core::MappingStep;
using core::PacketStep;
using net::endpoint;
using net::Host;
using net::IcmpError;
using net::Interface;
using net::ip;
using net::LinkOptions;
using net::Mailbox;
using net::PacketLog;
using net::PacketPtr;
using net::Router;
using net::UdpSocket;
using enum Dependence;

class MappingLog : public core::EventListener {
 public:
  explicit MappingLog(core::World& world) : world_(world) { world.events().add_listener(*this); }
  ~MappingLog() override { world_.events().remove_listener(*this); }
  MappingLog(const MappingLog&) = delete;  // the world refers to it
  MappingLog& operator=(const MappingLog&) = delete;
  void on_mapping(const core::MappingEvent& event) override { events.push_back(event); }

  std::vector<core::MappingEvent> events;

 private:
  core::World& world_;
};

const NatOptions full_cone = *find_preset("full-cone");
const NatOptions port_restricted = *find_preset("port-restricted");

TEST(NatBox, TranslatesThereAndBack) {
  Home net(port_restricted);
  net.at_server.then = [](UdpSocket& socket, const net::Packet& packet) {
    socket.send(packet.source, packet.payload());
  };
  net.send(*net.alice_socket, "203.0.113.10:3478");
  net.run_until(seconds(1));
  ASSERT_EQ(net.at_server.letters.size(), 1U);
  EXPECT_EQ(net.at_server.letters[0].at, Time{} + milliseconds(21));
  EXPECT_EQ(net.at_server.letters[0].from, endpoint("198.51.100.7:5000"));
  EXPECT_EQ(net.at_server.letters[0].hop_limit, net::default_hop_limit - 2);
  ASSERT_EQ(net.at_alice.letters.size(), 1U);
  EXPECT_EQ(net.at_alice.letters[0].at, Time{} + milliseconds(42));
  EXPECT_EQ(net.at_alice.letters[0].from, endpoint("203.0.113.10:3478"));
  EXPECT_EQ(net.at_alice.letters[0].hop_limit, net::default_hop_limit - 2);
}

// The walk of the README: one mapping, one reply, one refreshed timer.
TEST(NatBox, AMappingsStory) {
  net::Testbed bed;
  auto& internet = bed.network.add<Router>("internet");
  NatOptions options = port_restricted;
  options.port_range = {45000, 46000};
  auto& box = bed.network.add<NatBox>("nat", options);
  bed.add_address(box.outside_interface(), "211.45.10.2");
  bed.network.connect(box.outside_interface(), internet.add_interface(), wan, wan);
  Host& inside = bed.host("inside", {"192.168.1.5"});
  bed.network.connect(*inside.interfaces().front(), box.add_inside_interface(), lan, lan);
  Host& server = bed.host("server", {"8.8.8.8"});
  bed.attach(server, internet, wan);
  Mailbox at_inside;
  Mailbox at_server;
  at_server.then = [](UdpSocket& socket, const net::Packet& packet) {
    socket.send(packet.source, packet.payload());
  };
  UdpSocket& socket = bed.open(inside, "192.168.1.5:5000", at_inside);
  bed.open(server, "8.8.8.8:3478", at_server);
  PacketLog log(bed.world);
  socket.send(endpoint("8.8.8.8:3478"), as_bytes("binding"));
  bed.run_until(seconds(1));
  const auto all = box.mappings();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].internal, endpoint("192.168.1.5:5000"));
  EXPECT_EQ(all[0].external, endpoint("211.45.10.2:45000"));
  EXPECT_EQ(all[0].created, Time{} + milliseconds(1));
  EXPECT_EQ(all[0].refreshed, Time{} + milliseconds(41)) << "by the reply";
  EXPECT_EQ(all[0].expires, Time{} + milliseconds(60'041));
  const auto translated = log.of(PacketStep::translated);
  ASSERT_EQ(translated.size(), 2U);
  EXPECT_EQ(translated[0].source, endpoint("211.45.10.2:45000"));
  EXPECT_EQ(translated[1].destination, endpoint("192.168.1.5:5000"));
  EXPECT_EQ(translated[1].note, "mapping 192.168.1.5:5000 -> 211.45.10.2:45000; expires in 60s");
}

TEST(NatBox, InsideHostsTalkUntranslated) {
  Home net(port_restricted);
  net.send(*net.alice_socket, "192.168.1.6:6000");
  net.run_until(seconds(1));
  ASSERT_EQ(net.at_bob.letters.size(), 1U);
  EXPECT_EQ(net.at_bob.letters[0].from, endpoint("192.168.1.5:5000"));
  EXPECT_EQ(net.at_bob.letters[0].hop_limit, net::default_hop_limit - 1);
  EXPECT_TRUE(net.box.mappings().empty());
}

TEST(NatBox, UnsolicitedPacketsDieWithAReasonAndANote) {
  Home net(port_restricted);
  PacketLog log(net.world);
  net.send(*net.server_socket, "198.51.100.7:5000");
  net.run_until(seconds(1));
  net.send(*net.alice_socket, "203.0.113.10:9999");
  net.run_until(seconds(2));
  net.send(*net.server_socket, "198.51.100.7:5000");
  net.run_until(seconds(3));
  std::vector<std::string> notes;
  for (const auto& drop : log.drops()) {
    if (drop.where == net.box.id()) notes.push_back(drop.note);
  }
  EXPECT_EQ(notes, (std::vector<std::string>{
                       "no mapping has the external endpoint 198.51.100.7:5000",
                       "filter APDF of mapping 192.168.1.5:5000 -> 198.51.100.7:5000: "
                       "203.0.113.10:3478 was never sent to; it holds 203.0.113.10:9999"}));
  EXPECT_EQ(net.drops(DropReason::nat_no_mapping), 1U);
  EXPECT_EQ(net.drops(DropReason::nat_filtered_port), 1U);
}

TEST(NatBox, HairpinGoesBackInside) {
  Home net(full_cone);
  net.send(*net.alice_socket, "203.0.113.10:3478");
  net.send(*net.bob_socket, "203.0.113.10:3478");
  net.run_until(seconds(1));
  net.send(*net.alice_socket, "198.51.100.7:6000");
  net.run_until(seconds(2));
  ASSERT_EQ(net.at_bob.letters.size(), 1U);
  EXPECT_EQ(net.at_bob.letters[0].from, endpoint("198.51.100.7:5000"));
  EXPECT_EQ(net.at_bob.letters[0].hop_limit, net::default_hop_limit - 1);
  EXPECT_EQ(net.at_bob.letters[0].at, Time{} + milliseconds(1002));
}

TEST(NatBox, HairpinOffIsADrop) {
  Home net(port_restricted);
  net.send(*net.alice_socket, "198.51.100.7:6000");
  net.run_until(seconds(1));
  EXPECT_EQ(net.drops(DropReason::nat_hairpin_off), 1U);
}

TEST(NatBox, ExpiryIsToldAtItsInstant) {
  Home net(port_restricted);
  MappingLog log(net.world);
  net.send(*net.alice_socket, "203.0.113.10:3478");
  net.run_until(seconds(30));
  net.send(*net.alice_socket, "203.0.113.10:3478");
  net.run();
  ASSERT_EQ(log.events.size(), 2U);
  EXPECT_EQ(log.events[0].step, MappingStep::created);
  EXPECT_EQ(log.events[0].at, Time{} + milliseconds(1));
  EXPECT_EQ(log.events[0].nat, net.box.id());
  EXPECT_EQ(log.events[1].step, MappingStep::expired);
  EXPECT_EQ(log.events[1].at, Time{} + milliseconds(90'001));
  EXPECT_EQ(net.world.now(), Time{} + milliseconds(90'001)) << "nothing is left to do";
}

// A packet that arrives at the very instant of the expiry is too late.
TEST(NatBox, IdleForTheTimeoutIsTooLong) {
  Home net(full_cone);
  net.send(*net.alice_socket, "203.0.113.10:3478");  // at the NAT at 1 ms
  net.run_until(milliseconds(60'001 - 20));
  net.send(*net.server_socket, "198.51.100.7:5000");  // there after 20 ms
  net.run();
  EXPECT_TRUE(net.at_alice.letters.empty());
  EXPECT_EQ(net.drops(DropReason::nat_mapping_expired), 1U);
}

TEST(NatBox, HopLimitRunsOutBeforeTheTranslation) {
  Home net(full_cone);
  net.send_with_hop_limit(net.alice, "192.168.1.5:5000", "203.0.113.10:3478", 1);
  net.run_until(seconds(1));
  EXPECT_EQ(net.drops(DropReason::ttl_expired), 1U);
  EXPECT_TRUE(net.box.mappings().empty());
  ASSERT_EQ(net.at_alice.failures.size(), 1U);
  EXPECT_EQ(net.at_alice.failures[0].error, IcmpError::hop_limit_exceeded);
  EXPECT_EQ(net.at_alice.failures[0].remote, endpoint("203.0.113.10:3478"));

  net.send(*net.alice_socket, "203.0.113.10:3478");
  net.run_until(seconds(2));
  // Two at the server, one behind the router, none behind the NAT.
  net.send_with_hop_limit(net.server, "203.0.113.10:3478", "198.51.100.7:5000", 2);
  net.run_until(seconds(3));
  ASSERT_EQ(net.at_server.failures.size(), 1U);
  EXPECT_EQ(net.at_server.failures[0].error, IcmpError::hop_limit_exceeded);
  EXPECT_EQ(net.at_server.failures[0].remote, endpoint("198.51.100.7:5000"));
}

TEST(NatBox, ErrorsFromBeyondReachTheInsideSocket) {
  Home net(port_restricted);
  net.add_address(net.box.outside_interface().peer(), "198.51.100.254");
  net.send(*net.alice_socket, "203.0.113.10:9");  // no socket there
  net.send(*net.alice_socket, "203.0.113.99:1");  // no such host
  net.run_until(seconds(1));
  ASSERT_EQ(net.at_alice.failures.size(), 2U);
  EXPECT_EQ(net.at_alice.failures[0].error, IcmpError::no_route);
  EXPECT_EQ(net.at_alice.failures[0].remote, endpoint("203.0.113.99:1"));
  EXPECT_EQ(net.at_alice.failures[1].error, IcmpError::port_unreachable);
  EXPECT_EQ(net.at_alice.failures[1].remote, endpoint("203.0.113.10:9"));
}

TEST(NatBox, ErrorsFromInsideReachTheOutsideSocket) {
  Home net(full_cone);
  net.send(*net.alice_socket, "203.0.113.10:3478");
  net.run_until(seconds(1));
  net.sockets.erase(net.sockets.begin());  // alice's program ends
  net.send(*net.server_socket, "198.51.100.7:5000");
  net.run_until(seconds(2));
  ASSERT_EQ(net.at_server.failures.size(), 1U);
  EXPECT_EQ(net.at_server.failures[0].error, IcmpError::port_unreachable);
  EXPECT_EQ(net.at_server.failures[0].remote, endpoint("198.51.100.7:5000"));
}

TEST(NatBox, TooBigForTheLinkInsideIsToldOutside) {
  Home net(full_cone);
  LinkOptions narrow = lan;
  narrow.mtu = 600;
  net.alice.interfaces().front()->peer().link().set_options(narrow);
  net.send(*net.alice_socket, "203.0.113.10:3478");
  net.send(*net.bob_socket, "203.0.113.10:3478");
  net.run_until(seconds(1));
  net.server_socket->send(endpoint("198.51.100.7:5000"), Bytes(1000, 1));
  net.bob_socket->send(endpoint("198.51.100.7:5000"), Bytes(1000, 1));
  net.run_until(seconds(2));
  EXPECT_EQ(net.drops(DropReason::too_big), 2U);
  for (const Mailbox* const sender : {&net.at_server, &net.at_bob}) {
    ASSERT_EQ(sender->failures.size(), 1U);
    EXPECT_EQ(sender->failures[0].error, IcmpError::too_big);
    EXPECT_EQ(sender->failures[0].remote, endpoint("198.51.100.7:5000"));
  }
}

TEST(NatBox, TooBigForTheOutsideIsToldInside) {
  Home net(full_cone);
  LinkOptions narrow = wan;
  narrow.mtu = 600;
  net.box.outside_interface().link().set_options(narrow);
  net.alice_socket->send(endpoint("203.0.113.10:3478"), Bytes(1000, 1));
  net.run_until(seconds(1));
  ASSERT_EQ(net.at_alice.failures.size(), 1U);
  EXPECT_EQ(net.at_alice.failures[0].error, IcmpError::too_big);
  EXPECT_TRUE(net.box.mappings().empty());
}

TEST(NatBox, ARefusedMappingIsAnsweredAsProhibited) {
  NatOptions options = full_cone;
  options.max_mappings = 1;
  Home net(options);
  MappingLog log(net.world);
  net.send(*net.bob_socket, "203.0.113.10:3478");
  net.run_until(milliseconds(500));
  net.send(*net.alice_socket, "203.0.113.10:3478");
  net.run_until(seconds(1));
  EXPECT_EQ(net.drops(DropReason::nat_table_full), 1U);
  ASSERT_EQ(log.events.size(), 2U);
  EXPECT_EQ(log.events[1].step, MappingStep::refused);
  ASSERT_EQ(net.at_alice.failures.size(), 1U);
  EXPECT_EQ(net.at_alice.failures[0].error, IcmpError::admin_prohibited);
}

TEST(NatBox, WhatIsForNobodyHasAReason) {
  Home net(full_cone);
  net.send(*net.alice_socket, "192.168.1.77:1");  // on the inside link, but not there
  net.send(*net.alice_socket, "192.168.1.1:53");  // the box itself
  net.run_until(seconds(1));
  EXPECT_EQ(net.drops(DropReason::no_route), 1U);
  EXPECT_EQ(net.drops(DropReason::no_socket), 1U);
  ASSERT_EQ(net.at_alice.failures.size(), 1U);
  EXPECT_EQ(net.at_alice.failures[0].error, IcmpError::host_unreachable);
  EXPECT_TRUE(net.box.mappings().empty());
  net.internet.interfaces().front()->send(net::make_udp(
      net.network.pool(), endpoint("203.0.113.10:1"), endpoint("192.168.1.5:5000"), {}));
  net.run_until(seconds(2));
  EXPECT_EQ(net.drops(DropReason::not_local), 1U);
}

TEST(NatBox, FlushForgets) {
  Home net(full_cone);
  net.send(*net.alice_socket, "203.0.113.10:3478");
  net.run_until(seconds(1));
  MappingLog log(net.world);
  net.box.flush();
  ASSERT_EQ(log.events.size(), 1U);
  EXPECT_EQ(log.events[0].step, MappingStep::evicted);
  EXPECT_EQ(log.events[0].reason, DropReason::nat_flushed);
  net.send(*net.server_socket, "198.51.100.7:5000");
  net.run();
  EXPECT_EQ(net.drops(DropReason::nat_flushed), 1U);
}

// A home behind a carrier's NAT behaves as the stricter of the two, and is seen at the outermost.
TEST(NatBox, NatsNest) {
  for (const auto& [inner, outer] :
       {std::pair{"full-cone", "symmetric"}, std::pair{"symmetric", "full-cone"},
        std::pair{"full-cone", "full-cone"}}) {
    SCOPED_TRACE(std::string(inner) + " behind " + outer);
    net::Testbed bed;
    auto& internet = bed.network.add<Router>("internet");
    auto& carrier = bed.network.add<NatBox>("carrier", *find_preset(outer));
    bed.add_address(carrier.outside_interface(), "198.51.100.1");
    bed.network.connect(carrier.outside_interface(), internet.add_interface(), wan, wan);
    auto& home = bed.network.add<NatBox>("home", *find_preset(inner));
    home.outside_interface().add_address(ip("100.64.0.2"), 10);
    Interface& port = carrier.add_inside_interface();
    port.add_address(ip("100.64.0.1"), 10);
    bed.network.connect(home.outside_interface(), port, lan, lan);
    Host& alice = bed.host("alice", {"192.168.1.5"});
    bed.network.connect(*alice.interfaces().front(), home.add_inside_interface(), lan, lan);
    Host& server = bed.host("server", {"203.0.113.10"});
    bed.attach(server, internet, wan);
    Mailbox at_alice;
    Mailbox at_server;
    Mailbox at_other;
    UdpSocket& socket = bed.open(alice, "192.168.1.5:5000", at_alice);
    UdpSocket& first = bed.open(server, "203.0.113.10:3478", at_server);
    UdpSocket& second = bed.open(server, "203.0.113.10:3479", at_other);
    socket.send(first.local(), as_bytes("1"));
    bed.run_until(seconds(1));
    ASSERT_EQ(at_server.letters.size(), 1U);
    const Endpoint seen = at_server.letters[0].from;
    EXPECT_EQ(seen.address, ip("198.51.100.1"));
    first.send(seen, as_bytes("2"));
    bed.run_until(seconds(2));
    EXPECT_EQ(at_alice.letters.size(), 1U);
    second.send(seen, as_bytes("3"));
    bed.run_until(seconds(3));
    const bool open_to_all = std::string_view(inner) == outer;
    EXPECT_EQ(at_alice.letters.size(), open_to_all ? 2U : 1U);
    socket.send(second.local(), as_bytes("4"));
    bed.run_until(seconds(4));
    ASSERT_EQ(at_other.letters.size(), 1U);
    EXPECT_EQ(at_other.letters[0].from == seen, open_to_all);
  }
}

TEST(NatBox, ListeningChangesNothing) {
  std::vector<std::uint64_t> digests;
  for (const bool listened : {false, true}) {
    Home net(*find_preset("symmetric"));
    std::optional<PacketLog> log;
    if (listened) log.emplace(net.world);
    net.send(*net.alice_socket, "203.0.113.10:3478");
    net.send(*net.server_socket, "198.51.100.7:5000");
    net.send(*net.bob_socket, "198.51.100.7:5000");
    net.run();
    digests.push_back(net.world.events().digest());
  }
  EXPECT_EQ(digests[0], digests[1]);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
