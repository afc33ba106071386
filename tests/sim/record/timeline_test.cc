#include "sim/record/timeline.h"

#include <initializer_list>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/net/link.h"
#include "sim/record/ladder.h"
#include "tests/sim/record/two_homes.h"

namespace natsim::record {
namespace NATSIM_TEST_FILE {

using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> names_of(const std::vector<const net::Node*>& nodes) {
  std::vector<std::string> names;
  for (const net::Node* node : nodes) names.push_back(node->name());
  return names;
}

TEST(Ladder, DrawsArrowsAndMarksBetweenItsLanes) {
  const Ladder ladder({"a", "nat", "b"});
  using Shaft = Ladder::Shaft;
  // A lane each 12 columns, the first in the middle of its own twelve.
  EXPECT_EQ(ladder.plain(), "      │           │           │     ");
  EXPECT_EQ(ladder.arrow(0, 1, Shaft::solid), "      ├──────────▶│           │     ");
  EXPECT_EQ(ladder.arrow(2, 0, Shaft::dashed), "      │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤     ");
  EXPECT_EQ(ladder.lost_arrow(1, 2), "      │           ├────✗      │     ");
  EXPECT_EQ(ladder.lost_arrow(1, 0), "      │      ✗────┤           │     ");
  EXPECT_EQ(ladder.lost_arrow(2, 1), "      │           │      ✗────┤     ");
  EXPECT_EQ(ladder.mark(1, "◆"), "      │           ◆           │     ");
}

TEST(Ladder, MakesRoomForLongNamesWithinReason) {
  EXPECT_EQ(Ladder({"a-name-of-14-c"}).header().size(), 16U);
  EXPECT_EQ(Ladder({"a-name-that-is-longer-than-all", "b"}).header().size(), 32U);
}

TEST(LaneOrder, PutsTheServersBetweenThePeers) {
  const TwoHomes homes(*nat::find_preset("symmetric"), *nat::find_preset("symmetric"));
  EXPECT_THAT(names_of(lane_order(homes.network)),
              ElementsAre("alice", "alice.nat", "server", "bob.nat", "bob"));
}

TEST(LaneOrder, HostsBehindOneNatStandTogether) {
  TwoHomes homes(*nat::find_preset("symmetric"), *nat::find_preset("symmetric"));
  net::Host& carol = homes.network.add<net::Host>("carol");
  homes.network.connect(carol.add_interface(), homes.alice_nat->add_inside_interface(), {}, {});
  EXPECT_THAT(names_of(lane_order(homes.network)),
              ElementsAre("alice", "carol", "alice.nat", "server", "bob.nat", "bob"));
}

TEST(LaneOrder, NestedNatsGoFromInsideToOutside) {
  core::World world(1);
  net::Network network(world);
  auto& cgn = network.add<nat::NatBox>("cgn", nat::NatOptions());
  auto& home = network.add<nat::NatBox>("home", nat::NatOptions());
  auto& a = network.add<net::Host>("a");
  network.connect(home.outside_interface(), cgn.add_inside_interface(), {}, {});
  network.connect(a.add_interface(), home.add_inside_interface(), {}, {});
  network.add<net::Host>("server");
  EXPECT_THAT(names_of(lane_order(network)), ElementsAre("a", "home", "cgn", "server"));
}

struct Nobody : net::DatagramReceiver {
  void receive(net::UdpSocket& /*socket*/, const net::Packet& /*packet*/) override {}
};

class TimelineOfHomes : public testing::Test {
 protected:
  void begin(TimelineOptions options = {}) {
    timeline = std::make_unique<Timeline>(homes.network, out, options);
    homes.world.events().add_listener(*timeline);
  }
  // One datagram of alice's from port 5000.
  void send(const Endpoint& to, std::string_view data = "data") {
    const auto socket =
        std::move(homes.alice->open_udp({IpAddress::v4(192, 168, 1, 5), 5000}, nobody).value());
    socket->send(to, as_bytes(data));
    homes.run_until(homes.world.now() + seconds(1));
  }

