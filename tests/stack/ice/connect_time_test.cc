// How long a connection takes, to the nanosecond and without loss: gathering, the first valid pair
// behind each kind of NAT, nomination, and a relay.
#include "world.h"

#include <gtest/gtest.h>

namespace natsim::ice::test {
namespace NATSIM_TEST_FILE {

constexpr Duration ms(std::int64_t n) { return milliseconds(n); }
constexpr Time at(Duration since_start) { return Time{} + since_start; }

const Endpoint stun_server{IpAddress::v4(203, 0, 113, 10), 3478};
const Endpoint turn_server{IpAddress::v4(203, 0, 113, 20), 3478};

// One way between the two hosts, and their round trip. A triggered check starts when it is
// triggered only if one way takes Ta or more; otherwise pacing makes it wait for Ta since the first
// check.
constexpr Duration delay_a = ms(30);
constexpr Duration delay_b = ms(43);
constexpr Duration one_way = delay_a + delay_b;
constexpr Duration round_trip = one_way * 2;
static_assert(one_way >= Options().ta);
constexpr Duration server_delay = ms(8);

// Two peers behind NATs that know nothing of each other until `introduce`. Host candidates are
// hidden, so that each has one pair, with index 0.
struct Pairing {
  Pairing(Mapping mapping_a, Filtering filtering_a, Mapping mapping_b, Filtering filtering_b,
          Options options = {}, bool with_turn = false) {
    world.add_stun_server(stun_server, server_delay);
    world.add_turn_server(turn_server, server_delay);
    options.hide_host_candidates = true;
    Options controlled = options;
    controlled.role = Role::controlled;
    const IpAddress external_a = IpAddress::v4(198, 51, 100, 1);
    const IpAddress external_b = IpAddress::v4(192, 0, 2, 1);
    a = &world.add_peer("a", {IpAddress::v4(192, 168, 1, 10), 5000}, delay_a, options,
                        NatModel(mapping_a, filtering_a, external_a));
    b = &world.add_peer("b", {IpAddress::v4(192, 168, 2, 10), 5000}, delay_b, controlled,
                        NatModel(mapping_b, filtering_b, external_b));
    a->agent().set_servers({stun_server}, {});
    std::vector<TurnServer> turn;
    if (with_turn) turn.push_back({turn_server, "alice", "secret"});
    b->agent().set_servers({stun_server}, turn);
    a->start(Time{});
    b->start(Time{});
  }

  // `to` learns all that `from` has gathered, and starts its checks.
  void introduce(Peer& to, Peer& from, Time when) {
    world.at(when, [this, &to, &from] {
      const Time now = world.now();
      to.agent().set_remote_credentials(from.agent().local_credentials(), now);
      for (const auto& [gathered_at, event] : from.all<CandidateGathered>()) {
        to.agent().add_remote_candidate(event.candidate, now);
      }
      to.agent().end_of_remote_candidates(now);
      to.drain(now);
    });
  }
  // Both start, `b` by `skew` after `a`, when all has been gathered.
  void run(Duration skew = {}) {
    introduce(*a, *b, at(start));
    introduce(*b, *a, at(start + skew));
    world.run_until(at(seconds(20)));
  }

  [[nodiscard]] Time valid(Peer& peer) const { return peer.agent().milestones().first_valid_pair; }
  [[nodiscard]] Time nominated(Peer& peer) const { return peer.agent().milestones().nominated; }

