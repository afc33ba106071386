// ICE restarts: generations, what carries data meanwhile, and what belongs to which (RFC 8445 §9).
#include "probe.h"
#include "world.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace natsim::ice::test {
namespace NATSIM_TEST_FILE {

const Endpoint alice_address{IpAddress::v4(192, 0, 2, 1), 5000};
const Endpoint bob_address{IpAddress::v4(198, 51, 100, 1), 6000};
const Endpoint turn_address{IpAddress::v4(203, 0, 113, 10), 3478};
const Bytes voice{0x80, 1, 2, 3};

Options as(Role role) {
  Options options;
  options.role = role;
  return options;
}

// Two peers on public addresses, 25 ms from the middle each: a round trip takes 100 ms, a signal
// 20 ms.
struct Two {
  explicit Two(const Options& of_alice = as(Role::controlling),
               const Options& of_bob = as(Role::controlled))
      : alice(world.add_peer("alice", alice_address, milliseconds(25), of_alice)),
        bob(world.add_peer("bob", bob_address, milliseconds(25), of_bob)) {
    alice.signal_to(bob);
    bob.signal_to(alice);
    world.at(Time{}, [this] { alice.start(world.now()); });
    world.at(Time{}, [this] { bob.start(world.now()); });
  }
  void restart(Peer& peer) { peer.restart(world.now()); }
  // One datagram every `interval` from `sender`, `count` times, the first in half of that.
  void stream(Peer& sender, int count, Duration interval) {
    for (int i = 0; i < count; ++i) {
      world.after(interval * i + interval / 2, [this, &sender] {
        if (sender.agent().send(voice, world.now()) == SendResult::sent) ++sent;
        sender.drain(world.now());
      });
    }
  }

