// Clients by name: what their timers come to, and that they connect to each other.
#include "probe.h"
#include "world.h"

#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "stack/ice/profiles.h"

namespace natsim::ice::test {
namespace NATSIM_TEST_FILE {

const Endpoint alice_address{IpAddress::v4(192, 0, 2, 1), 5000};
const Endpoint bob_address{IpAddress::v4(198, 51, 100, 1), 6000};
const Endpoint turn_address{IpAddress::v4(203, 0, 113, 10), 3478};

Options of(std::string_view name, Role role = Role::controlling) {
  Options options;
  options.role = role;
  apply(*find_profile(name), options);
  return options;
}

TEST(IceProfile, TheFirstIsWhatTheOptionsAreByDefault) {
  const Options rfc = of("rfc");
  const Options options;
  EXPECT_EQ(rfc.ta, options.ta);
  EXPECT_EQ(rfc.timers, options.timers);
  EXPECT_EQ(rfc.check_timers, options.check_timers);
  EXPECT_EQ(rfc.nomination, options.nomination);
  EXPECT_EQ(rfc.direct_patience, options.direct_patience);
  EXPECT_EQ(rfc.relay_patience, options.relay_patience);
  EXPECT_EQ(rfc.consent, options.consent);
  EXPECT_EQ(rfc.consent_interval, options.consent_interval);
  EXPECT_EQ(rfc.disconnected_after, options.disconnected_after);
  EXPECT_EQ(rfc.keepalive, options.keepalive);
  EXPECT_EQ(rfc.pac, options.pac);
  EXPECT_EQ(rfc.max_remote_candidates, options.max_remote_candidates);
}

TEST(IceProfile, Ice64_WhoResolvesNames) {
  for (const Profile& profile : profiles()) {
    const bool resolves =
        profile.name == "chrome" || profile.name == "pion" || profile.name == "aioice";
    EXPECT_EQ(of(profile.name).mdns, resolves ? Mdns::query : Mdns::off) << profile.name;
  }
}

// The sums of the intervals: 250 ms doubling to 8 s in nine sends, and so on.
TEST(IceProfile, Stun13_RequestsToServersAreGivenUpWhenTheClientDoes) {
  const std::map<std::string_view, Duration> expected = {{"rfc", milliseconds(39'500)},
                                                         {"chrome", milliseconds(39'750)},
                                                         {"libnice", seconds(2)},
                                                         {"pion", milliseconds(7'800)},
                                                         {"libjuice", milliseconds(23'500)},
                                                         {"aioice", milliseconds(63'500)}};
  ASSERT_EQ(profiles().size(), expected.size());
  for (const Profile& profile : profiles()) {
    EXPECT_EQ(profile.timers.total(), expected.at(profile.name)) << profile.name;
    EXPECT_FALSE(profile.source.empty());
  }
}

// When a check of a single pair that nobody answers goes out, and when the pair fails.
std::pair<std::vector<Duration>, Duration> unanswered(std::string_view name) {
  Probe p(of(name));
  p.meet();
  p.run_for(seconds(70));
  std::vector<Duration> sends;
  for (const auto& [at, check] : p.all<CheckSent>()) sends.push_back(at - Time{});
  return {sends, p.all<PairStateChanged>().back().first - Time{}};
}

TEST(IceProfile, Ice13_ChecksAreSentAgainAsTheClientDoes) {
  const auto [pion, pion_end] = unanswered("pion");
  ASSERT_EQ(pion.size(), 8u);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(pion[i], milliseconds(200) * static_cast<int>(i));
  EXPECT_EQ(pion_end, milliseconds(1'600));
  const auto [nice, nice_end] = unanswered("libnice");
  EXPECT_EQ(nice, (std::vector<Duration>{{}, milliseconds(500), milliseconds(1'500)}));
  EXPECT_EQ(nice_end, seconds(2));
  // Every 48 ms as long as it is the only pair: 312 times in 15 s.
  const auto [chrome, chrome_end] = unanswered("chrome");
  EXPECT_EQ(chrome.size(), 312u);
  EXPECT_EQ(chrome[1], milliseconds(48));
  EXPECT_EQ(chrome_end, milliseconds(48) * 312);
  EXPECT_EQ(unanswered("aioice").second, milliseconds(63'500));
  EXPECT_EQ(unanswered("libjuice").second, milliseconds(39'500));
}

TEST(IceProfile, AllConnectToAll) {
  for (const Profile& caller : profiles()) {
    for (const Profile& callee : profiles()) {
      World world;
      Peer& alice = world.add_peer("alice", alice_address, milliseconds(25), of(caller.name));
      Peer& bob =
          world.add_peer("bob", bob_address, milliseconds(25), of(callee.name, Role::controlled));
      alice.signal_to(bob);
      bob.signal_to(alice);
      alice.start(world.now());
      bob.start(world.now());
      world.run_until(Time{} + seconds(5));
      // The signal takes 20 ms, a check 100 ms; a regular nomination is one check more.
      const bool aggressive = caller.nomination == Nomination::aggressive;
      EXPECT_EQ(alice.entered(AgentState::completed), Time{} + milliseconds(aggressive ? 120 : 220))
          << caller.name << " to " << callee.name;
      EXPECT_EQ(bob.agent().state(), AgentState::completed) << caller.name << " to " << callee.name;
    }
  }
}

// pion waits by the types of the candidates: 2 s for a relayed one.
TEST(IceProfile, ARelayedPairWaitsAsLongAsItsTypeSays) {
  Options options = of("pion");
  options.policy = TransportPolicy::relay;
  World world;
  world.add_turn_server(turn_address, milliseconds(10));
  Peer& alice = world.add_peer("alice", alice_address, milliseconds(25), options);
  Peer& bob = world.add_peer("bob", bob_address, milliseconds(25), of("pion", Role::controlled));
  alice.agent().set_servers({}, {{turn_address, "alice", "secret"}});
  alice.signal_to(bob);
  bob.signal_to(alice);
  alice.start(world.now());
  bob.start(world.now());
  world.run_until(Time{} + seconds(5));
  // Checks could begin at 20 ms. The nominating check goes from alice to the relay to bob and back.
  EXPECT_EQ(alice.entered(AgentState::completed), Time{} + milliseconds(20 + 2'000 + 4 * 35));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::ice::test
