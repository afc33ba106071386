// What hangs off a world.
#include "sim/core/world.h"

#include <gtest/gtest.h>

namespace natsim::core {
namespace NATSIM_TEST_FILE {

TEST(World, NamesAreTakenOnce) {
  World world(1);
  EXPECT_EQ(world.unique_name("alice/ice"), "alice/ice");
  EXPECT_EQ(world.unique_name("bob/ice"), "bob/ice");
  EXPECT_EQ(world.unique_name("alice/ice"), "alice/ice-2");
  EXPECT_EQ(world.unique_name("alice/ice"), "alice/ice-3");
  World other(1);
  EXPECT_EQ(other.unique_name("alice/ice"), "alice/ice");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::core
