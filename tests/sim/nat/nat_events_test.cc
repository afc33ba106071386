// What befalls a NAT as a whole.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/nat/nat_box.h"
#include "sim/nat/presets.h"
#include "tests/sim/net/testbed.h"

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using core::MappingStep;
using net::endpoint;
using net::ip;

// Keeps what happens to a NAT, in words.
class Story : public core::EventListener {
 public:
  explicit Story(core::World& world) : world_(world) { world.events().add_listener(*this); }
  ~Story() override { world_.events().remove_listener(*this); }
  Story(const Story&) = delete;  // the world refers to it
  Story& operator=(const Story&) = delete;

  void on_agent(const core::AgentEvent& event) override {
    told.emplace_back(event.kind);
    for (const core::Field& field : event.fields) {
      if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
        told.back() += " " + std::string(field.name) + "=" + std::to_string(*number);
      }
    }
  }
  void on_mapping(const core::MappingEvent& event) override {
    told.push_back((event.step == MappingStep::created ? "created " : "gone ") +
                   std::to_string(event.mapping) + " " + to_string(event.external) + " " +
                   std::string(core::name(event.reason)));
  }

  std::vector<std::string> told;

 private:
  core::World& world_;
};

// alice (192.168.1.5) behind a NAT (198.51.100.7), and a server (203.0.113.10).
struct Bed : net::Testbed {
  explicit Bed(const NatOptions& options)
      : internet(network.add<net::Router>("internet")),
        box(network.add<NatBox>("home", options)),
        alice(host("alice", {"192.168.1.5"})),
        server(host("server", {"203.0.113.10"})),
        story(world) {
    const net::LinkOptions link{.one_way_delay = milliseconds(1)};
    add_address(box.outside_interface(), "198.51.100.7");
    network.connect(box.outside_interface(), internet.add_interface(), link, link);
    attach(server, internet, link);
    net::Interface& port = box.add_inside_interface();
    port.add_address(ip("192.168.1.1"), 24);
    network.connect(*alice.interfaces().front(), port, link, link);
    alice_socket = &open(alice, "192.168.1.5:5000", at_alice);
    server_socket = &open(server, "203.0.113.10:3478", at_server);
  }
  // One packet each way; the source that the server sees.
  Endpoint call() {
    const std::size_t before = at_server.letters.size();
    alice_socket->send(endpoint("203.0.113.10:3478"), as_bytes("call"));
    run_until(world.now() - Time{} + seconds(1));
    return at_server.letters.size() > before ? at_server.letters.back().from : Endpoint{};
  }
  void answer(std::string_view to) {
    server_socket->send(endpoint(to), as_bytes("answer"));
    run_until(world.now() - Time{} + seconds(1));
  }

  net::Router& internet;
  NatBox& box;
  net::Host& alice;
  net::Host& server;
  Story story;
  net::Mailbox at_alice;
  net::Mailbox at_server;
  net::UdpSocket* alice_socket;
  net::UdpSocket* server_socket;
};

const NatOptions full_cone = *find_preset("full-cone");

TEST(NatEvents, FlushTakesTheMappings) {
  Bed bed(full_cone);
  ASSERT_EQ(bed.call(), endpoint("198.51.100.7:5000"));
  bed.box.flush();
  EXPECT_EQ(bed.story.told,
            (std::vector<std::string>{"created 1 198.51.100.7:5000 none", "nat.flushed mappings=1",
                                      "gone 1 198.51.100.7:5000 nat_flushed"}));
  net::PacketLog log(bed.world);
  bed.answer("198.51.100.7:5000");
  ASSERT_EQ(log.drops().size(), 1U);
  EXPECT_EQ(log.drops()[0].reason, DropReason::nat_flushed);
  EXPECT_EQ(log.drops()[0].note, "the mapping of 192.168.1.5:5000 went 2ms earlier")
      << "server, internet, home: two links of 1 ms, flushed at 1 s";
  bed.answer("198.51.100.7:5001");
  EXPECT_EQ(log.drops()[1].reason, DropReason::nat_no_mapping) << "nobody ever had it";
  EXPECT_EQ(bed.call(), endpoint("198.51.100.7:5000"));
  bed.answer("198.51.100.7:5000");
  EXPECT_EQ(bed.at_alice.letters.size(), 1U);
}