  TwoHomes homes{*nat::find_preset("port-restricted"), *nat::find_preset("port-restricted")};
  Nobody nobody;
  std::ostringstream out;
  std::unique_ptr<Timeline> timeline;
};

TEST_F(TimelineOfHomes, APacketIsAnArrowForEachHopAndANatTellsWhatItDoes) {
  begin();
  send({TwoHomes::stun_address.address, 9});
  const std::vector<std::string> lines = lines_of(out.str());
  ASSERT_THAT(lines, SizeIs(9));
  EXPECT_EQ(lines[0], "        time    alice     alice.nat     server     bob.nat       bob     ");
  EXPECT_EQ(lines[1],
            "   0.001000s       ├──────────▶│           │           │           │      "
            "data, 4 bytes  192.168.1.5:5000 → 203.0.113.10:9");
  EXPECT_EQ(lines[2],
            "   0.001000s       │           +           │           │           │      "
            "mapping 1 made: 192.168.1.5:5000 <-> 198.51.100.7:5000, towards 203.0.113.10:9, "
            "expires when idle for 60s");
  EXPECT_EQ(lines[3],
            "   0.001000s       │           ◆           │           │           │      "
            "from 192.168.1.5:5000 → 198.51.100.7:5000");
  EXPECT_EQ(lines[4],
            "   0.021000s       │           ├──────────▶│           │           │      "
            "data, 4 bytes  198.51.100.7:5000 → 203.0.113.10:9");
  EXPECT_EQ(lines[5],
            "   0.021000s       │           │           ✗           │           │      "
            "dropped by server, no_socket: no socket is bound to the destination port");
  // The ICMP error finds its way back through the NAT.
  EXPECT_THAT(lines[6], EndsWith("ICMP port unreachable, about 198.51.100.7:5000 -> "
                                 "203.0.113.10:9  203.0.113.10 → 198.51.100.7"));
  EXPECT_THAT(lines[7], EndsWith("to 198.51.100.7 → 192.168.1.5"));
}

TEST_F(TimelineOfHomes, AMappingThatWasAskedForIsForNoRemote) {
  begin();
  homes.alice_nat->add_static_mapping({.internal = {IpAddress::v4(192, 168, 1, 5), 5000},
                                       .external_port = 7000,
                                       .until = homes.world.now() + seconds(600)});
  EXPECT_THAT(out.str(), HasSubstr("mapping 1 made as it was asked for: 192.168.1.5:5000 <-> "
                                   "198.51.100.7:7000, for 600s"));
}

TEST_F(TimelineOfHomes, ALostPacketIsAnArrowThatEndsInACross) {
  begin();
  net::Link& line = homes.alice_nat->outside_interface().link();
  net::LinkOptions options = line.options();
  options.loss = 1;
  line.set_options(options);
  send(TwoHomes::stun_address);
  EXPECT_EQ(lines_of(out.str()).back(),
            "   0.011000s       │           ├────✗      │           │           │      "
            "data, 4 bytes  198.51.100.7:5000 → 203.0.113.10:3478 dropped by the link from "
            "alice.nat to internet, random_loss: lost on the link");
}

TEST_F(TimelineOfHomes, APacketToItselfIsAMark) {
  begin();
  send({IpAddress::v4(192, 168, 1, 5), 5000});
  EXPECT_EQ(lines_of(out.str()).back(),
            "   0.000000s       ●           │           │           │           │      "
            "data, 4 bytes  192.168.1.5:5000 → 192.168.1.5:5000, to itself");
}

TEST_F(TimelineOfHomes, ACallTellsItsStory) {
  begin();
  homes.start_call();
  homes.run_until(Time{} + seconds(5));
  ASSERT_EQ(homes.call->state(), agents::CallState::connected);
  const std::vector<std::string> lines = lines_of(out.str());
  EXPECT_THAT(lines, Contains(EndsWith("STUN Binding success, you are 198.51.100.7:5000  "
                                       "203.0.113.10:3478 → 198.51.100.7:5000")));
  EXPECT_THAT(lines, Contains(EndsWith("srflx candidate 198.51.100.7:5000")));
  EXPECT_THAT(lines, Contains(HasSubstr("├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│      "
                                        "signalled candidate: ")));
  EXPECT_THAT(lines, Contains(EndsWith("ICE check  198.51.100.7:5000 → 198.51.100.8:5000")));
  EXPECT_THAT(lines, Contains(HasSubstr("selects pair ")));
  EXPECT_THAT(lines, Contains(HasSubstr("ICE connected")));
}

TEST_F(TimelineOfHomes, ColoursAreForTerminals) {
  begin({.colour = true});
  send({TwoHomes::stun_address.address, 9});
  const std::vector<std::string> lines = lines_of(out.str());
  EXPECT_THAT(lines[3], StartsWith("\x1b[36m"));
  EXPECT_THAT(lines[3], EndsWith("\x1b[0m"));
  EXPECT_THAT(lines[5], StartsWith("\x1b[31m"));
  EXPECT_THAT(lines[1], Not(HasSubstr("\x1b")));
}

TEST_F(TimelineOfHomes, LongTextsAreWrappedBesideTheLadder) {
  begin({.width = 130});
  send({TwoHomes::stun_address.address, 9});
  const std::vector<std::string> lines = lines_of(out.str());
  // 12 of time, a blank, 60 of ladder, a blank: 56 columns are left.
  EXPECT_EQ(lines[2],
            "   0.001000s       │           +           │           │           │      "
            "mapping 1 made: 192.168.1.5:5000 <-> 198.51.100.7:5000,");
  EXPECT_EQ(lines[3],
            "                   │           │           │           │           │      "
            "towards 203.0.113.10:9, expires when idle for 60s");
}

TEST_F(TimelineOfHomes, NarrowTerminalsGetReadableTextsAllTheSame) {
  begin({.width = 60});
  send({TwoHomes::stun_address.address, 9});
  EXPECT_EQ(lines_of(out.str())[2],
            "                   │           │           │           │           │      "
            "203.0.113.10:9");
}

TEST_F(TimelineOfHomes, ManyNodesAreToldInWords) {
  for (const char* name : {"c", "d", "e"}) homes.network.add<net::Host>(name);
  begin();
  send(TwoHomes::stun_address);
  const std::vector<std::string> lines = lines_of(out.str());
  EXPECT_EQ(lines[0],
            "   0.001000s alice → alice.nat: data, 4 bytes  192.168.1.5:5000 → 203.0.113.10:3478");
  EXPECT_EQ(lines[2], "   0.001000s alice.nat: from 192.168.1.5:5000 → 198.51.100.7:5000");
}

TEST_F(TimelineOfHomes, ANodeThatComesLaterIsNamed) {
  begin();
  send(TwoHomes::stun_address);
  const auto& late = homes.network.add<net::Host>("late");
  homes.world.events().emit(Time{}, late.id(), "ice.state", {{"state", std::string_view("new")}});
  EXPECT_THAT(lines_of(out.str()).back(), EndsWith("│      late: ICE new"));
}

TEST_F(TimelineOfHomes, AScenarioMaySpeakBeforeThereAreNodes) {
  core::World world(1);
  net::Network network(world);
  Timeline listener(network, out);
  world.events().add_listener(listener);
  const core::Named script(world, "scenario");
  const auto log = [&](std::string_view text) {
    world.events().emit(Time{}, script.id(), "scenario.log", {{"text", text}});
  };
  log("before");
  const auto& a = network.add<net::Host>("a");
  world.events().emit(Time{}, a.id(), "ice.state", {{"state", std::string_view("new")}});
  log("after");
  EXPECT_THAT(lines_of(out.str()),
              ElementsAre("   0.000000s  before",       //
                          "        time      a      ",  //
                          "   0.000000s       ●      ICE new", "   0.000000s       │      after"));
}

TEST_F(TimelineOfHomes, AnEventOfNoKnownKindIsListed) {
  begin();
  homes.world.events().emit(Time{}, homes.alice->id(), "probe.done",
                            {{"server", TwoHomes::turn_address}, {"took", seconds(600)}});
  EXPECT_THAT(lines_of(out.str()).back(),
              EndsWith("probe done: server 203.0.113.10:3479, took 600s"));
}

TEST_F(TimelineOfHomes, ATextOfSeveralLinesStaysBesideTheLadder) {
  begin();
  homes.world.events().emit(Time{}, homes.alice->id(), "scenario.log",
                            {{"text", std::string_view("one\ntwo")}});
  homes.world.events().emit(Time{}, homes.alice->id(), "scenario.failed",
                            {{"message", std::string_view("no such luck")}});
  EXPECT_THAT(lines_of(out.str()), ElementsAre("   0.000000s alice: one", "              two",
                                               "   0.000000s alice: FAILED: no such luck"));
}

TEST_F(TimelineOfHomes, ASentenceLeavesOutItsPartWithoutAField) {
  begin();
  homes.world.events().emit(
      Time{}, homes.server->id(), "turn.permission",
      {{"relay", TwoHomes::turn_address}, {"peer", Endpoint{IpAddress::v4(192, 0, 2, 1), 0}}});
  EXPECT_THAT(lines_of(out.str()).back(), EndsWith("lets 192.0.2.1 through at 203.0.113.10:3479"));
  homes.world.events().emit(Time{}, homes.alice->id(), "ice.state",
                            {{"state", std::string_view("failed")}});
  EXPECT_THAT(lines_of(out.str()).back(), EndsWith("ICE failed"));
  homes.world.events().emit(
      Time{}, homes.alice->id(), "ice.state",
      {{"state", std::string_view("failed")}, {"reason", std::string_view("all pairs failed")}});
  EXPECT_THAT(lines_of(out.str()).back(), EndsWith("ICE failed (all pairs failed)"));
}

TEST_F(TimelineOfHomes, ListeningChangesNothing) {
  const auto digest = [](bool listen) {
    TwoHomes world(*nat::find_preset("symmetric"), *nat::find_preset("restricted"));
    std::ostringstream text;
    Timeline listener(world.network, text);
    if (listen) world.world.events().add_listener(listener);
    world.start_call();
    world.run_until(Time{} + seconds(10));
    return world.world.events().digest();
  };
  EXPECT_EQ(digest(true), digest(false));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::record
