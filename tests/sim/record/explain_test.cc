#include "sim/record/explain.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sim/net/link.h"
#include "tests/sim/record/two_homes.h"

namespace natsim::record {
namespace NATSIM_TEST_FILE {

using Json = nlohmann::ordered_json;
using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

struct Explained {
  Explained(const nat::NatOptions& alices, const nat::NatOptions& bobs)
      : homes(alices, bobs), explainer(homes.world) {
    homes.world.events().add_listener(explainer);
  }
  Explained(std::string_view alices, std::string_view bobs)
      : Explained(*nat::find_preset(alices), *nat::find_preset(bobs)) {}

  void call(Time end = Time{} + seconds(60)) {
    homes.start_call();
    homes.run_until(end);
  }

  // The sentences about an agent's pair with a candidate of some type, as one text.
  [[nodiscard]] std::string story(const std::string& agent, const std::string& remote_type) const {
    std::string text;
    const Json json = explainer.to_json();
    for (const Json& pair : json["pairs"]) {
      if (pair["agent"] != agent || pair["remote_type"] != remote_type) continue;
      for (const Json& sentence : pair["story"]) text += sentence.get<std::string>() + "\n";
    }
    return text;
  }

  [[nodiscard]] std::vector<std::string> changes(const std::string& agent,
                                                 const std::string& remote_type) const {
    const Json json = explainer.to_json();
    for (const Json& pair : json["pairs"]) {
      if (pair["agent"] == agent && pair["remote_type"] == remote_type) {
        return pair["changes"].get<std::vector<std::string>>();
      }
    }
    return {};
  }

