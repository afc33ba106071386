// ICE between every two kinds of NAT against the closed form of reachability: each side's candidate
// type, and whether the path is direct, relayed or none.
#include "world.h"

#include <array>
#include <optional>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

namespace natsim::ice::test {
namespace NATSIM_TEST_FILE {

struct Kind {
  const char* name;
  std::optional<std::pair<Mapping, Filtering>> nat;  // nullopt: a public address
};

using M = Mapping;
using F = Filtering;
const std::array<Kind, 10> kinds{{
    {"OPEN", std::nullopt},
    {"EIM/EIF", {{M::endpoint_independent, F::endpoint_independent}}},
    {"EIM/ADF", {{M::endpoint_independent, F::address_dependent}}},
    {"EIM/APDF", {{M::endpoint_independent, F::port_dependent}}},
    {"ADM/EIF", {{M::address_dependent, F::endpoint_independent}}},
    {"ADM/ADF", {{M::address_dependent, F::address_dependent}}},
    {"ADM/APDF", {{M::address_dependent, F::port_dependent}}},
    {"APDM/EIF", {{M::port_dependent, F::endpoint_independent}}},
    {"APDM/ADF", {{M::port_dependent, F::address_dependent}}},
    {"APDM/APDF", {{M::port_dependent, F::port_dependent}}},
}};

bool is_eim(const Kind& kind) { return !kind.nat || kind.nat->first == M::endpoint_independent; }
bool is_adm(const Kind& kind) { return kind.nat && kind.nat->first == M::address_dependent; }
bool filters_ports(const Kind& kind) { return kind.nat && kind.nat->second == F::port_dependent; }
bool filters_nothing(const Kind& kind) {
  return !kind.nat || kind.nat->second == F::endpoint_independent;
}

// Reachability without a relay.
bool is_direct(const Kind& a, const Kind& b) {
  if (is_eim(a) && is_eim(b)) return true;
  if (is_eim(a) != is_eim(b)) return !filters_ports(is_eim(a) ? a : b);
  return !filters_ports(a) && !filters_ports(b) && (filters_nothing(a) || filters_nothing(b)) &&
         (is_adm(a) || is_adm(b));
}

// What the peer of a host behind `kind` sees of it. An open host that hides its host candidate is
// known by what the STUN server says, which is the same address.
CandidateType own_type(const Kind& kind, bool hidden) {
  if (!kind.nat) return hidden ? CandidateType::server_reflexive : CandidateType::host;
  return is_eim(kind) ? CandidateType::server_reflexive : CandidateType::peer_reflexive;
}

enum class Path : std::uint8_t { none, direct, relay };

struct Outcome {
  Path path = Path::none;
  CandidateType a = CandidateType::host;
  CandidateType b = CandidateType::host;
  bool operator==(const Outcome&) const = default;
};

void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << (outcome.path == Path::none ? "none" : outcome.path == Path::direct ? "direct" : "relay");
  if (outcome.path != Path::none)
    *out << ' ' << to_string(outcome.a) << ' ' << to_string(outcome.b);
}

struct Setup {
  bool has_turn = true;
  bool b_controls = false;
  bool hide_host_candidates = false;
  Duration signalling = milliseconds(20);
  Duration ta = milliseconds(50);
  Duration start_skew{};  // of b
  // One way, to the middle of the network.
  Duration delay_a = milliseconds(15);
  Duration delay_b = milliseconds(25);
  Duration server_delay = milliseconds(5);
  Nomination nomination = Nomination::regular;
};

// With a relay on an address of its own; `a` controls unless `setup` says otherwise.
Outcome predict(const Kind& a, const Kind& b, const Setup& setup) {
  const CandidateType own_a = own_type(a, setup.hide_host_candidates);
  const CandidateType own_b = own_type(b, setup.hide_host_candidates);
  if (is_direct(a, b)) return {Path::direct, own_a, own_b};
  if (!setup.has_turn) return {};
  const bool a_stays =
      type_preference(own_a) > type_preference(own_b) || (own_a == own_b && !setup.b_controls);
  return a_stays ? Outcome{Path::relay, own_a, CandidateType::relayed}
                 : Outcome{Path::relay, CandidateType::relayed, own_b};
}

std::optional<NatModel> make_nat(const Kind& kind, const IpAddress& external) {
  if (!kind.nat) return std::nullopt;
  return NatModel(kind.nat->first, kind.nat->second, external);
}

Outcome outcome_of(Peer& a, Peer& b) {
  const auto pair_a = a.agent().selected_pair();
  const auto pair_b = b.agent().selected_pair();
  if (!pair_a && !pair_b) return {};
  EXPECT_TRUE(pair_a && pair_b);
  if (!pair_a || !pair_b) return {};
  // Both agree on the types: each one's local candidate is the other's remote one.
  EXPECT_EQ(pair_a->local.type, pair_b->remote.type);
  EXPECT_EQ(pair_a->remote.type, pair_b->local.type);
  const bool relayed =
      pair_a->local.type == CandidateType::relayed || pair_b->local.type == CandidateType::relayed;
  return {relayed ? Path::relay : Path::direct, pair_a->local.type, pair_b->local.type};
}

Outcome run(const Kind& kind_a, const Kind& kind_b, const Setup& setup) {
  World world;
  world.signalling_delay = setup.signalling;
  const Endpoint stun{IpAddress::v4(203, 0, 113, 10), 3478};
  const Endpoint turn{IpAddress::v4(203, 0, 113, 20), 3478};
  world.add_stun_server(stun, setup.server_delay);
  world.add_turn_server(turn, setup.server_delay);

  Options options;
  options.ta = setup.ta;
  options.nomination = setup.nomination;
  options.hide_host_candidates = setup.hide_host_candidates;
  Options options_a = options;
  Options options_b = options;
  options_a.role = setup.b_controls ? Role::controlled : Role::controlling;
  options_b.role = opposite(options_a.role);
  const auto address = [](const Kind& kind, IpAddress open, IpAddress home) {
    return Endpoint{kind.nat ? home : open, 5000};
  };
  const IpAddress external_a = IpAddress::v4(198, 51, 100, 1);
  const IpAddress external_b = IpAddress::v4(192, 0, 2, 1);
  Peer& a = world.add_peer("a", address(kind_a, external_a, IpAddress::v4(192, 168, 1, 10)),
                           setup.delay_a, options_a, make_nat(kind_a, external_a));
  Peer& b = world.add_peer("b", address(kind_b, external_b, IpAddress::v4(192, 168, 2, 10)),
                           setup.delay_b, options_b, make_nat(kind_b, external_b));
  for (Peer* peer : {&a, &b}) {
    std::vector<TurnServer> relays;
    if (setup.has_turn) relays.push_back({turn, "alice", "secret"});
    peer->agent().set_servers({stun}, relays);
  }
  a.signal_to(b);
  b.signal_to(a);
  a.start(Time{});
  world.at(Time{} + setup.start_skew, [&] { b.start(world.now()); });

  // Longer than the last check can last: the peer retransmits for 31.5 s, and its last request
  // starts a check that is given up after 39.5 s.
  world.run_until(Time{} + seconds(120), [&] {
    return a.agent().state() == AgentState::completed && b.agent().state() == AgentState::completed;
  });
  if (!is_direct(kind_a, kind_b) && !setup.has_turn) {
    EXPECT_EQ(a.agent().state(), AgentState::failed);
    EXPECT_EQ(b.agent().state(), AgentState::failed);
  } else {
    // Data goes both ways; meanwhile the last candidates are signalled.
    EXPECT_EQ(a.agent().send(as_bytes("ping"), world.now()), SendResult::sent);
    a.drain(world.now());
    EXPECT_EQ(b.agent().send(as_bytes("pong"), world.now()), SendResult::sent);
    b.drain(world.now());
    world.run_until(world.now() + seconds(2));
    EXPECT_EQ(a.data().size(), 1U);
    EXPECT_EQ(b.data().size(), 1U);
  }
  return outcome_of(a, b);
}

void check_all(const Setup& setup) {
  int direct = 0;
  for (const Kind& a : kinds) {
    for (const Kind& b : kinds) {
      SCOPED_TRACE(std::string(a.name) + " - " + b.name);
      const Outcome outcome = run(a, b, setup);
      EXPECT_EQ(outcome, predict(a, b, setup));
      if (outcome.path == Path::direct) ++direct;
    }
  }
  EXPECT_EQ(direct, 61);
}

TEST(IceMatrix, N13_PathsWithoutRelay) { check_all({.has_turn = false}); }

TEST(IceMatrix, N13_PathsWithoutRelayWhenTheOtherSideControls) {
  check_all({.has_turn = false, .b_controls = true});
}

TEST(IceMatrix, N13_TypesWithRelay) { check_all({}); }

TEST(IceMatrix, N13_TypesWithRelayWhenTheOtherSideControls) { check_all({.b_controls = true}); }

TEST(IceMatrix, N13_TypesWithSlowSignalling) { check_all({.signalling = milliseconds(700)}); }

TEST(IceMatrix, N13_TypesWithHiddenHostCandidates) {
  check_all({.hide_host_candidates = true});
  check_all({.b_controls = true, .hide_host_candidates = true});
}

TEST(IceMatrix, N13_TypesWithFastPacing) { check_all({.ta = milliseconds(5)}); }

TEST(IceMatrix, N13_TypesWhenOneSideStartsLater) {
  check_all({.start_skew = milliseconds(300)});
  check_all({.b_controls = true, .start_skew = milliseconds(300)});
}

TEST(IceMatrix, N13_PathsWithAggressiveNomination) {
  check_all({.has_turn = false, .nomination = Nomination::aggressive});
}

// The prediction knows no delays.
TEST(IceMatrix, N13_TypesWhateverTheDelays) {
  for (const std::int64_t a : {1, 120}) {
    for (const std::int64_t b : {2, 70}) {
      for (const std::int64_t server : {1, 60}) {
        SCOPED_TRACE(testing::Message() << a << ' ' << b << ' ' << server);
        check_all({.delay_a = milliseconds(a),
                   .delay_b = milliseconds(b),
                   .server_delay = milliseconds(server)});
      }
    }
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::ice::test
