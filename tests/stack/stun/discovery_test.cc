#include "discovery_world.h"

#include <gtest/gtest.h>

#include "stack/stun/behaviour_discovery.h"
#include "stack/stun/classic_discovery.h"

namespace natsim::stun {
namespace NATSIM_TEST_FILE {

using World = DiscoveryWorld<BehaviourDiscovery>;
using ClassicWorld = DiscoveryWorld<ClassicDiscovery>;

BehaviourReport discover(World& world, BehaviourDiscovery::Options options = {}) {
  options.server = server_primary;
  BehaviourDiscovery client(options, Random(5), world.now);
  world.run(client);
  EXPECT_NE(client.report(), nullptr);
  return client.report() != nullptr ? *client.report() : BehaviourReport{};
}

constexpr std::array dependences{Dependence::none, Dependence::address,
                                 Dependence::address_and_port};
constexpr std::array mapping_kinds{MappingBehaviour::endpoint_independent,
                                   MappingBehaviour::address_dependent,
                                   MappingBehaviour::address_and_port_dependent};
constexpr std::array filtering_kinds{FilteringBehaviour::endpoint_independent,
                                     FilteringBehaviour::address_dependent,
                                     FilteringBehaviour::address_and_port_dependent};

TEST(StunDiscovery, Stun29_EveryKindOfNatIsFoundAsItself) {
  for (std::size_t m = 0; m < 3; ++m) {
    for (std::size_t f = 0; f < 3; ++f) {
      for (const bool hairpin : {false, true}) {
        World world;
        world.nat =
            NatModel{.mapping = dependences[m], .filtering = dependences[f], .hairpin = hairpin};
        const BehaviourReport report = discover(world);
        SCOPED_TRACE(to_string(mapping_kinds[m]) + " / " + to_string(filtering_kinds[f]));
        EXPECT_FALSE(report.udp_blocked);
        EXPECT_EQ(report.mapped, Endpoint::parse("203.0.113.1:20000"));
        EXPECT_EQ(report.mapping, mapping_kinds[m]);
        EXPECT_EQ(report.filtering, filtering_kinds[f]);
        EXPECT_EQ(report.lifetime, BindingLifetime{});
        if (m == 0) {
          EXPECT_EQ(report.hairpin, hairpin ? HairpinBehaviour::present : HairpinBehaviour::absent);
        } else if (!hairpin) {
          EXPECT_EQ(report.hairpin, HairpinBehaviour::cannot_tell);
        }
      }
    }
  }
}

// Each answer takes one round trip of 20 ms, each silence 39.5 s: mapping I and II, filtering I
// answered, filtering II and III silent.
TEST(StunDiscovery, Stun29_TimeOfTheTests) {
  World world;
  world.nat = NatModel{.mapping = Dependence::none, .filtering = Dependence::address_and_port};
  discover(world, {.hairpin = false});
  EXPECT_EQ(world.now, Time{} + milliseconds(3 * 20 + 2 * 39'500));
  EXPECT_EQ(world.packets, 3 + 2 * 7);
}

TEST(StunDiscovery, Stun29_TestsCanBeLeftOut) {
  World world;
  world.nat = NatModel{};
  const BehaviourReport report =
      discover(world, {.mapping = false, .filtering = false, .hairpin = false, .lifetime = false});
  EXPECT_TRUE(report.mapped);
  EXPECT_EQ(report.mapping, MappingBehaviour::cannot_tell);
  EXPECT_EQ(report.filtering, FilteringBehaviour::cannot_tell);
  EXPECT_EQ(report.hairpin, HairpinBehaviour::cannot_tell);
  EXPECT_EQ(world.packets, 1);
}

TEST(StunDiscovery, Stun29_WithoutNat) {
  World open;
  const BehaviourReport report = discover(open);
  EXPECT_EQ(report.mapping, MappingBehaviour::no_translation);
  EXPECT_EQ(report.filtering, FilteringBehaviour::endpoint_independent);
  EXPECT_EQ(report.hairpin, HairpinBehaviour::cannot_tell);

  World firewalled;
  firewalled.firewall = true;
  const BehaviourReport behind = discover(firewalled);
  EXPECT_EQ(behind.mapping, MappingBehaviour::no_translation);
  EXPECT_EQ(behind.filtering, FilteringBehaviour::address_and_port_dependent);
}

TEST(StunDiscovery, Stun29_BlockedUdp) {
  World world;
  world.dead = true;
  const BehaviourReport report = discover(world);
  EXPECT_TRUE(report.udp_blocked);
  EXPECT_EQ(report.mapping, MappingBehaviour::cannot_tell);
  EXPECT_EQ(world.now, Time{} + milliseconds(39'500));
}

// A server on one address knows nothing of RFC 5780: the mapped address and hairpinning are all
// that can be learned, and silence there proves nothing.
TEST(StunDiscovery, Stun29_ServerWithoutAnotherAddress) {
  World world;
  world.nat = NatModel{.hairpin = true};
  world.server = BindingServer({.primary = server_primary});
  const BehaviourReport report = discover(world, {.lifetime = true});
  EXPECT_TRUE(report.mapped);
  EXPECT_EQ(report.mapping, MappingBehaviour::cannot_tell);
  EXPECT_EQ(report.filtering, FilteringBehaviour::cannot_tell);
  EXPECT_EQ(report.hairpin, HairpinBehaviour::present);
  EXPECT_EQ(report.lifetime, BindingLifetime{});
}

// An answer from the address that was asked proves nothing about others, though it gets through.
TEST(StunDiscovery, Stun29_ServerThatDoesNotChangeItsAddress) {
  World world;
  world.nat = NatModel{.filtering = Dependence::address_and_port};
  world.deaf_to_changes = true;
  EXPECT_EQ(discover(world).filtering, FilteringBehaviour::cannot_tell);
}

// The known mis-measurement: on one socket for all tests, the request of mapping II to the other
// address has opened an address-dependent filter for the answer of filtering II.
TEST(StunDiscovery, Stun29_OneSocketForAllTestsMeasuresFilteringWrongly) {
  World world;
  world.nat = NatModel{.mapping = Dependence::none, .filtering = Dependence::address};
  world.one_port = true;
  EXPECT_EQ(discover(world).filtering, FilteringBehaviour::endpoint_independent);
}

// 600 s, 300 s and 150 s are too long for bindings of 120 s, 75 s and 112.5 s are not, 131.25 s and
// 121.875 s are, 117.1875 s is not; the last two are less than 5 s apart.
TEST(StunDiscovery, Stun29_LifetimeByBisection) {
  World world;
  world.nat = NatModel{.filtering = Dependence::address_and_port, .idle_timeout = seconds(120)};
  const BehaviourReport report =
      discover(world, {.mapping = false, .filtering = false, .hairpin = false, .lifetime = true});
  EXPECT_EQ(report.lifetime.alive_after, microseconds(117'187'500));
  EXPECT_EQ(report.lifetime.expired_after, microseconds(121'875'000));
}

TEST(StunDiscovery, Stun29_LifetimeBeyondTheLongestTried) {
  World world;
  world.nat = NatModel{.idle_timeout = seconds(120)};
  const BehaviourReport report = discover(world, {.mapping = false,
                                                  .filtering = false,
                                                  .hairpin = false,
                                                  .lifetime = true,
                                                  .longest_lifetime = seconds(60)});
  EXPECT_EQ(report.lifetime.alive_after, seconds(60));
  EXPECT_EQ(report.lifetime.expired_after, std::nullopt);
}

// The expired binding's port goes to the socket that asks, and with it the answer: expired, not
// alive. The same search as above comes to the same end.
TEST(StunDiscovery, Stun29_LifetimeWhenPortsAreReused) {
  World world;
  world.nat = NatModel{.idle_timeout = seconds(120), .reuse_ports = true};
  const BehaviourReport report =
      discover(world, {.mapping = false, .filtering = false, .hairpin = false, .lifetime = true});
  EXPECT_EQ(report.lifetime.alive_after, microseconds(117'187'500));
  EXPECT_EQ(report.lifetime.expired_after, microseconds(121'875'000));
}

ClassicNatType classify(ClassicWorld& world) {
  ClassicDiscovery client(server_primary, {}, Random(5), world.now);
  world.run(client);
  EXPECT_TRUE(client.type());
  return client.type().value_or(ClassicNatType::cannot_tell);
}

// What the decision tree calls each kind; endpoint-independent filtering hides the mapping.
TEST(StunClassicDiscovery, DecisionTree) {
  using enum ClassicNatType;
  constexpr ClassicNatType expected[3][3] = {
      {full_cone, restricted_cone, port_restricted_cone},
      {full_cone, symmetric, symmetric},
      {full_cone, symmetric, symmetric},
  };
  for (std::size_t m = 0; m < 3; ++m) {
    for (std::size_t f = 0; f < 3; ++f) {
      ClassicWorld world;
      world.nat = NatModel{.mapping = dependences[m], .filtering = dependences[f]};
      SCOPED_TRACE(to_string(mapping_kinds[m]) + " / " + to_string(filtering_kinds[f]));
      EXPECT_EQ(to_string(classify(world)), to_string(expected[m][f]));
    }
  }
}

TEST(StunClassicDiscovery, WithoutNat) {
  ClassicWorld open;
  EXPECT_EQ(classify(open), ClassicNatType::open_internet);
  ClassicWorld firewalled;
  firewalled.firewall = true;
  EXPECT_EQ(classify(firewalled), ClassicNatType::symmetric_firewall);
  ClassicWorld dead;
  dead.dead = true;
  EXPECT_EQ(classify(dead), ClassicNatType::blocked);
  ClassicWorld plain_server;
  plain_server.server = BindingServer({.primary = server_primary});
  EXPECT_EQ(classify(plain_server), ClassicNatType::cannot_tell);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::stun
