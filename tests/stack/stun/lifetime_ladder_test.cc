#include "stack/stun/lifetime_ladder.h"

#include "discovery_world.h"

#include <gtest/gtest.h>

namespace natsim::stun {
namespace NATSIM_TEST_FILE {

using World = DiscoveryWorld<LifetimeLadder>;

BindingLifetime find(World& world, LifetimeLadder::Options options) {
  options.server = server_primary;
  LifetimeLadder ladder(options, Random(1), world.now);
  world.run(ladder);
  EXPECT_TRUE(ladder.done());
  return ladder.found();
}

TEST(LifetimeLadder, Stun29_FindsATimeoutInLittleMoreThanTwiceIt) {
  World world;
  world.nat = NatModel{.filtering = Dependence::address_and_port, .idle_timeout = seconds(30)};
  const BindingLifetime found = find(world, {});
  // First 300 s, 150 s … 2.34375 s: dead at 37.5 s, alive at 18.75 s. Then nine parts of 18.75 s,
  // 2.083333333 s each: alive at the fifth, 29.166666666 s, dead at the sixth, 31.25 s. Then three
  // parts, since no closer than 1 s was asked for: 694444444 ns each.
  ASSERT_TRUE(found.alive_after && found.expired_after);
  EXPECT_LE(*found.alive_after, seconds(30));
  EXPECT_GE(*found.expired_after, seconds(30));
  EXPECT_LE(*found.expired_after - *found.alive_after, seconds(1));
  // 37.5 s, at most 31.25 s twice, and the silence of the dead ones.
  EXPECT_LT(world.now, Time{} + seconds(110));
}

TEST(LifetimeLadder, Stun29_LongerThanIsTried) {
  World world;
  world.nat = NatModel{.idle_timeout = seconds(120)};
  EXPECT_EQ(find(world, {.longest = seconds(60)}), (BindingLifetime{seconds(60), std::nullopt}));
}

TEST(LifetimeLadder, Stun29_AStreamIsUsedBeforeItIsLeftAlone) {
  World world;
  world.nat = NatModel{.idle_timeout = seconds(10)};
  const BindingLifetime found = find(world, {.stream = true, .longest = seconds(40)});
  ASSERT_TRUE(found.alive_after && found.expired_after);
  EXPECT_LE(*found.alive_after, seconds(10));
  EXPECT_GE(*found.expired_after, seconds(10));
  // Each trial has its exchanges; the first round alone has six trials.
  EXPECT_GT(world.packets, 6 * LifetimeLadder::stream_exchanges);
}

TEST(LifetimeLadder, Stun29_NobodyAnswers) {
  World world;
  world.dead = true;
  EXPECT_EQ(find(world, {}), BindingLifetime{});
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::stun