TEST(NatEvents, ARebootTakesTime) {
  Bed bed(full_cone);
  bed.call();
  bed.box.reboot(seconds(30));
  EXPECT_EQ(bed.story.told.at(1), "nat.rebooted mappings=1");
  EXPECT_EQ(bed.story.told.at(2), "gone 1 198.51.100.7:5000 nat_rebooted");
  EXPECT_FALSE(bed.call().is_set());
  EXPECT_EQ(bed.drops(DropReason::nat_rebooted), 1U);
  // Down from 1 s to 31 s: what arrives 1 ms after it was sent gets through just then.
  bed.run_until(seconds(31) - milliseconds(1) - nanoseconds(1));
  bed.alice_socket->send(endpoint("203.0.113.10:3478"), as_bytes("early"));
  bed.run_until(seconds(31) - milliseconds(1));
  bed.alice_socket->send(endpoint("203.0.113.10:3478"), as_bytes("call"));
  bed.run_until(seconds(32));
  EXPECT_EQ(bed.drops(DropReason::nat_rebooted), 2U);
  EXPECT_EQ(bed.at_server.letters.size(), 2U);
  EXPECT_EQ(bed.story.told.back(), "created 2 198.51.100.7:5000 none") << "numbered on";
}

TEST(NatEvents, AfterARebootTheOldEndpointIsDead) {
  Bed bed(full_cone);
  bed.call();
  bed.box.reboot();
  bed.answer("198.51.100.7:5000");
  EXPECT_EQ(bed.drops(DropReason::nat_rebooted), 1U);
}

TEST(NatEvents, SequentialPortsBeginAnewAfterAReboot) {
  NatOptions options = full_cone;
  options.port_allocation = PortAllocation::sequential;
  Bed bed(options);
  EXPECT_EQ(bed.call().port, 1024);
  bed.box.flush();
  EXPECT_EQ(bed.call().port, 1025);
  bed.box.reboot();
  EXPECT_EQ(bed.call().port, 1024);
}

TEST(NatEvents, RandomPortsDifferAfterAReboot) {
  NatOptions options = full_cone;
  options.port_allocation = PortAllocation::random;
  Bed bed(options);
  const Endpoint first = bed.call();
  bed.box.reboot();
  EXPECT_NE(bed.call(), first);
}

TEST(NatEvents, RenumberingMovesAllMappings) {
  Bed bed(full_cone);
  bed.call();
  bed.box.renumber(ip("198.51.100.9"), 32);
  EXPECT_EQ(bed.story.told.at(1), "nat.renumbered mappings=1");
  EXPECT_EQ(bed.story.told.at(2), "gone 1 198.51.100.7:5000 nat_renumbered");
  EXPECT_EQ(bed.box.outside_interface().addresses(), std::vector{ip("198.51.100.9")});
  EXPECT_EQ(bed.call(), endpoint("198.51.100.9:5000"));
  bed.answer("198.51.100.9:5000");
  EXPECT_EQ(bed.at_alice.letters.size(), 1U);
  bed.answer("198.51.100.7:5000");
  EXPECT_EQ(bed.drops(DropReason::no_route), 1U) << "nobody leads there any more";
}

// A packet that is on the way to the old address when it goes.
TEST(NatEvents, WhatIsOnItsWayToTheOldAddressIsDropped) {
  Bed bed(full_cone);
  bed.call();
  bed.server_socket->send(endpoint("198.51.100.7:5000"), as_bytes("late"));
  bed.run_until(seconds(1) + microseconds(1500));  // on the second of its two links
  bed.box.renumber(ip("198.51.100.9"), 32);
  bed.run_until(seconds(2));
  EXPECT_EQ(bed.drops(DropReason::nat_renumbered), 1U);
}

TEST(NatEvents, AnotherModeFromNowOn) {
  NatOptions options = full_cone;
  Bed bed(options);
  bed.call();
  options.filtering = Dependence::address_and_port_dependent;
  options.port_range = {6000, 6009};
  bed.box.reconfigure(options);
  EXPECT_EQ(bed.story.told.at(1), "nat.reconfigured mappings=1");
  bed.answer("198.51.100.7:5000");
  EXPECT_EQ(bed.drops(DropReason::nat_reconfigured), 1U);
  EXPECT_EQ(bed.call(), endpoint("198.51.100.7:6000"));
  EXPECT_EQ(bed.box.options().filtering, Dependence::address_and_port_dependent);
}

TEST(NatEvents, ANatWithoutMappingsTellsAsMuch) {
  Bed bed(full_cone);
  bed.box.flush();
  EXPECT_EQ(bed.story.told, std::vector<std::string>{"nat.flushed mappings=0"});
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
