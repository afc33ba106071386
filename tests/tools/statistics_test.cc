// Intervals and comparisons against published values, and against what resampling gives.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "stack/base/random.h"
#include "tools/statistics/comparison.h"
#include "tools/statistics/intervals.h"

namespace natsim::statistics {
namespace NATSIM_TEST_FILE {

TEST(Share, HasWilsonsInterval) {
  // Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20 and 1 of 29.
  const auto check = [](std::int64_t successes, std::int64_t trials, double low, double high) {
    const Estimate estimate = share(successes, trials);
    EXPECT_DOUBLE_EQ(estimate.value, static_cast<double>(successes) / static_cast<double>(trials));
    EXPECT_NEAR(estimate.interval->low, low, 5e-5);
    EXPECT_NEAR(estimate.interval->high, high, 5e-5);
  };
  check(81, 263, 0.2553, 0.3662);
  check(15, 148, 0.0624, 0.1605);
  check(0, 20, 0.0000, 0.1611);
  check(1, 29, 0.0061, 0.1718);
  EXPECT_EQ(share(20, 20).interval->high, 1);
}

TEST(Share, CoversTheTruthInNineteenOfTwenty) {
  Random random(1);
  int covered = 0;
  constexpr int experiments = 4000;
  for (int i = 0; i < experiments; ++i) {
    int successes = 0;
    for (int trial = 0; trial < 60; ++trial) successes += random.chance(0.2) ? 1 : 0;
    const Interval interval = *share(successes, 60).interval;
    covered += interval.low <= 0.2 && 0.2 <= interval.high ? 1 : 0;
  }
  // One deviation is sqrt(0.05 * 0.95 / 4000) = 0.34 %; Wilson's coverage wavers by 1 % at n = 60.
  EXPECT_NEAR(covered / static_cast<double>(experiments), 0.95, 0.02);
}

TEST(Quantile, IsTheSmallestValueWithThatShareBelow) {
  const double values[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  EXPECT_EQ(quantile(values, 0.5).value, 5);
  EXPECT_EQ(quantile(values, 0.51).value, 6);
  EXPECT_EQ(quantile(values, 0.9).value, 9);
  EXPECT_EQ(quantile(values, 1).value, 10);
  EXPECT_EQ(quantile(std::span(values).first(1), 0.5).value, 1);
  EXPECT_FALSE(quantile(std::span(values).first(1), 0.5).interval);
}

TEST(Quantile, HasTheIntervalThatResamplingApproaches) {
  Random random(7);
  std::vector<double> values;
  for (int i = 0; i < 101; ++i) values.push_back(random.exponential());
  std::sort(values.begin(), values.end());
  for (const double q : {0.5, 0.9}) {
    std::vector<double> resampled;
    for (int i = 0; i < 20'000; ++i) {
      std::vector<double> again;
      for (std::size_t k = 0; k < values.size(); ++k) {
        again.push_back(values[static_cast<std::size_t>(random.below(values.size()))]);
      }
      std::sort(again.begin(), again.end());
      resampled.push_back(quantile(again, q).value);
    }
    std::sort(resampled.begin(), resampled.end());
    // Both are values of the sample; resampling may be off by one place.
    const auto place = [&values](double value) {
      return std::lower_bound(values.begin(), values.end(), value) - values.begin();
    };
    const Interval interval = *quantile(values, q).interval;
    EXPECT_NEAR(static_cast<double>(place(interval.low)),
                static_cast<double>(place(resampled[500])), 1);
    EXPECT_NEAR(static_cast<double>(place(interval.high)),
                static_cast<double>(place(resampled[19'499])), 1);
  }
}

TEST(Mean, HasStudentsInterval) {
  const double values[] = {1, 2, 3, 4, 5};
  // t of 4 degrees of freedom at 2.5 % is 2.776445, the deviation of the mean sqrt(2.5 / 5).
  const Estimate estimate = mean(values);
  EXPECT_DOUBLE_EQ(estimate.value, 3);
  EXPECT_NEAR(estimate.interval->high, 3 + 2.776445 * std::sqrt(0.5), 1e-5);
  EXPECT_NEAR(estimate.interval->low, 3 - 2.776445 * std::sqrt(0.5), 1e-5);
  EXPECT_FALSE(mean(std::span(values).first(1)).interval);
}

TEST(Comparison, TakesDifferencesBetweenPointsForNoNoise) {
  // Two points far from each other; in both the second experiment is one above the first.
  const double near_before[] = {1, 2, 3};
  const double near_after[] = {2, 3, 4};
  const double far_before[] = {101, 102, 103};
  const double far_after[] = {102, 103, 104};
  const auto comparison = compare({{moments(near_before), moments(near_after), {}},
                                   {moments(far_before), moments(far_after), {}}},
                                  0.05);
  ASSERT_TRUE(comparison);
  EXPECT_DOUBLE_EQ(comparison->before, 52);
  EXPECT_DOUBLE_EQ(comparison->change, 1);
  // Every variance is 1: the change's deviation is sqrt(4 * 1/3) / 2, with 8 degrees of freedom.
  EXPECT_NEAR(comparison->interval->high, 1 + 2.306004 * std::sqrt(4.0 / 3) / 2, 1e-5);
  EXPECT_DOUBLE_EQ(*comparison->effect, 1);
}

TEST(Comparison, KnowsTheSameRunsAgain) {
  // Runs far from each other, of which each has become one or two greater.
  const double before[] = {0, 100, 200};
  const double after[] = {1, 102, 201};
  const double differences[] = {1, 2, 1};
  const auto comparison = compare({{moments(before), moments(after), moments(differences)}}, 0.05);
  ASSERT_TRUE(comparison);
  EXPECT_NEAR(comparison->change, 4.0 / 3, 1e-9);
  // t of 2 degrees of freedom is 4.302653; the variance of the differences is 1/3.
  EXPECT_NEAR(comparison->interval->low, 4.0 / 3 - 4.302653 / 3, 1e-5);
  EXPECT_FALSE(compare({{moments(before), moments(after), {}}}, 0.05)->interval->low > -100);
}

TEST(Comparison, LeavesOutWhatOneSideDoesNotHave) {
  const double some[] = {1, 2};
  EXPECT_FALSE(compare({{moments(some), moments({}), {}}}, 0.05));
  const auto comparison =
      compare({{moments(some), moments({}), {}}, {moments(some), moments(some), {}}}, 0.05);
  ASSERT_TRUE(comparison);
  EXPECT_DOUBLE_EQ(comparison->before, 1.5);
  const double one[] = {1};
  EXPECT_FALSE(compare({{moments(one), moments(one), {}}}, 0.05)->interval);
}

TEST(Comparison, IsSeldomWrongAboutNoise) {
  Random random(3);
  int wrong = 0;
  constexpr int experiments = 2000;
  for (int i = 0; i < experiments; ++i) {
    std::vector<Pair> points;
    for (int point = 0; point < 4; ++point) {
      std::vector<double> before;
      std::vector<double> after;
      for (int run = 0; run < 10; ++run) {
        before.push_back(point + random.exponential());
        after.push_back(point + random.exponential());
      }
      points.push_back({moments(before), moments(after), {}});
    }
    const Interval interval = *compare(points, 0.05)->interval;
    wrong += interval.low > 0 || interval.high < 0 ? 1 : 0;
  }
  EXPECT_NEAR(wrong / static_cast<double>(experiments), 0.05, 0.02);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::statistics