  TwoHomes homes;
  Explainer explainer;
};

// The NAT's own table, asked after the run.
Endpoint external_towards(const nat::NatBox& nat, const Endpoint& remote) {
  for (const nat::MappingSnapshot& mapping : nat.mappings()) {
    if (mapping.remote == remote) return mapping.external;
  }
  return {};
}

TEST(Explain, SymmetricAgainstPortRestrictedNamesBothPortsAndTheFilter) {
  nat::NatOptions symmetric = *nat::find_preset("symmetric");
  symmetric.udp_timeout = seconds(600);  // so that the table is still there to be compared
  Explained run(symmetric, *nat::find_preset("port-restricted"));
  run.call();
  ASSERT_EQ(run.homes.call->state(), agents::CallState::failed);
  const Endpoint bobs{IpAddress::v4(198, 51, 100, 8), 5000};  // port-preserving
  const Endpoint signalled = external_towards(*run.homes.alice_nat, TwoHomes::stun_address);
  const Endpoint given = external_towards(*run.homes.alice_nat, bobs);
  ASSERT_NE(signalled.port, 0);
  ASSERT_NE(given.port, 0);

  const std::string story = run.story("alice", "srflx");
  EXPECT_THAT(story, HasSubstr("alice sent checks 7 times between 0.150000s and 31.650000s, from "
                               "192.168.1.5:5000 to 198.51.100.8:5000."));
  EXPECT_THAT(story, HasSubstr(fmt::format("alice.nat (APDM/APDF, symmetric) sent them on from {}",
                                           to_string(given))));
  EXPECT_THAT(story,
              HasSubstr(fmt::format("But alice had signalled {}, port {}, which alice.nat had "
                                    "given it for 203.0.113.10:3478; for 198.51.100.8:5000 it gave "
                                    "port {}.",
                                    to_string(signalled), signalled.port, given.port)));
  EXPECT_THAT(story,
              HasSubstr("bob.nat (EIM/APDF, port-restricted) dropped all 7: nat_filtered_port"));
  EXPECT_THAT(story, HasSubstr(fmt::format("Looked up there: filter APDF of mapping "
                                           "192.168.2.5:5000 -> 198.51.100.8:5000: {} was never "
                                           "sent to; it holds 203.0.113.10:3478",
                                           to_string(given))));
  EXPECT_THAT(
      run.changes("alice", "srflx"),
      ElementsAre(HasSubstr(fmt::format("alice.nat keeping 192.168.1.5:5000 on {} for "
                                        "every destination",
                                        to_string(signalled))),
                  HasSubstr("bob.nat filtering by address alone"), HasSubstr("a TURN server")));
}

TEST(Explain, TheOtherSideIsToldThatTheSignalledPortIsNotTheOneForIt) {
  nat::NatOptions symmetric = *nat::find_preset("symmetric");
  symmetric.udp_timeout = seconds(600);
  Explained run(symmetric, *nat::find_preset("port-restricted"));
  run.call();
  const Endpoint bobs{IpAddress::v4(198, 51, 100, 8), 5000};
  EXPECT_THAT(run.story("bob", "srflx"),
              HasSubstr(fmt::format(
                  "For 198.51.100.8:5000 the NAT had given 192.168.1.5:5000 another port, {}; the "
                  "packets went to the signalled one, {}.",
                  external_towards(*run.homes.alice_nat, bobs).port,
                  external_towards(*run.homes.alice_nat, TwoHomes::stun_address).port)));
  // Admitting bob there would not help: the answer would leave from the other port.
  EXPECT_THAT(run.changes("bob", "srflx"),
              ElementsAre(HasSubstr("alice.nat keeping"), HasSubstr("a TURN server")));
}

TEST(Explain, WhyNotConnectedNamesTheNatThePortsAndAWayOut) {
  Explained run("symmetric", "port-restricted");
  EXPECT_EQ(run.explainer.why_not_connected(), "");  // nobody wants to connect yet
  run.call();
  const std::string why = run.explainer.why_not_connected();
  EXPECT_THAT(why, HasSubstr("died at bob.nat (nat_filtered_port)"));
  EXPECT_THAT(why, HasSubstr("while alice had signalled port"));
  EXPECT_THAT(why, HasSubstr("alice.nat keeping 192.168.1.5:5000"));
  EXPECT_THAT(why, HasSubstr("or a TURN server"));
  EXPECT_EQ(std::count(why.begin(), why.end(), '\n'), 0);
}

TEST(Explain, WhyFailedNamesWhatMostPacketsDiedOfWhereNobodyCalls) {
  Explained run("port-restricted", "port-restricted");
  EXPECT_EQ(run.explainer.why_failed(), "");
  struct : net::DatagramReceiver {
    void receive(net::UdpSocket& /*socket*/, const net::Packet& /*packet*/) override {}
  } nobody;
  const auto socket =
      std::move(run.homes.server->open_udp({IpAddress::v4(203, 0, 113, 10), 9}, nobody).value());
  for (int i = 0; i < 3; ++i) socket->send({IpAddress::v4(198, 51, 100, 7), 7}, Bytes(4));
  socket->send({IpAddress::v4(192, 0, 2, 99), 7}, Bytes(4));
  run.homes.run_until(Time{} + seconds(1));
  EXPECT_THAT(run.explainer.why_failed(),
              StartsWith("alice.nat dropped 3 packets, first that from 203.0.113.10:9 to "
                         "198.51.100.7:7 (nat_no_mapping): "));
}

TEST(Explain, TwoCallsOfOneHostHaveStoriesOfTheirOwn) {
  Explained run("symmetric", "port-restricted");
  run.call();
  agents::CallOptions options = run.homes.call_options;
  options.caller.port = options.callee.port = 5001;
  const auto second =
      std::move(agents::Call::start(*run.homes.alice, *run.homes.bob, options).value());
  run.homes.run_until(Time{} + seconds(120));
  ASSERT_EQ(second->state(), agents::CallState::failed);
  // A check is sent seven times, in the one call and in the other.
  const std::string story = run.story("alice", "srflx");
  const std::size_t first = story.find("alice sent checks 7 times");
  ASSERT_NE(first, std::string::npos) << story;
  EXPECT_NE(story.find("alice sent checks 7 times", first + 1), std::string::npos) << story;
  EXPECT_THAT(story, Not(HasSubstr("14 times")));
}

TEST(Explain, PrivateAddressesOfAnotherNetworkFailAsTheyShould) {
  Explained run("symmetric", "port-restricted");
  run.call();
  EXPECT_THAT(run.story("alice", "host"), HasSubstr("internet dropped all 7: no_route"));
  EXPECT_THAT(run.story("alice", "host"), HasSubstr("192.168.2.5 is a private address"));
  EXPECT_THAT(run.changes("alice", "host"), IsEmpty());
}

TEST(Explain, ACallThatConnectsNeedsNoExplanation) {
  Explained run("port-restricted", "port-restricted");
  run.call();
  ASSERT_EQ(run.homes.call->state(), agents::CallState::connected);
  EXPECT_EQ(run.explainer.why_not_connected(), "");
  EXPECT_THAT(run.explainer.text(), HasSubstr("No candidate pair failed."));
}

TEST(Explain, TurnIsNotProposedWhereThereIsARelay) {
  Explained run("symmetric", "port-restricted");
  run.homes.start_turn();
  run.call(Time{} + milliseconds(400));  // the direct checks are still being tried
  EXPECT_THAT(run.changes("alice", "srflx"), Not(Contains(HasSubstr("a TURN server"))));
  run.homes.run_until(Time{} + seconds(60));
  ASSERT_EQ(run.homes.call->state(), agents::CallState::connected);
  EXPECT_EQ(run.explainer.why_not_connected(), "");
}

TEST(Explain, TheEndlessChaseOfTwoUnfilteredSymmetricNats) {
  Explained run("APDM/EIF", "APDM/EIF");
  run.call();
  ASSERT_EQ(run.homes.call->state(), agents::CallState::failed);
  const std::string story = run.story("alice", "srflx");
  EXPECT_THAT(story, HasSubstr("It arrived at bob."));
  EXPECT_THAT(story, HasSubstr("where the check had gone: ICE takes no such answer (RFC 8445 "
                               "section 7.2.5.2.1)."));
  EXPECT_THAT(story, HasSubstr("the two chase one another"));
  EXPECT_THAT(run.changes("alice", "srflx"), Contains(HasSubstr("bob.nat keeping")));
  // The peer-reflexive pairs are told once.
  EXPECT_THAT(run.explainer.text(), HasSubstr("alice's pairs that failed alike: 4 with"));
}

TEST(Explain, HairpinningThatIsOff) {
  nat::NatOptions options = *nat::find_preset("full-cone");
  options.hairpin = nat::Hairpin::off;
  Explained run(options, options);
  TwoHomes& homes = run.homes;
  // Carol lives on another LAN behind alice's NAT; she and alice do not tell their LAN addresses.
  net::Host& carol = homes.network.add<net::Host>("carol");
  net::Interface& lan = carol.add_interface();
  lan.add_address(IpAddress::v4(192, 168, 3, 5), 24);
  net::Interface& inside = homes.alice_nat->add_inside_interface();
  inside.add_address(IpAddress::v4(192, 168, 3, 1), 24);
  homes.network.connect(lan, inside, {}, {});
  homes.bob = &carol;
  homes.call_options.caller.ice.hide_host_candidates = true;
  homes.call_options.callee.ice.hide_host_candidates = true;
  run.call();
  ASSERT_EQ(homes.call->state(), agents::CallState::failed);
  EXPECT_THAT(run.story("alice", "srflx"), HasSubstr("alice.nat (EIM/EIF, full-cone) dropped all "
                                                     "7: nat_hairpin_off"));
  EXPECT_THAT(run.changes("alice", "srflx"), Contains(HasSubstr("hairpinning, RFC 4787 REQ-9")));
  EXPECT_THAT(run.explainer.why_not_connected(), HasSubstr("nat_hairpin_off"));
}

TEST(Explain, AStunServerThatCannotBeReached) {
  Explained run("port-restricted", "port-restricted");
  run.homes.call_options.caller.stun_servers = {{IpAddress::v4(203, 0, 113, 99), 3478}};
  run.call();
  const std::string text = run.explainer.text();
  EXPECT_THAT(text, HasSubstr("alice got no candidate from the STUN server 203.0.113.99:3478"));
  EXPECT_THAT(text, HasSubstr("alice sent requests to 203.0.113.99:3478 7 times"));
  EXPECT_THAT(text, HasSubstr("no_route"));
  EXPECT_THAT(run.explainer.why_not_connected(),
              StartsWith("alice got no candidate from the STUN server 203.0.113.99:3478: "));
}

TEST(Explain, ATurnServerThatDoesNotTakeThePassword) {
  Explained run("symmetric", "symmetric");
  run.homes.start_turn();
  run.homes.call_options.caller.turn_servers[0].password = "wrong";
  run.call();
  const std::string why = run.explainer.why_not_connected();
  EXPECT_THAT(why, StartsWith("alice has no relayed candidate: the TURN server 203.0.113.10:3479 "
                              "did not accept the credentials. "));
  EXPECT_THAT(why, HasSubstr("nat_filtered_port"));
  EXPECT_THAT(why, EndsWith(" A relayed address would have got round that."));
  EXPECT_THAT(run.changes("alice", "srflx"),
              Contains("the relayed address that the TURN server 203.0.113.10:3479 did not give "
                       "alice: it did not accept the credentials"));
}

TEST(Explain, ARelayedPairThatIsNotSelectedYet) {
  Explained run("symmetric", "symmetric");
  run.homes.start_turn();
  run.call(Time{} + seconds(1));
  EXPECT_THAT(run.explainer.why_not_connected(),
              EndsWith("but no pair had been selected by then, for a relayed one waits until the "
                       "others have had their chance: wait longer."));
  run.homes.run_until(Time{} + seconds(5));
  EXPECT_EQ(run.explainer.why_not_connected(), "");
}

TEST(Explain, SignallingThatIsTooSlowToBringACandidate) {
  Explained run("full-cone", "full-cone");
  run.homes.call_options.signalling = agents::SignallingOptions{.one_way_delay = seconds(60)};
  run.call(Time{} + seconds(30));
  EXPECT_EQ(run.explainer.why_not_connected(), "alice never learnt a candidate of its peer.");
}

TEST(Explain, SignalsThatWereLost) {
  Explained run("full-cone", "full-cone");
  run.homes.call_options.signalling = agents::SignallingOptions{.loss = 0.5};
  run.call();
  EXPECT_THAT(run.explainer.text(), HasSubstr("Signalling alice->bob: "));
}

TEST(Explain, ASignallingServerThatIsNotThere) {
  Explained run("full-cone", "full-cone");
  agents::SignallingClientOptions signalling;
  signalling.server = {TwoHomes::stun_address.address, 8080};
  run.homes.call_options.signalling = signalling;
  // The first try is refused after a round trip of 42 ms, the next one begins 250 ms later or more.
  run.call(Time{} + milliseconds(250));
  EXPECT_THAT(run.explainer.why_not_connected(),
              StartsWith("alice's connection to its signalling server failed 1 times: refused."));
}

TEST(Explain, AMappingThatExpiredBetweenTwoConsentChecks) {
  nat::NatOptions forgetful = *nat::find_preset("EIM/APDF");  // ports drawn at random
  forgetful.udp_timeout = seconds(2);
  Explained run(forgetful, *nat::find_preset("EIM/APDF"));
  // Consent checks come every 4 to 6 s.
  run.call();
  const std::string text = run.explainer.text();
  EXPECT_THAT(text, HasSubstr("nat_mapping_expired"));
  EXPECT_THAT(text, HasSubstr("a keepalive from 192.168.1.5:5000 at least every 2s"));
}

TEST(Explain, ChecksLostOnALink) {
  Explained run("full-cone", "full-cone");
  run.homes.start_call();
  run.homes.run_until(Time{} + milliseconds(100));
  // Each of bob's checks makes alice send one of her own, besides her seven.
  // From here on nothing comes out of alice's line.
  net::Link& line = run.homes.alice_nat->outside_interface().link();
  net::LinkOptions options = line.options();
  options.loss = 1;
  line.set_options(options);
  run.homes.run_until(Time{} + seconds(60));
  EXPECT_THAT(run.story("alice", "srflx"),
              HasSubstr("the link from alice.nat to internet dropped all 28: random_loss"));
  EXPECT_THAT(run.changes("alice", "srflx"),
              ElementsAre("no loss on the link from alice.nat to internet"));
  // Bob's checks arrive; it is the answers that are lost.
  const std::string bobs = run.story("bob", "srflx");
  EXPECT_THAT(bobs, HasSubstr("They arrived at alice."));
  EXPECT_THAT(bobs, HasSubstr("alice answered 7 times"));
}

TEST(Explain, WithoutIceTheDroppedPackets) {
  Explained run("port-restricted", "port-restricted");
  struct Nobody : net::DatagramReceiver {
    void receive(net::UdpSocket&, const net::Packet&) override {}
  } nobody;
  const auto socket =
      std::move(run.homes.server->open_udp({IpAddress::any_v4(), 7000}, nobody).value());
  for (int i = 0; i < 3; ++i) {
    socket->send({IpAddress::v4(198, 51, 100, 7), 9}, as_bytes("x"));
    run.homes.run_until(Time{} + seconds(i + 1));
  }
  const Json drops = run.explainer.to_json()["drops"];
  ASSERT_THAT(drops, SizeIs(1));
  EXPECT_EQ(drops[0]["place"], "alice.nat");
  EXPECT_EQ(drops[0]["reason"], "nat_no_mapping");
  EXPECT_EQ(drops[0]["count"], 3);
  EXPECT_EQ(drops[0]["first"], 0.02);  // two lines of 10 ms
  EXPECT_EQ(drops[0]["last"], 2.02);
  EXPECT_EQ(drops[0]["example"], "203.0.113.10:7000 -> 198.51.100.7:9");
  EXPECT_THAT(
      run.explainer.text(),
      HasSubstr("alice.nat: nat_no_mapping, the NAT has no mapping for the external address "
                "and port; 3 times\n  between 0.020000s and 2.020000s"));
  EXPECT_EQ(run.explainer.why_not_connected(), "");
}

TEST(Explain, WithoutIceAMappingThatExpired) {
  nat::NatOptions options = *nat::find_preset("full-cone");
  options.udp_timeout = seconds(30);
  Explained run(options, options);
  struct Nobody : net::DatagramReceiver {
    void receive(net::UdpSocket&, const net::Packet&) override {}
  } nobody;
  const auto alice =
      std::move(run.homes.alice->open_udp({IpAddress::any_v4(), 5000}, nobody).value());
  const auto server =
      std::move(run.homes.server->open_udp({IpAddress::any_v4(), 7000}, nobody).value());
  alice->send({TwoHomes::stun_address.address, 7000}, as_bytes("hello"));
  run.homes.run_until(Time{} + seconds(40));
  server->send({IpAddress::v4(198, 51, 100, 7), 5000}, as_bytes("too late"));
  run.homes.run_until(Time{} + seconds(41));
  const Json json = run.explainer.to_json();
  ASSERT_THAT(json["drops"], SizeIs(1));
  EXPECT_EQ(json["drops"][0]["reason"], "nat_mapping_expired");
  // Alice's datagram takes 1 ms to her NAT.
  EXPECT_THAT(json["drops"][0]["changes"],
              ElementsAre("a keepalive from 192.168.1.5:5000 at least every 30s, the idle timeout "
                          "of alice.nat: mapping 1 was last used at 0.001000s and ended at "
                          "30.001000s"));
}

TEST(Explain, NothingHappened) {
  const Explained run("port-restricted", "port-restricted");
  EXPECT_EQ(run.explainer.text(), "No packet was dropped.\n");
}

TEST(Explain, OutlivesItsWorld) {
  auto run = std::make_unique<TwoHomes>(*nat::find_preset("symmetric"),
                                        *nat::find_preset("port-restricted"));
  Explainer explainer(run->world);
  run->world.events().add_listener(explainer);
  run->start_call();
  run->run_until(Time{} + seconds(60));
  const std::string before = explainer.text();
  run.reset();
  EXPECT_EQ(explainer.text(), before);
}

TEST(Explain, TheSameRunGivesTheSameText) {
  const auto text = [] {
    Explained run("APDM/ADF", "ADM/APDF");
    run.call();
    return run.explainer.text() + run.explainer.to_json().dump();
  };
  EXPECT_EQ(text(), text());
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::record
