// What --vary takes.
#include "tools/sweep/axis.h"

#include <gmock/gmock.h>

namespace natsim::sweep {
namespace NATSIM_TEST_FILE {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> values_of(const std::string& text) {
  const auto axis = parse_axis(text);
  return axis ? axis.value().values : std::vector{axis.error()};
}

TEST(Axis, TakesValuesAsTheyAre) {
  const auto axis = parse_axis("nat=symmetric,full-cone");
  ASSERT_TRUE(axis.ok());
  EXPECT_EQ(axis.value().name, "nat");
  EXPECT_THAT(axis.value().values, ElementsAre("symmetric", "full-cone"));
  // An address is no range, and what is behind the first "=" may hold another.
  EXPECT_THAT(values_of("to=203.0.113.1:80,a=b"), ElementsAre("203.0.113.1:80", "a=b"));
}

TEST(Axis, CountsInDecimalsExactly) {
  EXPECT_THAT(values_of("loss=0%:0.3%:0.1%"), ElementsAre("0%", "0.1%", "0.2%", "0.3%"));
  EXPECT_THAT(values_of("n=-1:1:1"), ElementsAre("-1", "0", "1"));
  EXPECT_THAT(values_of("x=-0.5:0.5:0.5"), ElementsAre("-0.5", "0", "0.5"));
  EXPECT_THAT(values_of("rate=1Mbit:2Mbit:0.5Mbit"), ElementsAre("1Mbit", "1.5Mbit", "2Mbit"));
  // The last step is left out when it would pass the end.
  EXPECT_THAT(values_of("n=1:6:2"), ElementsAre("1", "3", "5"));
}

TEST(Axis, CountsDurationsInAnyUnits) {
  EXPECT_THAT(values_of("interval=500ms:2s:500ms"), ElementsAre("500ms", "1s", "1.5s", "2s"));
}

TEST(Axis, JoinsValuesAndRanges) {
  EXPECT_THAT(values_of("n=1,4:6:1,10"), ElementsAre("1", "4", "5", "6", "10"));
}

TEST(Axis, RefusesWhatNamesNoValues) {
  for (const char* const text : {"", "n", "=1", "n="}) {
    EXPECT_FALSE(parse_axis(text).ok()) << text;
  }
  EXPECT_THAT(values_of("n=1,,2"), ElementsAre(HasSubstr("an item is empty")));
  EXPECT_THAT(values_of("n=1,2,1"), ElementsAre(HasSubstr("value 1 twice")));
  EXPECT_THAT(values_of("n=5:1:1"), ElementsAre(HasSubstr("ends before it begins")));
  EXPECT_THAT(values_of("n=1:5:0"), ElementsAre(HasSubstr("has to be above zero")));
  EXPECT_THAT(values_of("n=1:5%:1"), ElementsAre(HasSubstr("different units")));
  EXPECT_THAT(values_of("n=0:9999999999:1"), ElementsAre(HasSubstr("more than 1000000 values")));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::sweep