  World world;
  Peer& alice;
  Peer& bob;
  std::size_t sent = 0;
};

std::vector<AgentState> states_of(const Peer& peer) {
  std::vector<AgentState> states;
  for (const auto& [at, change] : peer.all<StateChanged>()) states.push_back(change.to);
  return states;
}

TEST(IceRestart, Ice54_DataGoesOnOverTheOldPairUntilTheNewOneIsSelected) {
  Two two;
  two.world.run_until(Time{} + seconds(5));
  ASSERT_EQ(two.alice.agent().state(), AgentState::completed);
  const Credentials before = two.alice.agent().local_credentials();
  const PairId old_pair = two.alice.agent().selected_pair()->id;

  two.restart(two.alice);
  two.stream(two.alice, 100, milliseconds(10));
  two.world.run_until(Time{} + seconds(10));

  EXPECT_EQ(two.sent, 100u);
  EXPECT_EQ(two.bob.data().size(), 100u);
  EXPECT_NE(two.alice.agent().local_credentials().ufrag, before.ufrag);
  EXPECT_NE(two.alice.agent().local_credentials().password, before.password);
  // The offer takes 20 ms, the answer 20 ms, a check and the nomination 100 ms each.
  const auto selections = two.alice.all<SelectedPairChanged>();
  ASSERT_EQ(selections.size(), 2u);
  EXPECT_EQ(selections[1].first, Time{} + seconds(5) + milliseconds(240));
  EXPECT_EQ(selections[1].second.from, old_pair);
  EXPECT_GT(selections[1].second.to, old_pair);
  EXPECT_EQ(two.alice.agent().selected_pair()->local.address,
            (Endpoint{alice_address.address, 5001}));
  const std::vector<AgentState> expected{AgentState::checking, AgentState::connected,
                                         AgentState::completed, AgentState::connected,
                                         AgentState::completed};
  EXPECT_EQ(states_of(two.alice), expected);
  EXPECT_EQ(states_of(two.bob), expected);
  // Data went by the old sockets up to the selection, and by the new ones after it.
  for (const Packet& packet : two.world.packets()) {
    if (packet.payload != voice) continue;
    const bool is_new = packet.sent >= selections[1].first;
    EXPECT_EQ(packet.from.port, is_new ? 5001 : 5000) << to_string(packet.sent);
  }
}

TEST(IceRestart, Ice54_TheOldSocketIsReleasedThreeSecondsAfterTheSelection) {
  Two two;
  two.world.run_until(Time{} + seconds(5));
  two.restart(two.alice);
  two.world.run_until(Time{} + seconds(20));
  const auto released = two.alice.all<SocketReleased>();
  ASSERT_EQ(released.size(), 1u);
  EXPECT_EQ(released[0].second.local, alice_address);
  EXPECT_EQ(released[0].first, two.alice.all<SelectedPairChanged>()[1].first + seconds(3));
  EXPECT_EQ(two.bob.all<SocketReleased>().size(), 1u);
}

TEST(IceRestart, Ice54_RolesStayWhoeverRestarts) {
  for (const bool by_bob : {false, true}) {
    Two two;
    two.world.run_until(Time{} + seconds(5));
    two.restart(by_bob ? two.bob : two.alice);
    two.world.run_until(Time{} + seconds(10));
    EXPECT_EQ(two.alice.agent().role(), Role::controlling);
    EXPECT_EQ(two.bob.agent().role(), Role::controlled);
    EXPECT_TRUE(two.alice.all<RoleSwitched>().empty());
    EXPECT_FALSE(two.alice.agent().is_restarting());
    EXPECT_FALSE(two.bob.agent().is_restarting());
  }
}

TEST(IceRestart, Ice54_BothMayRestartAtOnce) {
  Two two;
  two.world.run_until(Time{} + seconds(5));
  two.restart(two.alice);
  two.restart(two.bob);
  two.world.run_until(Time{} + seconds(10));
  EXPECT_EQ(two.alice.agent().restarts(), 1u);
  EXPECT_EQ(two.bob.agent().restarts(), 1u);
  EXPECT_EQ(two.alice.agent().state(), AgentState::completed);
  EXPECT_EQ(two.bob.agent().state(), AgentState::completed);
}

// Whatever has been gathered, checked or selected when it comes, and if another one comes soon.
TEST(IceRestart, Ice54_AtAnyMomentOfTheFirstConnection) {
  for (int ms = 0; ms <= 400; ms += 7) {
    Two two;
    two.world.run_until(Time{} + milliseconds(ms));
    two.restart(two.alice);
    two.world.run_until(Time{} + milliseconds(ms + 35));
    two.restart(ms % 2 == 0 ? two.alice : two.bob);
    two.world.run_until(Time{} + seconds(5));
    ASSERT_EQ(two.alice.agent().state(), AgentState::completed) << ms;
    ASSERT_EQ(two.bob.agent().state(), AgentState::completed) << ms;
    two.stream(two.bob, 1, {});
    two.world.run_until(Time{} + seconds(20));
    EXPECT_EQ(two.alice.data().size(), 1u) << ms;
    std::set<PairId> ids;
    for (const auto& [at, added] : two.alice.all<PairAdded>()) {
      EXPECT_TRUE(ids.insert(added.pair).second) << added.pair;
    }
    EXPECT_LT(two.alice.all<SocketReleased>().size(), 3u) << ms;
  }
}

TEST(IceRestart, Ice54_AFailedAgentConnectsAgain) {
  Two two;
  two.world.run_until(Time{} + seconds(5));
  two.world.drop = [](const Packet&) { return true; };
  two.world.run_until(Time{} + seconds(60));
  ASSERT_EQ(two.alice.agent().state(), AgentState::failed);
  EXPECT_TRUE(two.alice.agent().failed_for_good());
  two.world.drop = [](const Packet&) { return false; };
  two.restart(two.alice);
  EXPECT_EQ(two.alice.agent().state(), AgentState::checking);
  EXPECT_FALSE(two.alice.agent().failed_for_good());
  two.world.run_until(Time{} + seconds(61));
  EXPECT_EQ(two.alice.agent().state(), AgentState::completed);
  EXPECT_EQ(two.bob.agent().state(), AgentState::completed);
}

TEST(IceRestart, Ice54_ItMayBeClosedWhileTheOldPairIsListenedTo) {
  Two two;
  two.world.run_until(Time{} + seconds(5));
  two.restart(two.alice);
  two.world.run_until(Time{} + seconds(6));
  two.alice.agent().close(two.world.now());
  two.alice.drain(two.world.now());
  EXPECT_EQ(two.alice.agent().state(), AgentState::closed);
  two.world.run_until(Time{} + seconds(20));
  EXPECT_TRUE(two.alice.agent().next_timeout().is_never());
}

TEST(IceRestart, Ice54_AClosedAgentIsNotRestarted) {
  Probe probe;
  probe.agent.close(probe.now);
  EXPECT_FALSE(probe.agent.restart(probe.now));
  EXPECT_EQ(probe.agent.restarts(), 0u);
}

// A relay that is allocated on a fresh socket is not refused with 437, and the old allocation is
// given back.
TEST(IceRestart, Ice54_RelayedPairsMoveToAnotherAllocation) {
  Options options = as(Role::controlling);
  options.policy = TransportPolicy::relay;
  Two two(options);
  two.world.add_turn_server(turn_address, milliseconds(10));
  two.alice.agent().set_servers({}, {{turn_address, "alice", "secret"}});
  two.world.run_until(Time{} + seconds(5));
  ASSERT_EQ(two.alice.agent().selected_pair()->local.type, CandidateType::relayed);
  const Endpoint first = two.alice.agent().selected_pair()->local.address;
  two.restart(two.alice);
  two.stream(two.alice, 400, milliseconds(10));
  two.world.run_until(Time{} + seconds(20));
  EXPECT_EQ(two.bob.data().size(), 400u);
  EXPECT_NE(two.alice.agent().selected_pair()->local.address, first);
  EXPECT_TRUE(two.alice.all<ServerFailed>().empty());
  EXPECT_TRUE(two.alice.all<SocketNeeded>().empty());
  EXPECT_EQ(two.alice.all<SocketReleased>().size(), 1u);
}

// The old pair's consent goes on, and what it comes to shows.
TEST(IceRestart, Ice52_TheOldPairsConsentGoesOn) {
  Two two;
  two.world.run_until(Time{} + seconds(5));
  // On the same socket, and bob does not hear of it.
  EXPECT_TRUE(two.alice.agent().restart(two.world.now()));
  EXPECT_EQ(two.alice.agent().add_local_address(alice_address, two.world.now()), std::nullopt);
  two.alice.agent().start_gathering(two.world.now());
  two.alice.drain(two.world.now());
  two.world.run_until(Time{} + seconds(60));
  // 55 s, one consent request every 4 to 6 s.
  EXPECT_GE(two.alice.all<CheckSent>().size(), 9u);
  EXPECT_EQ(two.alice.agent().state(), AgentState::connected);
  EXPECT_TRUE(two.alice.all<ConsentLost>().empty());
  two.world.drop = [](const Packet&) { return true; };
  two.world.run_until(Time{} + seconds(100));
  EXPECT_EQ(two.alice.all<ConsentLost>().size(), 1u);
  EXPECT_EQ(two.alice.agent().state(), AgentState::checking);
  EXPECT_EQ(two.alice.agent().send(voice, two.world.now()), SendResult::no_valid_pair);
}

// On one socket for both generations, the username fragment tells whose a check is.
TEST(IceRestart, Ice54_ChecksWithTheOldCredentialsAreAnsweredAsLongAsTheOldPairIsListenedTo) {
  Probe probe;
  probe.meet();
  probe.run_for(milliseconds(60));
  probe.answer(probe.last_request());
  probe.answer(probe.last_request());  // the nomination
  ASSERT_EQ(probe.agent.state(), AgentState::completed);
  const Credentials old = probe.agent.local_credentials();
  PeerRequest by_old;
  by_old.username = old.ufrag + ":" + peer_credentials.ufrag;
  by_old.password = old.password;

  ASSERT_TRUE(probe.agent.restart(probe.now));
  EXPECT_EQ(probe.agent.add_local_address(own_address, probe.now), std::nullopt);
  probe.agent.start_gathering(probe.now);
  probe.check_from(peer_address, by_old);
  EXPECT_EQ(probe.last_answer(), 0);

  probe.set_credentials();
  probe.add_remote(Probe::remote_candidate(peer_address));
  probe.run_for(milliseconds(50));
  probe.check_from(peer_address);  // with the new credentials
  EXPECT_EQ(probe.last_answer(), 0);
  while (probe.agent.is_restarting()) {
    probe.answer(probe.last_request());
    probe.run_for(milliseconds(50));
  }
  probe.check_from(peer_address, by_old);
  EXPECT_EQ(probe.last_answer(), 0);
  probe.run_for(seconds(3));
  probe.check_from(peer_address, by_old);
  EXPECT_EQ(probe.last_answer(), 401);
  EXPECT_EQ(probe.last<Ignored>().reason, IgnoreReason::wrong_ufrag);
  // The socket is the new generation's too.
  EXPECT_TRUE(probe.all<SocketReleased>().empty());
}

TEST(IceRestart, Ice55_CandidatesOfAnotherGenerationAreRefused) {
  Probe probe;
  Candidate late = Probe::remote_candidate(other_address);
  late.ufrag = "before";
  probe.meet();
  EXPECT_EQ(probe.add_remote(late), RemoteCandidateResult::other_generation);
  late.ufrag = peer_credentials.ufrag;
  EXPECT_EQ(probe.add_remote(late), RemoteCandidateResult::added);

  ASSERT_TRUE(probe.agent.restart(probe.now));
  EXPECT_EQ(probe.agent.add_local_address(own_address, probe.now), std::nullopt);
  // What comes before the credentials is kept until they tell whose it is.
  EXPECT_EQ(probe.add_remote(late), RemoteCandidateResult::kept);
  Candidate early = Probe::remote_candidate(peer_address);
  early.ufrag = "after";
  EXPECT_EQ(probe.add_remote(early), RemoteCandidateResult::kept);
  EXPECT_TRUE(probe.agent.remote_candidates().empty());
  EXPECT_TRUE(probe.agent.set_remote_credentials({"after", peer_credentials.password}, probe.now));
  ASSERT_EQ(probe.agent.remote_candidates().size(), 1u);
  EXPECT_EQ(probe.agent.remote_candidates()[0].address, peer_address);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::ice::test
