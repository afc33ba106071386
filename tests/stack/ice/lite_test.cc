// ICE-lite: agents that only answer (RFC 8445 §2.5, §6.1.1, §7.3.2, §8.2).
#include "probe.h"
#include "world.h"

#include <vector>

#include <gtest/gtest.h>

namespace natsim::ice::test {
namespace NATSIM_TEST_FILE {

Options lite(Role role = Role::controlled) {
  Options options;
  options.role = role;
  options.lite = true;
  return options;
}

// A lite agent that has its peer's credentials.
struct Lite : Probe {
  explicit Lite(const Options& options = lite()) : Probe(options) {
    agent.set_remote_lite(false);
    set_credentials();
  }
  void check(const Endpoint& from, bool use_candidate) {
    PeerRequest request;
    request.role = Role::controlling;
    request.use_candidate = use_candidate;
    check_from(from, request);
  }
};

TEST(IceLite, Ice33_ItSendsNoChecksAndAsksNoServers) {
  Probe p(lite());
  p.agent.set_servers({other_address}, {});
  p.agent.set_remote_lite(false);
  p.set_credentials();
  EXPECT_EQ(p.add_remote(Probe::remote_candidate(peer_address)), RemoteCandidateResult::added);
  p.run_for(seconds(30));
  EXPECT_TRUE(p.sent.empty());
  EXPECT_TRUE(p.agent.pairs().empty());
  EXPECT_EQ(p.agent.state(), AgentState::checking);
}

TEST(IceLite, Ice33_ThePeersNominationMakesThePair) {
  Lite p;
  p.check(peer_address, false);
  EXPECT_EQ(p.last_answer(), 0);
  EXPECT_EQ(p.agent.state(), AgentState::checking);
  EXPECT_EQ(p.agent.send(as_bytes("x"), p.now), SendResult::no_valid_pair);
  p.check(peer_address, true);
  EXPECT_EQ(p.agent.state(), AgentState::completed);
  ASSERT_TRUE(p.agent.selected_pair());
  EXPECT_EQ(p.agent.selected_pair()->remote.address, peer_address);
  EXPECT_EQ(p.agent.send(as_bytes("x"), p.now), SendResult::sent);
  EXPECT_TRUE(p.requests().empty());
}

TEST(IceLite, Ice33_ItIsControlledWhoeverOffers) {
  Probe p(lite(Role::controlling));
  EXPECT_EQ(p.agent.role(), Role::controlled);
  p.agent.set_remote_lite(false);
  EXPECT_EQ(p.agent.role(), Role::controlled);
  Options full;
  full.role = Role::controlled;
  Probe q(full);
  q.agent.set_remote_lite(true);
  EXPECT_EQ(q.agent.role(), Role::controlling);
}

// A full agent that does not know that its peer is lite thinks that it is controlled. It is told to
// switch, whichever tiebreaker is larger.
TEST(IceLite, Ice33_ItStaysControlledInARoleConflict) {
  for (const std::uint64_t tiebreaker : {std::uint64_t{0}, std::uint64_t{1001}}) {
    Lite p;  // its own is 1000
    PeerRequest request;
    request.role = Role::controlled;
    request.tiebreaker = tiebreaker;
    p.check_from(peer_address, request);
    EXPECT_EQ(p.last_answer(), 487) << tiebreaker;
    EXPECT_EQ(p.agent.role(), Role::controlled);
  }
}

TEST(IceLite, Ice23_ARoleThatACheckHasSwitchedStaysBetweenFullAgents) {
  Probe p;  // controlling, with the tiebreaker 1000
  PeerRequest request;
  request.role = Role::controlling;
  request.tiebreaker = 2000;
  p.check_from(peer_address, request);
  ASSERT_EQ(p.agent.role(), Role::controlled);
  p.agent.set_remote_lite(false);
  EXPECT_EQ(p.agent.role(), Role::controlled);
}

TEST(IceLite, Ice33_ItAsksForNoConsentAndKeepsTheMapping) {
  Lite p;
  p.check(peer_address, true);
  p.run_for(seconds(61));
  EXPECT_EQ(p.agent.state(), AgentState::completed);
  // One every 15 s (RFC 8445 §11).
  EXPECT_EQ(p.all<KeepaliveSent>().size(), 4u);
  EXPECT_TRUE(p.requests().empty());
}

TEST(IceLite, Ice33_ItMissesAPeerThatAsksForConsentNoMore) {
  Lite p;
  p.check(peer_address, true);
  p.run_for(seconds(5));
  p.check(peer_address, false);
  const Time asked = p.now;
  p.run_until(asked + milliseconds(11'999));
  EXPECT_EQ(p.agent.state(), AgentState::completed);
  p.run_until(asked + seconds(12));
  EXPECT_EQ(p.agent.state(), AgentState::disconnected);
  p.check(peer_address, false);
  EXPECT_EQ(p.agent.state(), AgentState::completed);
  p.run_until(asked + seconds(12) + milliseconds(29'999));
  EXPECT_EQ(p.agent.state(), AgentState::disconnected);
  p.run_until(asked + seconds(42));
  EXPECT_EQ(p.agent.state(), AgentState::failed);
  EXPECT_EQ(p.all<ConsentLost>().size(), 1u);
  EXPECT_TRUE(p.requests().empty());
}

// Neither does silence say anything of such a peer, nor a nomination that is sent again.
TEST(IceLite, Ice33_ItDoesNotMissAPeerThatNeverAskedForConsent) {
  Lite p;
  p.check(peer_address, true);
  p.run_for(milliseconds(500));
  p.check(peer_address, true);
  p.run_for(seconds(61));
  EXPECT_EQ(p.agent.state(), AgentState::completed);

  Options options = lite();
  options.consent = false;
  Lite q(options);
  q.check(peer_address, true);
  q.run_for(seconds(5));
  q.check(peer_address, false);
  q.run_for(seconds(61));
  EXPECT_EQ(q.agent.state(), AgentState::completed);
}

TEST(IceLite, Ice33_ItFailsAfterTheTimeThatChecksMayTakeAndIsRevived) {
  Lite p;
  p.add_remote(Probe::remote_candidate(peer_address));
  p.agent.end_of_remote_candidates(p.now);
  p.run_until(Time{} + milliseconds(39'499));
  EXPECT_EQ(p.agent.state(), AgentState::checking);
  p.run_until(Time{} + milliseconds(39'500));
  EXPECT_EQ(p.agent.state(), AgentState::failed);
  p.check(peer_address, true);
  EXPECT_EQ(p.agent.state(), AgentState::completed);
}

TEST(IceLite, Ice33_AFullAgentNominatesOnePairEvenIfItIsAggressive) {
  Options full;
  full.nomination = Nomination::aggressive;
  Probe p(full);
  p.agent.set_remote_lite(true);
  p.meet();
  EXPECT_FALSE(view(p.last_request()).use_candidate());
  p.run_for(milliseconds(60));
  p.answer(p.last_request());
  EXPECT_TRUE(view(p.last_request()).use_candidate());
}

TEST(IceLite, Ice33_FullAndLiteConnectInTwoRoundTrips) {
  for (const bool lite_offers : {false, true}) {
    World world;
    Options full;
    full.role = lite_offers ? Role::controlled : Role::controlling;
    Peer& alice = world.add_peer("alice", own_address, milliseconds(25), full);
    Peer& sfu = world.add_peer("sfu", peer_address, milliseconds(25),
                               lite(lite_offers ? Role::controlling : Role::controlled));
    alice.agent().set_remote_lite(true);
    sfu.agent().set_remote_lite(false);
    alice.signal_to(sfu);
    sfu.signal_to(alice);
    alice.start(world.now());
    sfu.start(world.now());
    world.run_until(Time{} + seconds(5));
    // The signal takes 20 ms; the check 100 ms; the nomination reaches the other side 50 ms later.
    EXPECT_EQ(sfu.entered(AgentState::completed), Time{} + milliseconds(170));
    EXPECT_EQ(alice.entered(AgentState::completed), Time{} + milliseconds(220));
    EXPECT_EQ(alice.agent().role(), Role::controlling);
    EXPECT_TRUE(sfu.all<CheckSent>().empty());
    EXPECT_TRUE(alice.all<RoleSwitched>().empty());
  }
}

TEST(IceLite, Ice33_TwoLiteAgentsTakeTheirBestPairUnchecked) {
  World world;
  Peer& alice = world.add_peer("alice", own_address, milliseconds(25), lite(Role::controlling));
  Peer& bob = world.add_peer("bob", peer_address, milliseconds(25), lite(Role::controlled));
  for (Peer* peer : {&alice, &bob}) peer->agent().set_remote_lite(true);
  alice.signal_to(bob);
  bob.signal_to(alice);
  alice.start(world.now());
  bob.start(world.now());
  world.run_until(Time{} + seconds(5));
  for (Peer* peer : {&alice, &bob}) {
    EXPECT_EQ(peer->entered(AgentState::completed), Time{} + milliseconds(20));
    EXPECT_TRUE(peer->all<CheckSent>().empty());
  }
  EXPECT_EQ(alice.agent().role(), Role::controlling);
  EXPECT_EQ(bob.agent().role(), Role::controlled);
  EXPECT_EQ(alice.agent().selected_pair()->remote.address, peer_address);
}

TEST(IceLite, Ice33_TwoLiteAgentsPreferIpv6) {
  const Endpoint own_v6{*IpAddress::parse("2001:db8::1"), 5000};
  const Endpoint peer_v6{*IpAddress::parse("2001:db8::2"), 5000};
  Agent agent(lite(), Random(7));
  const Time now{};
  EXPECT_EQ(agent.add_local_address(own_address, now), std::nullopt);
  EXPECT_EQ(agent.add_local_address(own_v6, now), std::nullopt);
  agent.start_gathering(now);
  agent.set_remote_lite(true);
  EXPECT_TRUE(agent.set_remote_credentials(peer_credentials, now));
  agent.add_remote_candidate(Probe::remote_candidate(peer_address), now);
  agent.add_remote_candidate(Probe::remote_candidate(peer_v6), now);
  EXPECT_FALSE(agent.selected_pair());
  agent.end_of_remote_candidates(now);
  ASSERT_TRUE(agent.selected_pair());
  EXPECT_EQ(agent.selected_pair()->local.address, own_v6);
  EXPECT_EQ(agent.selected_pair()->remote.address, peer_v6);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::ice::test
