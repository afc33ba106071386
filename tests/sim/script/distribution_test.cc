// What param() takes as its third argument, and what is drawn from it.
#include "sim/script/distribution.h"

#include "script_test.h"

#include <cmath>
#include <map>

#include <gmock/gmock.h>

#include "sim/script/reported_quantity.h"

namespace natsim::script {
namespace NATSIM_TEST_FILE {

using testing::HasSubstr;

Distribution declared(const std::string& arguments) {
  const Outcome outcome = run_body("param('p', " + arguments + ")");
  EXPECT_EQ(outcome.error, "") << arguments;
  return outcome.params.at(0).distribution.value();
}

std::vector<std::string> draws(const Distribution& distribution, int count) {
  Random random(1);
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i) all.push_back(draw(distribution, random));
  return all;
}

double number(const std::string& text) { return number_in(ReportedValue(text)).value_or(-1); }

TEST(Distribution, DrawsWithinItsRangeInTheDefaultsKind) {
  double sum = 0;
  for (const std::string& text :
       draws(declared("'20ms', { uniform = { '10ms', '30ms' } }"), 3000)) {
    EXPECT_GE(number(text), 0.010);
    EXPECT_LE(number(text), 0.030);
    sum += number(text);
  }
  // The mean's deviation is 20 ms / sqrt(12 * 3000) = 0.105 ms.
  EXPECT_NEAR(sum / 3000, 0.020, 5 * 0.000105);
  for (const std::string& text : draws(declared("'1%', { uniform = { '0%', '2%' } }"), 50)) {
    EXPECT_TRUE(text.ends_with('%')) << text;
    EXPECT_LE(number(text), 0.02);
  }
  std::map<std::string, int> whole;
  for (const std::string& text : draws(declared("2, { uniform = { 1, 3 } }"), 300)) ++whole[text];
  EXPECT_EQ(whole.size(), 3u);
  EXPECT_GT(whole["1"], 50);
  EXPECT_GT(whole["3"], 50);
}

TEST(Distribution, MakesEveryFactorAsLikely) {
  int lower = 0;
  for (const std::string& text :
       draws(declared("'1Mbit', { log_uniform = { '100kbit', '10Mbit' } }"), 2000)) {
    if (number(text) < 1e6) ++lower;
  }
  // Half of them are below the geometric mean, within 5 deviations of sqrt(2000) / 2.
  EXPECT_NEAR(lower, 1000, 5 * 22.4);
}

TEST(Distribution, WeighsChoices) {
  std::map<std::string, int> count;
  for (const std::string& text :
       draws(declared("'a', { choice = { { 'a', 3 }, { 'b', 1 } } }"), 4000)) {
    ++count[text];
  }
  EXPECT_NEAR(count["a"], 3000, 5 * 27.4);
  EXPECT_EQ(count["a"] + count["b"], 4000);
  EXPECT_EQ(draws(declared("true, { choice = { false } }"), 1).front(), "false");
}

TEST(Distribution, GivesTheDefaultWhileNothingIsSet) {
  EXPECT_EQ(value_of("param('p', '20ms', { uniform = { '30ms', '40ms' } })"), "20ms");
  EXPECT_EQ(value_of("select('#', param('n', 'symmetric', { nat_mix = 'halkes2010' }))"), "1");
  RunOptions options;
  options.settings = {{"n", "full-cone+udp-blocked"}};
  EXPECT_EQ(value_of("select(2, param('n', 'symmetric', { nat_mix = 'halkes2010' }))", options),
            "udp-blocked");
}

TEST(Distribution, RefusesWhatTheParameterCannotBe) {
  const auto error = [](const std::string& rest) { return error_of("param('p', " + rest + ")"); };
  EXPECT_THAT(error("'20ms', { uniform = { '1s' } }"), HasSubstr("the lowest and the highest"));
  EXPECT_THAT(error("'20ms', { uniform = { 1, 2 } }"), HasSubstr("a duration such as"));
  EXPECT_THAT(error("'20ms', { uniform = { '2s', '1s' } }"), HasSubstr("above the highest"));
  EXPECT_THAT(error("'a', { uniform = { 'a', 'b' } }"), HasSubstr("use choice"));
  EXPECT_THAT(error("1, { log_uniform = { 0, 5 } }"), HasSubstr("above zero"));
  EXPECT_THAT(error("1, { normal = { 0, 5 } }"), HasSubstr("unknown key 'normal'"));
  EXPECT_THAT(error("1, {}"), HasSubstr("uniform, log_uniform, choice or nat_mix"));
  EXPECT_THAT(error("1, { choice = { 1 }, uniform = { 1, 2 } }"), HasSubstr("not several"));
  EXPECT_THAT(error("1, { choice = { 'x' } }"), HasSubstr("a whole number"));
  EXPECT_THAT(error("'x', { choice = { { 'x', 0 } } }"), HasSubstr("1"));
  EXPECT_THAT(error("'x', { nat_mix = 'halkes2011' }"), HasSubstr("did you mean 'halkes2010'"));
}

TEST(Metric, HasAUnitOnlyAsANumber) {
  const Outcome outcome = run_body("metric('a', 1, { unit = 'bit/s' }) metric('b', 1, 'more')");
  ASSERT_EQ(outcome.metrics.size(), 2u);
  EXPECT_EQ(outcome.metrics[0].unit, "bit/s");
  EXPECT_EQ(outcome.metrics[1].unit, "");
  EXPECT_THAT(error_of("metric('a', true, { unit = 's' })"), HasSubstr("is not a number"));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
