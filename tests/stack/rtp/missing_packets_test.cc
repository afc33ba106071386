// RTP-07: what is asked for again, and when.
#include "stack/rtp/missing_packets.h"

#include <gtest/gtest.h>

namespace natsim::rtp {
namespace NATSIM_TEST_FILE {

using Numbers = std::vector<std::uint16_t>;

constexpr Time start{};

TEST(MissingPackets, Rtp07AreAskedForAtOnceAndOnceARoundTrip) {
  MissingPackets packets({.round_trip = milliseconds(100), .tries = 3});
  packets.receive(65'534, start);
  EXPECT_EQ(packets.next_timeout(), Time::never());
  packets.receive(1, start + milliseconds(5));
  EXPECT_EQ(packets.next_timeout(), start + milliseconds(5));
  EXPECT_EQ(packets.poll(start + milliseconds(5)), (Numbers{65'535, 0}));
  EXPECT_EQ(packets.poll(start + milliseconds(5)), Numbers{});
  EXPECT_EQ(packets.next_timeout(), start + milliseconds(105));
  // One of them comes; the time of an answer is known by now.
  packets.receive(65'535, start + milliseconds(60));
  packets.measure(milliseconds(50));
  EXPECT_EQ(packets.poll(start + milliseconds(105)), Numbers{0});
  EXPECT_EQ(packets.poll(start + milliseconds(155)), Numbers{0});
  // That was the third time.
  EXPECT_EQ(packets.next_timeout(), start + milliseconds(205));
  EXPECT_EQ(packets.poll(start + milliseconds(205)), Numbers{});
  EXPECT_EQ(packets.missing(), 0U);
  EXPECT_EQ(packets.next_timeout(), Time::never());
}

TEST(MissingPackets, Rtp07ArePatientlyWaitedForWhereRepairsMayCome) {
  MissingPackets packets({.round_trip = milliseconds(100), .patience = milliseconds(50)});
  packets.receive(1, start);
  packets.receive(4, start);
  EXPECT_EQ(packets.poll(start), Numbers{});
  EXPECT_EQ(packets.next_timeout(), start + milliseconds(50));
  packets.receive(2, start + milliseconds(30));  // restored
  EXPECT_EQ(packets.poll(start + milliseconds(50)), Numbers{3});
  EXPECT_EQ(packets.next_timeout(), start + milliseconds(150));
}

TEST(MissingPackets, Rtp07WhatAKeyFrameReplacesIsNotAskedFor) {
  MissingPackets packets({});
  packets.receive(10, start);
  packets.receive(14, start);
  packets.receive(16, start);
  packets.forget_before(14);
  EXPECT_EQ(packets.poll(start), Numbers{15});
  // From ahead: all are, and what comes then is not late.
  packets.forget_before(30'000);
  EXPECT_EQ(packets.missing(), 0U);
  packets.receive(18, start);
  EXPECT_EQ(packets.poll(start), Numbers{17});
}

TEST(MissingPackets, Rtp07TooManyAreGivenUp) {
  MissingPackets packets({.most_missing = 3});
  packets.receive(10, start);
  packets.receive(12, start);
  packets.receive(15, start);
  EXPECT_FALSE(packets.poll_overflow());
  EXPECT_EQ(packets.missing(), 3U);
  packets.receive(17, start);
  EXPECT_TRUE(packets.poll_overflow());
  EXPECT_FALSE(packets.poll_overflow());
  EXPECT_EQ(packets.missing(), 0U);
  packets.receive(19, start);
  EXPECT_EQ(packets.poll(start), Numbers{18});
}

TEST(MissingPackets, Rtp07LateAndDoublePacketsAreNotMissing) {
  MissingPackets packets({});
  packets.receive(10, start);
  packets.receive(9, start);
  packets.receive(10, start);
  EXPECT_EQ(packets.missing(), 0U);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::rtp
