// What a receiver's reports say, by the algorithms of RFC 3550's appendix A.
#include "stack/rtp/reception.h"

#include <gtest/gtest.h>

#include "stack/rtp/clock.h"

namespace natsim::rtp {
namespace NATSIM_TEST_FILE {

constexpr std::uint32_t rate = 8000;

// A source that sends a packet of 160 samples every 20 ms.
struct Source {
  bool send(std::uint16_t sequence_number, Duration late = {}) {
    const auto index = static_cast<std::uint32_t>(packets++);
    return reception.receive(sequence_number, index * 160,
                             Time{} + milliseconds(20) * static_cast<std::int64_t>(index) + late);
  }

  Reception reception{5, rate};
  int packets = 0;
};

TEST(Reception, Rtp02ASourceCountsWhenTwoPacketsFollowOneAnother) {
  Source source;
  EXPECT_FALSE(source.send(10));
  EXPECT_FALSE(source.send(12));
  EXPECT_FALSE(source.reception.believed());
  EXPECT_TRUE(source.send(13));
  EXPECT_TRUE(source.reception.believed());
  EXPECT_EQ(source.reception.received(), 1U);
  EXPECT_EQ(source.reception.lost(), 0);
}

TEST(Reception, Rtp02AJumpIsBelievedWithTheSecondPacket) {
  Source source;
  source.send(10);
  source.send(11);
  EXPECT_TRUE(source.send(11 + 2999));
  EXPECT_FALSE(source.send(11 + 2999 + 3000));
  EXPECT_EQ(source.reception.report({}).highest_sequence, 3010U);
  // 101 behind the highest is a jump as well, 100 is late.
  EXPECT_FALSE(source.send(3010 - 101));
  EXPECT_TRUE(source.send(3010 - 100));
  EXPECT_FALSE(source.send(40'000));
  EXPECT_TRUE(source.send(40'001));
  const ReportBlock block = source.reception.report({});
  EXPECT_EQ(block.highest_sequence, 40'001U);
  EXPECT_EQ(block.cumulative_lost, 0);
}

TEST(Reception, Rtp02CyclesAndLosses) {
  Source source;
  source.send(65'532);
  for (const int number : {65'533, 65'534, 0, 1}) source.send(static_cast<std::uint16_t>(number));
  ReportBlock block = source.reception.report({});
  EXPECT_EQ(block.ssrc, 5U);
  EXPECT_EQ(block.highest_sequence, 65'536U + 1);
  // Of 65533 to 65537 one is missing: a fifth, 51 of 256.
  EXPECT_EQ(block.cumulative_lost, 1);
  EXPECT_EQ(block.fraction_lost, 51);
  // It comes after all, and another one twice: less than nothing is lost.
  source.send(65'535);
  source.send(2);
  source.send(2);
  block = source.reception.report({});
  EXPECT_EQ(block.cumulative_lost, -1);
  EXPECT_EQ(block.fraction_lost, 0);
  // All of an interval cannot be said in 8 bits; nothing at all is no loss.
  EXPECT_EQ(source.reception.report({}).fraction_lost, 0);
  source.send(1002);
  EXPECT_EQ(source.reception.report({}).fraction_lost, 999 * 256 / 1000);
}

TEST(Reception, Rtp03TheJitterMovesBySixteenths) {
  Source source;
  source.send(0);
  source.send(1);
  EXPECT_EQ(source.reception.report({}).jitter, 0U);
  // 10 ms late are 80 units; then in time again: 80 once more.
  source.send(2, milliseconds(10));
  EXPECT_EQ(source.reception.report({}).jitter, 80U / 16);
  source.send(3);
  // 16 J was 80; (80 + 8) / 16 = 5 go, 80 come.
  EXPECT_EQ(source.reception.report({}).jitter, (80U + 80 - 5) / 16);
  EXPECT_EQ(source.reception.jitter(), microseconds(9 * 125));
}

TEST(Reception, Rtp06RoundTripFromTheReports) {
  // The source reports at 10 s; that takes 30 ms; the receiver answers after 250 ms; 50 ms back.
  const Time sent = Time{} + seconds(10);
  Reception reception(5, rate);
  EXPECT_EQ(reception.report(sent).last_sr, 0U);
  EXPECT_EQ(round_trip(reception.report(sent), sent), std::nullopt);
  SenderReport report;
  report.ntp_timestamp = ntp_time(sent);
  reception.receive_report(report, sent + milliseconds(30));
  ReportBlock block = reception.report(sent + milliseconds(280));
  EXPECT_EQ(block.last_sr, middle_of(ntp_time(sent)));
  EXPECT_EQ(block.delay_since_last_sr, 65'536U / 4);
  const auto time = round_trip(block, sent + milliseconds(330));
  ASSERT_TRUE(time);
  // 80 ms in units of 1/65536 s, rounded down.
  EXPECT_EQ(*time, nanoseconds(std::int64_t{80 * 65'536 / 1000} * 1'000'000'000 / 65'536));
  // A delay that is longer than the time that has passed.
  block.delay_since_last_sr = 65'536;
  EXPECT_EQ(round_trip(block, sent + milliseconds(330)), Duration{});
}

TEST(RtpClock, TellsSecondsSince1900) {
  // 2^32 s after 1900 is 2036: the era ends there.
  EXPECT_EQ(ntp_time(Time{}), std::uint64_t{2'208'988'800} << 32);
  EXPECT_EQ(ntp_time(Time{} + milliseconds(500)),
            std::uint64_t{2'208'988'800} << 32 | 0x8000'0000U);
  EXPECT_EQ(rtp_time(Time{} + milliseconds(20), 48'000), 960U);
  EXPECT_EQ(rtp_time(Time{} + seconds(3600 * 24 * 2), 90'000),
            static_cast<std::uint32_t>(std::uint64_t{3600 * 24 * 2} * 90'000));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::rtp
