#include "sim/script/nearest.h"

#include <array>
#include <string_view>

#include <gtest/gtest.h>

namespace natsim::script {
namespace NATSIM_TEST_FILE {

constexpr std::array<std::string_view, 3> names = {"one_way_delay", "loss", "rate"};

TEST(Nearest, FindsMisspeltNames) {
  EXPECT_EQ(nearest("one_way_dely", names), "one_way_delay");
  EXPECT_EQ(nearest("delay", names), "");
  EXPECT_EQ(nearest("lsos", names), "loss");  // two neighbours swapped are one change
  EXPECT_EQ(nearest("rat", names), "rate");
  EXPECT_EQ(nearest("", names), "");
}

TEST(Nearest, SuggestsOrLists) {
  EXPECT_EQ(suggestion("lost", names), "; did you mean 'loss'?");
  EXPECT_EQ(suggestion("colour", names), "; expected one of 'one_way_delay', 'loss', 'rate'");
  EXPECT_EQ(suggestion("x", {}), "");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
