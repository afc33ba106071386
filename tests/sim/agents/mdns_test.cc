// Host candidates by names: who can resolve them, and what becomes of those that nobody can.
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/agents/call.h"
#include "sim/agents/stun_server.h"
#include "sim/nat/nat_box.h"
#include "sim/nat/presets.h"
#include "sim/net/host.h"
#include "sim/net/link.h"
#include "sim/net/network.h"
#include "sim/net/router.h"

namespace natsim::agents {
namespace NATSIM_TEST_FILE {

const Endpoint stun_address{IpAddress::v4(203, 0, 113, 10), 3478};

//   anna 192.168.1.2 ---+                       server 203.0.113.10
//   ben  192.168.1.3 ---+-- nat 198.51.100.7 ----- internet
//   the box's own programs -+
// A LAN takes 1 ms, a line to the Internet 10 ms, each way.
struct House : private core::EventListener {
  House() {
    nat.outside_interface().add_address(IpAddress::v4(198, 51, 100, 7), 24);
    connect(nat.outside_interface(), internet.add_interface(), milliseconds(10));
    nat.set_multicast(true);
    attach(server, stun_address.address, internet, milliseconds(10));
    attach(anna, IpAddress::v4(192, 168, 1, 2), nat, milliseconds(1));
    attach(ben, IpAddress::v4(192, 168, 1, 3), nat, milliseconds(1));
    stun = std::move(StunServer::start(server, {.primary = stun_address}).value());
    annas = std::move(MdnsResponder::start(anna).value());
    bens = std::move(MdnsResponder::start(ben).value());
    for (IcePeerOptions* peer : {&options.caller, &options.callee}) {
      peer->stun_servers = {stun_address};
      peer->ice.mdns = ice::Mdns::gather;
    }
    options.caller.responder = annas.get();
    options.callee.responder = bens.get();
    options.signalling = SignallingOptions{.one_way_delay = milliseconds(50)};
    world.events().add_listener(*this);
  }

  void connect(net::Interface& a, net::Interface& b, Duration delay) {
    network.connect(a, b, {.one_way_delay = delay}, {.one_way_delay = delay});
  }
  void attach(net::Host& host, const IpAddress& address, net::Node& to, Duration delay) {
    net::Interface& own = host.add_interface();
    own.add_address(address, 24);
    net::Interface& other = to.add_interface();
    if (&to == &nat) other.add_address(IpAddress::v4(192, 168, 1, 1), 24);
    connect(own, other, delay);
  }
  void run(Duration span) {
    call = std::move(Call::start(anna, ben, options).value());
    world.scheduler().run_until(Time{} + span);
  }
  void on_agent(const core::AgentEvent& event) override {
    if (event.kind != "ice.signal_ignored") return;
    for (const core::Field& field : event.fields) {
      if (field.name != "reason") continue;
      ignored.emplace_back(event.at, std::get<std::string_view>(field.value));
    }
  }
  [[nodiscard]] std::string name_told_to(const IcePeer& peer) const {
    return peer.machine().remote_candidates().at(0).host_name;
  }

  core::World world{1};
  net::Network network{world};
  net::Router& internet{network.add<net::Router>("internet")};
  nat::NatBox& nat{network.add<nat::NatBox>("nat", *nat::find_preset("port-restricted"))};
  net::Host& server{network.add<net::Host>("server")};
  net::Host& anna{network.add<net::Host>("anna")};
  net::Host& ben{network.add<net::Host>("ben")};
  std::unique_ptr<StunServer> stun;
  std::unique_ptr<MdnsResponder> annas;
  std::unique_ptr<MdnsResponder> bens;
  CallOptions options;
  std::unique_ptr<Call> call;
  std::vector<std::pair<Time, std::string>> ignored;
};

TEST(Mdns, Ice64_TwoInOneHomeFindEachOtherByTheirNames) {
  House house;
  house.run(seconds(2));
  ASSERT_EQ(house.call->state(), CallState::connected);
  const auto pair = house.call->caller().machine().selected_pair();
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->local.type, ice::CandidateType::host);
  EXPECT_EQ(pair->remote.type, ice::CandidateType::host);
  EXPECT_EQ(pair->remote.address.address, IpAddress::v4(192, 168, 1, 3));
  EXPECT_TRUE(dns::is_link_name(pair->remote.host_name));
  EXPECT_TRUE(house.ignored.empty());
}

TEST(Mdns, Ice64_WhatNobodyResolvesIsIgnoredAndSaysWhy) {
  House house;
  house.nat.set_multicast(false);
  house.run(seconds(60));
  EXPECT_EQ(house.call->state(), CallState::failed);
  // Ben hears of Anna's at 50 ms, she of his at 100 ms; both ask three times, a second apart, and a
  // host that is no group's member is not bothered.
  ASSERT_EQ(house.ignored.size(), 2U);
  EXPECT_EQ(house.ignored[0].first, Time{} + milliseconds(3'050));
  EXPECT_EQ(house.ignored[1].first, Time{} + milliseconds(3'100));
  EXPECT_TRUE(house.ignored[0].second.ends_with(".local, and nobody on this network has the name"))
      << house.ignored[0].second;
  EXPECT_EQ(house.world.events().drops(core::DropReason::not_local), 0U);
}

TEST(Mdns, Ice64_WhoAsksForNoNamesSaysSo) {
  House house;
  house.options.callee.ice.mdns = ice::Mdns::off;
  house.run(seconds(2));
  ASSERT_EQ(house.ignored.size(), 1U);
  EXPECT_EQ(house.ignored[0].first, Time{} + milliseconds(50));
  EXPECT_TRUE(house.ignored[0].second.ends_with(".local, and this side asks for no names (mDNS)"));
  // Anna's check is heard all the same.
  ASSERT_EQ(house.call->state(), CallState::connected);
  EXPECT_EQ(house.call->callee().machine().selected_pair()->remote.type,
            ice::CandidateType::peer_reflexive);
}

TEST(Mdns, Ice64_WhatARestartOvertakesIsNotTaken) {
  House house;
  house.nat.set_multicast(false);
  house.call = std::move(Call::start(house.anna, house.ben, house.options).value());
  house.world.scheduler().run_until(Time{} + seconds(1));
  house.nat.set_multicast(true);
  ASSERT_TRUE(house.call->caller().restart());
  house.world.scheduler().run_until(Time{} + seconds(5));
  ASSERT_EQ(house.call->state(), CallState::connected);
  // An address keeps its name; the socket is another one.
  EXPECT_EQ(house.call->callee().machine().remote_candidates().size(), 2U);
  EXPECT_TRUE(house.ignored.empty());
}

TEST(Mdns, Ice64_AMulticastPacketReachesThoseThatListen) {
  House house;
  house.network.add<net::Host>("third");
  auto& third = static_cast<net::Host&>(*house.network.find("third"));
  house.attach(third, IpAddress::v4(192, 168, 1, 4), house.nat, milliseconds(1));
  dns::ResolverOptions question;
  question.server = dns::multicast_group(Family::ipv4);
  question.question = {"nobody.local", dns::RecordType::a};
  question.timeout = seconds(1);
  question.tries = 1;
  const auto lookup = std::move(DnsLookup::start(third, question).value());
  house.world.scheduler().run_until(Time{} + milliseconds(500));
  // Anna's and Ben's responders have been asked, and nobody else.
  EXPECT_EQ(house.world.events().drops(core::DropReason::agent_unexpected), 2U);
  EXPECT_EQ(house.world.events().drops(core::DropReason::not_local), 0U);
  EXPECT_EQ(house.world.events().drops(core::DropReason::no_route), 0U);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::agents
