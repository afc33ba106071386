#include "stack/media/speech_quality.h"

#include <gtest/gtest.h>

namespace natsim::media {
namespace NATSIM_TEST_FILE {

TEST(SpeechQuality, WithoutDelayAndLossItIsThatOfG107) {
  EXPECT_DOUBLE_EQ(rating_of({}), 93.2);
  // Annex B: 1 + 0.035 R + R (R - 60) (100 - R) 7e-6 at 93.2 is 4.41.
  EXPECT_NEAR(mean_opinion_score(93.2), 4.41, 0.005);
  EXPECT_DOUBLE_EQ(mean_opinion_score(0), 1);
  EXPECT_DOUBLE_EQ(mean_opinion_score(100), 4.5);
}

TEST(SpeechQuality, DelayHurtsBeyond100Milliseconds) {
  EXPECT_DOUBLE_EQ(rating_of({.mouth_to_ear = milliseconds(100)}), 93.2);
  // x = log2(200 / 100) = 1: 25 (2^(1/6) - 3 (1 + 3^-6)^(1/6) + 2) = 3.044.
  EXPECT_NEAR(rating_of({.mouth_to_ear = milliseconds(200)}), 93.2 - 3.044, 0.01);
  // x = 2: 25 (65^(1/6) - 3 (1 + (2/3)^6)^(1/6) + 2) = 24.09.
  EXPECT_NEAR(rating_of({.mouth_to_ear = milliseconds(400)}), 93.2 - 24.09, 0.05);
}

TEST(SpeechQuality, LossHurtsMoreInBursts) {
  // 95 * 2 / (2 + 25.1) = 7.01.
  EXPECT_NEAR(rating_of({.loss = 0.02, .mean_loss_run = 1 / 0.98}), 93.2 - 7.01, 0.01);
  // Runs of four: BurstR is 3.92, 95 * 2 / (2 / 3.92 + 25.1) = 7.42.
  EXPECT_NEAR(rating_of({.loss = 0.02, .mean_loss_run = 4}), 93.2 - 7.42, 0.01);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::media
