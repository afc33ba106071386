// RTP-05: how often reports are sent.
#include "stack/rtp/report_interval.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace natsim::rtp {
namespace NATSIM_TEST_FILE {

TEST(ReportInterval, Rtp05IsAtLeastFiveSeconds) {
  ReportLoad load = {.session_bandwidth = 1'000'000,
                     .members = 2,
                     .senders = 2,
                     .is_sender = true,
                     .average_size = 100};
  EXPECT_EQ(deterministic_interval(load), seconds(5));
  load.is_first = true;
  EXPECT_EQ(deterministic_interval(load), milliseconds(2500));
  // 360 s by 1000 kbit/s.
  load.reduced_minimum = true;
  EXPECT_EQ(deterministic_interval(load), milliseconds(180));
  load.is_first = false;
  EXPECT_EQ(deterministic_interval(load), milliseconds(360));
  // At less than 72 kbit/s that would be more than 5 s.
  load.session_bandwidth = 64'000;
  EXPECT_EQ(deterministic_interval(load), seconds(5));
}

TEST(ReportInterval, Rtp05SharesATwentiethOfTheBandwidth) {
  // 1000 members' 100 bytes are 800 kbit; RTCP has 5 kbit/s of 100.
  ReportLoad load = {
      .session_bandwidth = 100'000, .members = 1000, .senders = 300, .average_size = 100};
  EXPECT_EQ(deterministic_interval(load), seconds(160));
  // A tenth sends: a hundred of them share a quarter, the others three quarters.
  load.senders = 100;
  load.is_sender = true;
  EXPECT_EQ(deterministic_interval(load), seconds(64));
  load.is_sender = false;
  EXPECT_EQ(deterministic_interval(load), seconds(192));
}

TEST(ReportInterval, Rtp05IsDrawnAroundTheCompensatedOne) {
  const ReportLoad load = {.session_bandwidth = 1'000'000, .average_size = 100};
  Random random(1);
  Duration least = seconds(100);
  Duration most;
  Duration sum;
  constexpr int draws = 10'000;
  for (int i = 0; i < draws; ++i) {
    const Duration drawn = random_interval(load, random);
    least = std::min(least, drawn);
    most = std::max(most, drawn);
    sum = sum + drawn;
  }
  // 2.5 s and 7.5 s by 1.21828.
  EXPECT_GE(least, nanoseconds(2'052'073'414));
  EXPECT_LT(least, milliseconds(2060));
  EXPECT_LE(most, nanoseconds(6'156'220'244));
  EXPECT_GT(most, milliseconds(6148));
  // The mean is 4.1041 s; of 10000 draws it lies within 2.6 of 11.8 ms deviation.
  EXPECT_NEAR((sum / draws).to_seconds(), 5 / 1.21828, 2.6 * (5 / 1.21828 / 3.4641) / 100);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::rtp
