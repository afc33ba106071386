#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "stack/media/audio_playout.h"
#include "stack/media/audio_source.h"
#include "stack/rtp/opus.h"

namespace natsim::media {
namespace NATSIM_TEST_FILE {

constexpr std::uint32_t opus_rate = 48'000;
constexpr std::uint32_t opus_step = 960;  // 20 ms

std::vector<AudioFrame> frames_of(const AudioSourceOptions& options, int seconds_long) {
  AudioSource source(options, Random(7));
  EXPECT_TRUE(source.next().is_never());
  source.start(Time{} + seconds(1));
  std::vector<AudioFrame> frames;
  while (source.next() <= Time{} + seconds(1 + seconds_long)) {
    if (auto frame = source.take()) frames.push_back(std::move(*frame));
  }
  return frames;
}

TEST(AudioSource, AFrameEach20MillisecondsOnceItIsCaptured) {
  const auto frames = frames_of({}, 10);
  ASSERT_EQ(frames.size(), 500U);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(frames[i].captured, Time{} + seconds(1) + audio_frame_time * static_cast<int>(i));
  }
}

TEST(AudioSource, SpeechHasTheBitRateAndPausesHaveLittle) {
  std::uint64_t bytes = 0;
  std::uint64_t spoken = 0;
  const auto frames = frames_of({.bitrate = 40'000}, 2000);
  for (const AudioFrame& frame : frames) {
    EXPECT_EQ(frame.payload[0], 0x78);
    if (!frame.speech) {
      EXPECT_LE(frame.payload.size(), 16U);
      continue;
    }
    ++spoken;
    bytes += frame.payload.size();
    // 40 kbit/s are 100 bytes each 20 ms; half and one and a half of that are the ends.
    EXPECT_GE(frame.payload.size(), 50U);
    EXPECT_LE(frame.payload.size(), 150U);
  }
  // The mean of some 39,000 draws with a deviation of 29: within 1 byte by far.
  EXPECT_NEAR(static_cast<double>(bytes) / static_cast<double>(spoken), 100, 1);
  // 1.004 of 2.591 s, by some 770 turns: a deviation of 0.014.
  EXPECT_NEAR(static_cast<double>(spoken) / static_cast<double>(frames.size()), 1.004 / 2.591,
              0.06);
}

TEST(AudioSource, DtxLeavesPausesOutAndMarksTheirEnd) {
  const auto frames = frames_of({.dtx = true}, 200);
  for (std::size_t i = 1; i < frames.size(); ++i) {
    const Duration gap = frames[i].captured - frames[i - 1].captured;
    const bool after_pause = !frames[i - 1].speech || gap > audio_frame_time;
    EXPECT_EQ(frames[i].begins_speech, frames[i].speech && after_pause);
    if (!frames[i].speech && !frames[i - 1].speech) {
      EXPECT_EQ(gap, milliseconds(400));
    }
    EXPECT_LE(gap, milliseconds(400));
  }
  EXPECT_LT(frames.size(), 7000U);
}

TEST(AudioSource, RTP13_InBandFecIsTurnedOnAndOff) {
  AudioSource source({}, Random(7));
  source.start(Time{});
  for (const bool on : {false, true, false}) {
    source.set_in_band_fec(on);
    for (int i = 0; i < 50; ++i) {
      const AudioFrame frame = *source.take();
      EXPECT_EQ(rtp::has_in_band_fec(frame.payload), on);
      EXPECT_EQ((frame.payload[1] & 0x80) != 0, frame.speech);
    }
  }
}

TEST(AudioSource, G711IsOfOneSize) {
  for (const AudioFrame& frame : frames_of({.format = AudioFormat::g711}, 5)) {
    EXPECT_EQ(frame.payload.size(), 160U);
  }
}

// Packet `i` is sent at 20 ms * i, and comes `delay` later.
class Playout : public testing::Test {
 protected:
  std::optional<Time> arrive(int i, Duration delay) {
    return playout.receive(static_cast<std::uint16_t>(65'500 + i),
                           static_cast<std::uint32_t>(i) * opus_step + 4'294'900'000U,
                           Time{} + seconds(100) + milliseconds(20) * i + delay);
  }
  // Packet `i` brings what was in the one `before` it too.
  bool fill(int i, int before, Duration delay) {
    return playout.fill(static_cast<std::uint16_t>(65'500 + i - before),
                        static_cast<std::uint32_t>(i - before) * opus_step + 4'294'900'000U,
                        Time{} + seconds(100) + milliseconds(20) * i + delay);
  }
  AudioPlayout playout{opus_rate};
};

TEST_F(Playout, RTP14_ASteadyStreamIsPlayedAPacketsTimeAfterItCame) {
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(arrive(i, milliseconds(50)));
  EXPECT_EQ(playout.target(), milliseconds(20));
  const auto at = arrive(500, milliseconds(50));
  EXPECT_EQ(at, Time{} + seconds(100) + milliseconds(20) * 500 + milliseconds(50 + 20));
  EXPECT_EQ(playout.statistics().concealed, 0);
  EXPECT_EQ(playout.statistics().played, 501U);
}

TEST_F(Playout, RTP14_LossIsConcealedAndALatePacketMakesUpForItIfItComesInTime) {
  for (int i = 0; i < 100; ++i) arrive(i, milliseconds(50));
  arrive(103, milliseconds(50));  // 100, 101 and 102 are missing
  EXPECT_EQ(playout.statistics().concealed, 3);
  EXPECT_EQ(playout.statistics().runs, 1U);
  // The target is 20 ms: one that is 10 ms late is in time, one that is 60 ms late is not.
  EXPECT_TRUE(arrive(102, milliseconds(60)));
  EXPECT_FALSE(arrive(101, milliseconds(110)));
  EXPECT_EQ(playout.statistics().concealed, 2);
  EXPECT_EQ(playout.statistics().late, 1U);
  EXPECT_FALSE(arrive(102, milliseconds(70)));
  EXPECT_EQ(playout.statistics().duplicates, 1U);
}

TEST_F(Playout, RTP13_SpeechThatALaterPacketBringsIsPlayed) {
  for (int i = 0; i < 100; ++i) arrive(i, milliseconds(50));
  EXPECT_FALSE(fill(100, 1, milliseconds(50)));  // it is there
  // 101 is missing; 102 brings it, 20 ms later than it should have come, which the target allows.
  arrive(100, milliseconds(50));
  EXPECT_TRUE(fill(102, 1, milliseconds(50)));
  EXPECT_TRUE(arrive(102, milliseconds(50)));
  EXPECT_EQ(playout.statistics().concealed, 0);
  EXPECT_EQ(playout.statistics().runs, 0U);
  EXPECT_EQ(playout.statistics().played, 103U);
  // 103 and 104 are missing, 40 ms are too long to wait for the first of them.
  EXPECT_FALSE(fill(105, 2, milliseconds(50)));
  EXPECT_TRUE(fill(105, 1, milliseconds(50)));
  EXPECT_TRUE(arrive(105, milliseconds(50)));
  EXPECT_EQ(playout.statistics().concealed, 1);
  EXPECT_EQ(playout.statistics().runs, 1U);
}

TEST_F(Playout, RTP13_TheTargetWaitsForWhatLaterPacketsBring) {
  // Each tenth packet is lost and comes with the next: more than 3 in 100, so that is waited for,
  // even if the next has 10 ms of jitter.
  for (int i = 0; i < 500; ++i) {
    if (i % 10 == 5) continue;
    if (i % 10 == 6) fill(i, 1, milliseconds(60));
    arrive(i, milliseconds(i % 10 == 6 ? 60 : 50));
  }
  EXPECT_EQ(playout.target(), milliseconds(40));
  const auto before = playout.statistics().played;
  EXPECT_TRUE(arrive(500, milliseconds(50)));
  EXPECT_TRUE(fill(502, 1, milliseconds(60)));
  EXPECT_EQ(playout.statistics().played, before + 2);
}

TEST_F(Playout, RTP14_TheTargetFollowsTheJitter) {
  // Every tenth packet comes 90 ms later than the others, less the 0.1 ms by which the earliest
  // instant follows the clock: the bucket that ends at 90 ms holds them.
  for (int i = 0; i < 3000; ++i) arrive(i, milliseconds(i % 10 == 9 ? 140 : 50));
  EXPECT_EQ(playout.target(), milliseconds(90));
  const auto late = playout.statistics().late;
  for (int i = 3000; i < 4000; ++i) arrive(i, milliseconds(i % 10 == 9 ? 140 : 50));
  EXPECT_EQ(playout.statistics().late, late);
  // And it falls again: the jitter's share is below 3 in 100 after 3,500 packets or so.
  for (int i = 4000; i < 9000; ++i) arrive(i, milliseconds(50));
  EXPECT_EQ(playout.target(), milliseconds(20));
}

TEST_F(Playout, RTP14_PausesOfDtxHaveNoPlace) {
  for (int i = 0; i < 10; ++i) arrive(i, milliseconds(50));
  // The next number, 400 ms of media later.
  const auto at =
      playout.receive(static_cast<std::uint16_t>(65'510), 30U * opus_step + 4'294'900'000U,
                      Time{} + seconds(100) + milliseconds(600) + milliseconds(50));
  EXPECT_TRUE(at);
  EXPECT_EQ(playout.statistics().concealed, 0);
}

TEST_F(Playout, RTP14_AClockThatDriftsIsFollowed) {
  // The sender's clock is slow by 200 in a million: after 1000 s its packets come 200 ms later.
  for (int i = 0; i < 50'000; ++i) arrive(i, milliseconds(50) + microseconds(4) * i);
  EXPECT_EQ(playout.statistics().late, 0U);
  EXPECT_EQ(playout.target(), milliseconds(20));
}

TEST_F(Playout, RTP14_ASenderThatStartedAgainIsPlayedAgain) {
  for (int i = 0; i < 100; ++i) arrive(i, milliseconds(50));
  // Numbers as far back as they can be taken for late ones, timestamps of a minute before.
  for (int i = 0; i < 50; ++i) {
    const Time now = Time{} + seconds(103) + milliseconds(20) * i;
    const auto at =
        playout.receive(static_cast<std::uint16_t>(65'599 - 16'384 + i),
                        static_cast<std::uint32_t>(i - 3000) * opus_step + 4'294'900'000U, now);
    ASSERT_EQ(at, now + milliseconds(20)) << i;
  }
  EXPECT_EQ(playout.statistics().played, 150U);
  EXPECT_EQ(playout.statistics().concealed, 0);
  // Less than that is a loss.
  const int last = 49 + 16'383;
  playout.receive(static_cast<std::uint16_t>(65'599 - 16'384 + last),
                  static_cast<std::uint32_t>(last - 3000) * opus_step + 4'294'900'000U,
                  Time{} + seconds(103) + milliseconds(20) * last);
  EXPECT_EQ(playout.statistics().concealed, 16'382);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::media
