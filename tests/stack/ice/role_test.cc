// Role conflicts (RFC 8445 §7.2.5.1, §7.3.1.1).
#include "probe.h"
#include "world.h"

#include <gtest/gtest.h>

namespace natsim::ice::test {
namespace NATSIM_TEST_FILE {

constexpr Duration ms(std::int64_t n) { return milliseconds(n); }

struct ConflictCase {
  Role own;
  Role peer;
  std::uint64_t peer_tiebreaker;  // against 1000
  int answer;
  Role after;
};

TEST(IceRole, Ice23_AllCells) {
  constexpr Role g = Role::controlling;
  constexpr Role d = Role::controlled;
  for (const ConflictCase& c : {
           ConflictCase{g, g, 999, 487, g},
           ConflictCase{g, g, 1000, 487, g},
           ConflictCase{g, g, 1001, 0, d},
           ConflictCase{d, d, 999, 0, g},
           ConflictCase{d, d, 1000, 0, g},
           ConflictCase{d, d, 1001, 487, d},
           ConflictCase{g, d, 999, 0, g},
           ConflictCase{g, d, 1000, 0, g},
           ConflictCase{g, d, 1001, 0, g},
           ConflictCase{d, g, 999, 0, d},
           ConflictCase{d, g, 1000, 0, d},
           ConflictCase{d, g, 1001, 0, d},
       }) {
    SCOPED_TRACE(testing::Message() << to_string(c.own) << " meets " << to_string(c.peer)
                                    << " with " << c.peer_tiebreaker);
    Options options;
    options.role = c.own;
    Probe p(options);
    p.set_credentials();
    PeerRequest request;
    request.role = c.peer;
    request.tiebreaker = c.peer_tiebreaker;
    p.check_from(peer_address, request);
    const auto responses = p.of_class(c.answer == 0 ? stun::MessageClass::success_response
                                                    : stun::MessageClass::error_response);
    ASSERT_EQ(responses.size(), 1U);
    if (c.answer != 0) {
      EXPECT_EQ(static_cast<int>(view(responses[0]).error_code()->number), c.answer);
      // Authentic, so that the peer may act on it.
      auto key = stun::IntegrityKey::short_term(p.agent.local_credentials().password);
      EXPECT_TRUE(key.verify(view(responses[0])));
    }
    EXPECT_EQ(p.agent.role(), c.after);
    EXPECT_EQ(p.agent.tiebreaker(), 1000U);
    EXPECT_EQ(p.all<RoleSwitched>().size(), c.after == c.own ? 0U : 1U);
  }
}

TEST(IceRole, Ice24_A487SwitchesTheRoleAndChecksAgain) {
  for (const Role own : {Role::controlling, Role::controlled}) {
    SCOPED_TRACE(to_string(own));
    Options options;
    options.role = own;
    Probe p(options);
    p.meet();
    p.run_for(ms(100));
    p.refuse(p.last_request(), stun::ErrorNumber::role_conflict);
    EXPECT_EQ(p.agent.role(), opposite(own));
    EXPECT_TRUE(p.last<RoleSwitched>().by_response);
    // A new tiebreaker, lest equal ones fight for ever.
    EXPECT_NE(p.agent.tiebreaker(), 1000U);
    ASSERT_EQ(p.requests().size(), 2U);
    const Transmit request = p.last_request();
    const auto again = view(request);
    EXPECT_EQ(own == Role::controlling ? again.ice_controlled() : again.ice_controlling(),
              p.agent.tiebreaker());
    EXPECT_EQ(p.pair(1).state, PairState::in_progress);
  }
}

TEST(IceRole, Ice24_A487ForARoleAlreadyGivenUpChangesNothing) {
  Probe p;
  p.meet();
  const Transmit as_controlling = p.last_request();
  PeerRequest stronger;
  stronger.role = Role::controlling;
  stronger.tiebreaker = 2000;
  p.check_from(peer_address, stronger);
  EXPECT_EQ(p.agent.role(), Role::controlled);
  p.refuse(as_controlling, stun::ErrorNumber::role_conflict);
  EXPECT_EQ(p.agent.role(), Role::controlled);
  EXPECT_EQ(p.agent.tiebreaker(), 1000U);
}

TEST(IceRole, R04_NothingGoesOutWithTheOldRole) {
  Probe p;
  p.meet();
  PeerRequest stronger;
  stronger.role = Role::controlling;
  stronger.tiebreaker = 2000;
  p.run_for(ms(60));
  p.check_from(peer_address, stronger);
  const std::size_t before = 1;
  p.run_until(Time{} + seconds(45));
  const auto requests = p.requests();
  ASSERT_GT(requests.size(), before);
  for (std::size_t i = before; i < requests.size(); ++i) {
    EXPECT_TRUE(view(requests[i]).ice_controlled());
    EXPECT_FALSE(view(requests[i]).ice_controlling());
  }
}

TEST(IceRole, R02_ASwitchEndsTheOldRolesNomination) {
  Probe p;
  p.meet();
  p.run_for(ms(60));
  p.answer(p.last_request());
  EXPECT_TRUE(view(p.last_request()).use_candidate());
  const Transmit nominating = p.last_request();
  PeerRequest stronger;
  stronger.role = Role::controlling;
  stronger.tiebreaker = 2000;
  p.check_from(peer_address, stronger);
  p.answer(nominating);
  EXPECT_FALSE(p.pair(1).nominated);
  EXPECT_EQ(p.agent.state(), AgentState::connected);
  stronger.use_candidate = true;
  p.check_from(peer_address, stronger);
  EXPECT_EQ(p.agent.state(), AgentState::completed);
}

// Both in one role, with tiebreakers as given, and the first `lost` 487 responses lost.
void expect_resolved(Role role, std::uint64_t tiebreaker_a, std::uint64_t tiebreaker_b, int lost) {
  SCOPED_TRACE(testing::Message() << "both " << to_string(role) << ", " << tiebreaker_a << " and "
                                  << tiebreaker_b << ", losing " << lost);
  World world;
  Options options;
  options.role = role;
  options.tiebreaker = tiebreaker_a;
  Peer& a = world.add_peer("a", {IpAddress::v4(192, 0, 2, 1), 1}, ms(30), options);
  options.tiebreaker = tiebreaker_b;
  Peer& b = world.add_peer("b", {IpAddress::v4(192, 0, 2, 2), 2}, ms(30), options);
  a.signal_to(b);
  b.signal_to(a);
  world.drop = [&](const Packet& packet) {
    if (lost == 0 || !packet.is_binding(stun::MessageClass::error_response)) return false;
    --lost;
    return true;
  };
  a.start(Time{});
  b.start(Time{});
  world.run_until(Time{} + seconds(10));
  EXPECT_EQ(a.agent().state(), AgentState::completed);
  EXPECT_EQ(b.agent().state(), AgentState::completed);
  EXPECT_NE(a.agent().role(), b.agent().role());
  if (tiebreaker_a != tiebreaker_b) {
    // The larger tiebreaker controls.
    EXPECT_EQ(a.agent().role() == Role::controlling, tiebreaker_a > tiebreaker_b);
  }
  EXPECT_LT(world.packets().size(), 40U);
}

TEST(IceRole, R01_ConflictsResolveAlsoWhenA487IsLost) {
  for (const Role role : {Role::controlling, Role::controlled}) {
    for (const int lost : {0, 1, 2}) {
      expect_resolved(role, 5, 9, lost);
      expect_resolved(role, 9, 5, lost);
      expect_resolved(role, 7, 7, lost);
    }
  }
}

TEST(IceRole, R03_AggressiveNominationGoesOnAfterAConflict) {
  Options options;
  options.role = Role::controlled;
  options.nomination = Nomination::aggressive;
  Probe p(options);
  p.meet();
  p.run_for(ms(60));
  p.refuse(p.last_request(), stun::ErrorNumber::role_conflict);
  EXPECT_EQ(p.agent.role(), Role::controlling);
  EXPECT_TRUE(view(p.last_request()).use_candidate());
}

TEST(IceRole, AnEndlessConflictEnds) {
  Options options;
  options.max_triggered_checks = 5;
  Probe p(options);
  p.meet();
  for (int i = 0; i < 20; ++i) {
    p.run_for(ms(60));
    p.refuse(p.last_request(), stun::ErrorNumber::role_conflict);
  }
  EXPECT_EQ(p.requests().size(), 6U);
  EXPECT_EQ(p.pair(1).state, PairState::failed);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::ice::test
