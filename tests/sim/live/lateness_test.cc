#include "sim/live/lateness.h"

#include <gtest/gtest.h>

namespace natsim::live {
namespace NATSIM_TEST_FILE {

TEST(Lateness, QuantilesAreWithinAnEighth) {
  Lateness lateness;
  for (int i = 1; i <= 1000; ++i) lateness.add(microseconds(i));
  EXPECT_EQ(lateness.count(), 1000u);
  EXPECT_EQ(lateness.worst(), microseconds(1000));
  for (const double share : {0.1, 0.5, 0.9, 0.99}) {
    const double exact = share * 1e6;  // ns
    const auto found = static_cast<double>(lateness.quantile(share).ns);
    EXPECT_GE(found, exact) << share;
    EXPECT_LE(found, exact * 1.13 + 1000) << share;
  }
  EXPECT_EQ(lateness.quantile(1), microseconds(1000));
}

TEST(Lateness, NothingAndLessThanNothing) {
  Lateness lateness;
  EXPECT_EQ(lateness.quantile(0.5), Duration{});
  lateness.add(microseconds(-3));  // written before it was due: the clocks' last digits
  EXPECT_EQ(lateness.worst(), Duration{});
  lateness.add(seconds(1'000));
  EXPECT_EQ(lateness.quantile(1), seconds(1'000));
}

TEST(Lateness, HistogramCountsEachOnce) {
  Lateness lateness;
  for (const auto us : {5, 10, 11, 99, 2'999, 50'000}) lateness.add(microseconds(us));
  const auto rows = lateness.histogram();
  EXPECT_EQ(rows[0].count, 2u);  // up to 10 us
  EXPECT_EQ(rows[1].count, 1u);  // up to 30 us
  EXPECT_EQ(rows[2].count, 1u);  // up to 100 us
  EXPECT_EQ(rows[5].count, 1u);  // up to 3 ms
  EXPECT_EQ(rows[7].count, 1u);  // over 10 ms
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::live
