// What the controller answers to each thing that it is told.
#include "stack/congestion/controller.h"

#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace natsim::congestion {
namespace NATSIM_TEST_FILE {

constexpr Limits limits = {100'000, 500'000, 2'000'000};

constexpr Time at_ms(std::int64_t ms) { return Time{} + milliseconds(ms); }

void take_probes(Controller& controller) {
  while (controller.next_probe()) {
  }
}

// Packets that all came one after the other, `spacing` units of 250 µs apart.
rtp::TransportFeedback all_came(std::uint16_t base, std::size_t count, std::int16_t spacing,
                                std::int32_t reference) {
  rtp::TransportFeedback feedback;
  feedback.base_sequence = base;
  feedback.reference_time = reference;
  feedback.arrivals.assign(count, spacing);
  return feedback;
}

TEST(Controller, BeginsAtTheStartRateWithTwoProbes) {
  Controller controller(limits, {});
  EXPECT_EQ(controller.target_bitrate(), 500'000U);
  EXPECT_EQ(controller.pacing_rate(), 1'250'000U);
  const auto first = controller.next_probe();
  const auto second = controller.next_probe();
  ASSERT_TRUE(first && second);
  // Three times the start rate; six times would be above the maximum.
  EXPECT_EQ(first->bitrate, 1'500'000U);
  EXPECT_EQ(second->bitrate, 2'000'000U);
  // 15 ms of it.
  EXPECT_EQ(first->bytes, 2813U);
  EXPECT_NE(first->id, second->id);
  EXPECT_FALSE(controller.next_probe());
}

TEST(Controller, Cc03HoldsFromTwoToTenPercentOfReportedLoss) {
  Controller controller(limits, {});
  controller.on_report_loss(5, std::nullopt, at_ms(0));  // 1.95 %, but the start phase needs none
  const std::uint64_t begun = controller.target_bitrate();
  for (int i = 1; i <= 10; ++i) {
    controller.on_report_loss(i % 2 == 0 ? 6 : 25, milliseconds(100), at_ms(1000 * i));
    EXPECT_EQ(controller.target_bitrate(), begun) << i;  // 2.3 % and 9.8 %
  }
}

TEST(Controller, Cc04BacksOffByHalfOfAReportedLossBeyondTenPercent) {
  Controller controller(limits, {});
  controller.on_report_loss(26, milliseconds(100), at_ms(0));  // 10.2 %
  // 500000 * (1 - 26 / 512)
  EXPECT_EQ(controller.target_bitrate(), 474'609U);
  // Once for each loss, and not before 300 ms and a round trip.
  controller.on_report_loss(128, milliseconds(100), at_ms(399));
  EXPECT_EQ(controller.target_bitrate(), 474'609U);
  controller.on_report_loss(128, milliseconds(100), at_ms(400));
  EXPECT_EQ(controller.target_bitrate(), 355'957U);
}

TEST(Controller, RisesByEightPercentWithoutLoss) {
  Controller controller(limits, {});
  controller.on_report_loss(26, milliseconds(100), at_ms(0));
  controller.on_remb(0, at_ms(2000));
  controller.on_report_loss(0, milliseconds(100), at_ms(3000));
  // Of the least of the last second, and 1 kbit/s; the delays allow 500 kbit/s.
  EXPECT_EQ(controller.target_bitrate(), 500'000U);
  Controller other(limits, {});
  other.on_report_loss(128, milliseconds(100), at_ms(0));
  EXPECT_EQ(other.target_bitrate(), 375'000U);
  other.on_report_loss(0, milliseconds(100), at_ms(3000));
  EXPECT_EQ(other.target_bitrate(), 406'000U);
}

TEST(Controller, TakesTheReceiversLimit) {
  Controller controller(limits, {});
  controller.on_remb(250'000, at_ms(10));
  EXPECT_EQ(controller.target_bitrate(), 250'000U);
  controller.on_remb(10, at_ms(20));
  EXPECT_EQ(controller.target_bitrate(), limits.min);
  controller.on_remb(0, at_ms(30));
  EXPECT_EQ(controller.target_bitrate(), 500'000U);
}

TEST(Controller, MeasuresTheRoundTripWithoutTheReceiversWaiting) {
  Controller controller(limits, {});
  controller.on_packet_sent(0, 1200, at_ms(0));
  controller.on_packet_sent(1, 1200, at_ms(20));
  // They arrive 20 ms apart, and the feedback comes 60 ms after the second was sent.
  rtp::TransportFeedback feedback = all_came(0, 2, 80, 7);
  controller.on_feedback(feedback, at_ms(80));
  EXPECT_EQ(controller.round_trip(), milliseconds(60));
  // A report's is averaged with weight 1 to 7.
  controller.on_report_loss(0, milliseconds(140), at_ms(90));
  EXPECT_EQ(controller.round_trip(), milliseconds(70));
}

TEST(Controller, Cc08HalvesEachTimeNothingComesBack) {
  Controller controller(limits, {});
  take_probes(controller);
  controller.on_packet_sent(0, 1200, at_ms(0));
  controller.on_feedback(all_came(0, 1, 0, 7), at_ms(100));
  const std::uint64_t before = controller.target_bitrate();
  controller.handle_timeout(at_ms(1000));  // The initial probes' results are waited for no more.
  // Nothing is sent: nothing is missed.
  EXPECT_TRUE(controller.next_timeout().is_never());
  controller.on_packet_sent(1, 1200, at_ms(2000));
  controller.on_packet_sent(2, 1200, at_ms(2500));
  EXPECT_EQ(controller.next_timeout(), at_ms(3100));  // a second and the round trip of 100 ms
  controller.handle_timeout(at_ms(3100));
  EXPECT_EQ(controller.target_bitrate(), before / 2);
  EXPECT_EQ(controller.next_timeout(), at_ms(4200));
  controller.handle_timeout(at_ms(4200));
  EXPECT_EQ(controller.target_bitrate(), before / 4);
  // It answers again: 0.85 of what was is tried.
  controller.on_feedback(all_came(1, 2, 80, 40), at_ms(4500));
  const auto probe = controller.next_probe();
  ASSERT_TRUE(probe);
  EXPECT_EQ(probe->bitrate, before * 85 / 100);
  EXPECT_GT(controller.next_timeout(), at_ms(4500));
}

TEST(Controller, Cc08WaitsForReportsWithoutTransportFeedback) {
  Controller controller(limits, {});
  take_probes(controller);
  controller.on_packet_sent(0, 1200, at_ms(0));
  controller.handle_timeout(at_ms(1000));
  EXPECT_EQ(controller.next_timeout(), at_ms(15'000));
  controller.on_report_loss(0, std::nullopt, at_ms(5000));
  EXPECT_TRUE(controller.next_timeout().is_never());
}

TEST(Controller, CountsLossesOfFeedbackAndNotThoseOfReportsThen) {
  Controller controller(limits, {});
  for (std::uint16_t i = 0; i < 40; ++i) controller.on_packet_sent(i, 500, at_ms(i * 50));
  rtp::TransportFeedback feedback = all_came(0, 20, 200, 7);
  controller.on_feedback(feedback, at_ms(1100));
  controller.on_report_loss(255, std::nullopt, at_ms(1200));
  EXPECT_FALSE(controller.loss());
  // Five of twenty, at the end of a second.
  feedback = all_came(20, 20, 200, 23);
  for (const std::size_t lost : {2U, 5U, 8U, 11U, 14U}) feedback.arrivals[lost].reset();
  controller.on_feedback(feedback, at_ms(2200));
  ASSERT_TRUE(controller.loss());
  EXPECT_EQ(*controller.loss(), 0.125);  // five of the forty since the first feedback
}

RC_GTEST_PROP(Controller, TakesAnyFeedback, ()) {
  Controller controller(limits, {});
  Time now;
  std::uint16_t sequence = *rc::gen::arbitrary<std::uint16_t>();
  const auto steps = *rc::gen::inRange(1, 60);
  for (int i = 0; i < steps; ++i) {
    now += milliseconds(*rc::gen::inRange(0, 3000));
    if (controller.next_timeout() <= now) {
      controller.handle_timeout(now);
      RC_ASSERT(controller.next_timeout() > now);
    }
    std::uint32_t probe = 0;
    while (const auto next = controller.next_probe()) probe = next->id;
    const auto sent = *rc::gen::inRange(0, 30);
    for (int j = 0; j < sent; ++j) controller.on_packet_sent(sequence++, 1200, now, probe);
    rtp::TransportFeedback feedback;
    feedback.base_sequence =
        static_cast<std::uint16_t>(sequence - *rc::gen::inRange<std::uint16_t>(0, 60));
    feedback.reference_time = *rc::gen::inRange(-(1 << 23), 1 << 23);
    for (const auto delta : *rc::gen::arbitrary<std::vector<std::int16_t>>()) {
      feedback.arrivals.emplace_back();
      if (delta % 4 != 0) feedback.arrivals.back() = delta;
    }
    controller.on_feedback(feedback, now);
    if (*rc::gen::arbitrary<bool>()) {
      controller.on_report_loss(*rc::gen::arbitrary<std::uint8_t>(), std::nullopt, now);
    }
    if (*rc::gen::arbitrary<bool>()) controller.on_remb(*rc::gen::arbitrary<std::uint64_t>(), now);
    RC_ASSERT(controller.target_bitrate() >= limits.min);
    RC_ASSERT(controller.target_bitrate() <= limits.max);
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::congestion