  static constexpr Duration start = seconds(1);
  World world;
  Peer* a = nullptr;
  Peer* b = nullptr;
};

using M = Mapping;
using F = Filtering;

TEST(IceConnectTime, Gathering) {
  Pairing p(M::endpoint_independent, F::port_dependent, M::endpoint_independent, F::port_dependent,
            {}, true);
  p.world.run_until(at(seconds(1)));
  // The j-th transaction starts after j * Ta; STUN takes one round trip, TURN two.
  const auto a = p.a->all<CandidateGathered>();
  ASSERT_EQ(a.size(), 1U);
  EXPECT_EQ(a[0].first, at((delay_a + server_delay) * 2));
  const auto b = p.b->all<CandidateGathered>();
  ASSERT_EQ(b.size(), 2U);
  EXPECT_EQ(b[0].first, at((delay_b + server_delay) * 2));
  EXPECT_EQ(b[1].second.candidate.type, CandidateType::relayed);
  EXPECT_EQ(b[1].first, at(ms(50) + (delay_b + server_delay) * 4));
  EXPECT_EQ(p.b->agent().milestones().gathering_ended, b[1].first);
  EXPECT_EQ(p.b->all<GatheringComplete>().size(), 1U);
}

TEST(IceConnectTime, TrickleBeginsAfterTwoSignallingDelays) {
  World world;
  world.signalling_delay = ms(40);
  Options controlled;
  controlled.role = Role::controlled;
  Peer& a = world.add_peer("a", {IpAddress::v4(192, 0, 2, 1), 1}, delay_a, {});
  Peer& b = world.add_peer("b", {IpAddress::v4(192, 0, 2, 2), 2}, delay_b, controlled);
  a.signal_to(b);
  b.signal_to(a);
  a.start(Time{});
  // The answerer begins when the offer is there.
  world.at(at(ms(40)), [&] { b.start(world.now()); });
  world.run_until(at(seconds(2)));
  EXPECT_EQ(b.agent().milestones().first_check, at(ms(40)));
  // The answer comes back after two delays, but the answerer's check comes first and is answered
  // without it; only the credentials are waited for.
  EXPECT_EQ(a.agent().milestones().first_check, at(ms(80)));
  EXPECT_EQ(a.agent().milestones().first_valid_pair, at(ms(80) + round_trip));
  EXPECT_EQ(b.agent().milestones().first_valid_pair, at(ms(40) + round_trip));
}

TEST(IceConnectTime, BothStartAtOnce) {
  Pairing p(M::endpoint_independent, F::port_dependent, M::endpoint_independent, F::port_dependent);
  p.run();
  EXPECT_EQ(p.valid(*p.a), at(p.start + round_trip));
  EXPECT_EQ(p.valid(*p.b), at(p.start + round_trip));
}

TEST(IceConnectTime, SkewBelowTheOneWayDelay) {
  Pairing p(M::endpoint_independent, F::port_dependent, M::endpoint_independent, F::port_dependent);
  const Duration skew = one_way - nanoseconds(1);
  p.run(skew);
  // The early one's packet finds the hole open.
  EXPECT_EQ(p.valid(*p.a), at(p.start + round_trip));
  EXPECT_EQ(p.valid(*p.b), at(p.start + skew + round_trip));
}

TEST(IceConnectTime, SkewBeyondTheOneWayDelay) {
  Pairing p(M::endpoint_independent, F::port_dependent, M::endpoint_independent, F::port_dependent);
  const Duration skew = ms(200);
  p.run(skew);
  // The late one's check passes, and triggers the early one's second.
  EXPECT_EQ(p.valid(*p.b), at(p.start + skew + round_trip));
  EXPECT_EQ(p.valid(*p.a), at(p.start + skew + one_way + round_trip));
}

TEST(IceConnectTime, SkewThatARetransmissionCutsShort) {
  Pairing p(M::endpoint_independent, F::port_dependent, M::endpoint_independent, F::port_dependent);
  // The early one's retransmission after 500 ms is on its way when the hole opens.
  const Duration skew = ms(450);
  p.run(skew);
  EXPECT_EQ(p.valid(*p.a), at(p.start + ms(500) + round_trip));
  EXPECT_EQ(p.valid(*p.b), at(p.start + skew + round_trip));
}

TEST(IceConnectTime, HardSideAgainstFullCone) {
  Pairing p(M::port_dependent, F::port_dependent, M::endpoint_independent, F::endpoint_independent);
  p.run();
  // The hard side is heard at once; the easy one's check of what was signalled is lost, and its
  // second goes to where the hard side was seen.
  EXPECT_EQ(p.valid(*p.a), at(p.start + round_trip));
  EXPECT_EQ(p.valid(*p.b), at(p.start + one_way + round_trip));
}

TEST(IceConnectTime, HardSideAgainstRestrictedCone) {
  // a is hard and starts first; b's filter opens with its first check.
  for (const auto& [skew, transmission] : {std::pair{ms(0), ms(0)},
                                           {ms(34), ms(0)},
                                           {ms(100), ms(500)},
                                           {ms(534), ms(500)},
                                           {ms(600), ms(1500)},
                                           {ms(1600), ms(3500)}}) {
    SCOPED_TRACE(to_string(skew));
    Pairing p(M::port_dependent, F::port_dependent, M::endpoint_independent, F::address_dependent);
    p.run(skew);
    // The first transmission that arrives after b has begun.
    EXPECT_EQ(p.valid(*p.a), at(p.start + transmission + round_trip));
  }
}

TEST(IceConnectTime, BothSidesPeerReflexive) {
  Pairing p(M::address_dependent, F::endpoint_independent, M::address_dependent,
            F::endpoint_independent);
  p.run();
  // First checks arrive from new ports and are answered from new ports: both fail. The triggered
  // ones are symmetric.
  EXPECT_EQ(p.valid(*p.a), at(p.start + one_way + round_trip));
  EXPECT_EQ(p.valid(*p.b), at(p.start + one_way + round_trip));
  EXPECT_EQ(p.a->agent().selected_pair()->local.type, CandidateType::peer_reflexive);
  EXPECT_EQ(p.a->agent().selected_pair()->remote.type, CandidateType::peer_reflexive);
}

TEST(IceConnectTime, RegularNominationAddsARoundTrip) {
  Pairing p(M::endpoint_independent, F::port_dependent, M::endpoint_independent, F::port_dependent);
  p.run();
  // The controlled side has a valid pair when USE-CANDIDATE arrives, half a round trip later.
  EXPECT_EQ(p.nominated(*p.b), at(p.start + round_trip + one_way));
  EXPECT_EQ(p.nominated(*p.a), at(p.start + round_trip * 2));
}

TEST(IceConnectTime, PacingDelaysTheTriggeredCheck) {
  // As HardSideAgainstFullCone, with Ta longer than one way.
  Options options;
  options.ta = ms(100);
  Pairing p(M::port_dependent, F::port_dependent, M::endpoint_independent, F::endpoint_independent,
            options);
  p.run();
  EXPECT_EQ(p.valid(*p.a), at(p.start + round_trip));
  EXPECT_EQ(p.valid(*p.b), at(p.start + ms(100) + round_trip));
}

TEST(IceConnectTime, AggressiveNominationAddsNothing) {
  Options options;
  options.nomination = Nomination::aggressive;
  Pairing p(M::endpoint_independent, F::port_dependent, M::endpoint_independent, F::port_dependent,
            options);
  p.run();
  EXPECT_EQ(p.nominated(*p.a), at(p.start + round_trip));
  EXPECT_EQ(p.nominated(*p.b), at(p.start + round_trip));
}

TEST(IceConnectTime, TheRelayIsTriedInItsOrder) {
  // No direct path; b has a relay.
  Pairing p(M::endpoint_independent, F::port_dependent, M::port_dependent, F::port_dependent, {},
            true);
  p.run();
  // b asks for the permission at once and a's pair with the relay has index 1, so a's check is
  // there later than the permission and is answered.
  const Duration permission = (delay_b + server_delay);
  const Duration first_check = ms(50) + delay_a + server_delay;
  ASSERT_LT(permission, first_check);
  EXPECT_EQ(p.valid(*p.a),
            at(p.start + ms(50) + (delay_a + server_delay + server_delay + delay_b) * 2));
  // Better pairs have their patience, then nomination takes its round trip.
  EXPECT_EQ(p.nominated(*p.a),
            p.valid(*p.a) + seconds(1) + (delay_a + server_delay * 2 + delay_b) * 2);
  EXPECT_EQ(p.a->agent().selected_pair()->remote.type, CandidateType::relayed);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::ice::test
