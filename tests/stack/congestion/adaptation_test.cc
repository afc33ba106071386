// CC-01 to CC-08: how a sender shares a bottleneck (RFC 8867).
#include <initializer_list>

#include <gtest/gtest.h>

#include "tests/stack/congestion/bottleneck.h"

namespace natsim::congestion {
namespace NATSIM_TEST_FILE {

constexpr Time at(std::int64_t s) { return Time{} + seconds(s); }

// RFC 8867 §4.3, §5.1: the reference bottleneck of 1 Mbit/s, 50 ms and 300 ms of queue, with video
// from 150 kbit/s to 1.5 Mbit/s.
constexpr double reference = 1e6;
constexpr Limits video = {150'000, 300'000, 1'500'000};

// What the rate does where the path is full: it falls to 0.85 of the capacity and rises to it, or a
// little above, in equal steps. Between 0.85 and all of it comes through, on the mean over 0.9.
void expect_full(const MediaFlow& flow, double capacity, Time from, Time to) {
  EXPECT_GE(flow.throughput(from, to), 0.9 * capacity);
  EXPECT_LE(flow.throughput(from, to), 1.001 * capacity);
}

TEST(Adaptation, Cc01FollowsTheCapacityUpAndDown) {
  Agenda agenda;
  Bottleneck path(agenda, {}, 1);
  MediaFlow flow(agenda, path, {.limits = video});
  agenda.at(at(40), [&] { path.set_rate(2'500'000); });
  agenda.at(at(60), [&] { path.set_rate(600'000); });
  agenda.at(at(80), [&] { path.set_rate(1'000'000); });
  agenda.run_until(at(100));
  // Two clusters find the capacity within the first second.
  ASSERT_TRUE(flow.reached(0.9 * reference, {}));
  EXPECT_LT(*flow.reached(0.9 * reference, {}), at(1));
  expect_full(flow, reference, at(20), at(40));
  // 8 % a second make 1.5 of 1 in 5.3 s; before, the capacity known is left behind in steps of
  // about 21 kbit/s a second: its margin is at most 3 * sqrt(2.5 * 1000) = 150 kbit/s.
  ASSERT_TRUE(flow.reached(1.45e6, at(40)));
  EXPECT_LT(*flow.reached(1.45e6, at(40)), at(49));
  EXPECT_NEAR(flow.throughput(at(50), at(60)), 1.5e6, 0.001e6);
  // Downwards within two seconds, for a part of which the queue hides the change.
  ASSERT_TRUE(flow.fell_to(0.6e6, at(60)));
  EXPECT_LT(*flow.fell_to(0.6e6, at(60)), at(62));
  expect_full(flow, 0.6e6, at(66), at(80));
  expect_full(flow, reference, at(92), at(100));
}

TEST(Adaptation, Cc01FollowsItWithJitterToo) {
  Agenda agenda;
  Bottleneck path(agenda, {.jitter = milliseconds(30)}, 1);
  MediaFlow flow(agenda, path, {.limits = video});
  agenda.run_until(at(60));
  // Jitter of 30 ms (RFC 8867 §5.1) is now and then taken for a queue.
  EXPECT_GE(flow.throughput(at(20), at(60)), 0.8 * reference);
  EXPECT_LT(flow.mean_wait(at(20), at(60)), milliseconds(50));
}

TEST(Adaptation, Cc02KeepsTheQueueShort) {
  for (const std::uint64_t capacity : {400'000U, 1'000'000U, 4'000'000U}) {
    SCOPED_TRACE(capacity);
    Agenda agenda;
    Bottleneck path(agenda, {.rate = capacity}, 1);
    MediaFlow flow(agenda, path, {.limits = {150'000, 300'000, 8'000'000}, .media = 8'000'000});
    agenda.run_until(at(60));
    expect_full(flow, static_cast<double>(capacity), at(20), at(60));
    EXPECT_LT(flow.mean_wait(at(20), at(60)), milliseconds(50));
    EXPECT_LT(flow.most_wait(at(20), at(60)), milliseconds(150));
    EXPECT_EQ(path.dropped(), 0U);
  }
}

TEST(Adaptation, Cc02EmptiesTheQueueAfterAFallOfTheCapacity) {
  Agenda agenda;
  Bottleneck path(agenda, {.rate = 2'500'000}, 1);
  MediaFlow flow(agenda, path, {.limits = video});
  agenda.at(at(20), [&] { path.set_rate(600'000); });
  agenda.run_until(at(30));
  EXPECT_GT(flow.most_wait(at(20), at(22)), milliseconds(200));
  EXPECT_LT(flow.most_wait(at(23), at(30)), milliseconds(100));
}

TEST(Adaptation, Cc03HoldsTheRateAtAFewPercentOfLoss) {
  // A loss is known of some 100 packets: of 8 % it scatters by 2.6 %, and now and then is above 10
  // %.
  for (const double loss : {0.02, 0.05, 0.08}) {
    SCOPED_TRACE(loss);
    Agenda agenda;
    Bottleneck path(agenda, {}, 1);
    MediaFlow flow(agenda, path, {.limits = video});
    agenda.at(at(20), [&path, loss] { path.set_loss(loss); });
    agenda.run_until(at(60));
    EXPECT_GE(flow.mean_target(at(20), at(60)), 0.85 * flow.mean_target(at(10), at(20)));
  }
}

TEST(Adaptation, Cc04BacksOffAtMoreThanTenPercentOfLoss) {
  Agenda agenda;
  Bottleneck path(agenda, {}, 1);
  MediaFlow flow(agenda, path, {.limits = video});
  agenda.at(at(20), [&] { path.set_loss(0.2); });
  agenda.at(at(50), [&] { path.set_loss(0); });
  agenda.run_until(at(90));
  // By a tenth each 1.1 s, the time of eleven feedbacks: a sixth of 0.93 Mbit/s after 17 such
  // steps. Below 300 kbit/s there are some 30 packets in a step, whose losses scatter.
  ASSERT_TRUE(flow.fell_to(0.5 * reference, at(20)));
  EXPECT_LT(*flow.fell_to(0.5 * reference, at(20)), at(28));
  EXPECT_GT(*flow.fell_to(0.5 * reference, at(20)), at(23));
  ASSERT_TRUE(flow.fell_to(150'000, at(20)));
  EXPECT_LT(*flow.fell_to(150'000, at(20)), at(45));
  // 8 % a second make 0.9 Mbit/s of 0.15 in 23.3 s.
  ASSERT_TRUE(flow.reached(0.9 * reference, at(50)));
  EXPECT_LT(*flow.reached(0.9 * reference, at(50)), at(78));
}

TEST(Adaptation, Cc05HoldsItsOwnBesideTcp) {
  // RFC 8867 §5.6: 2 Mbit/s, queues of 300 ms and 1000 ms. What fills the queue is taken for what
  // it is, but the threshold adapts: the video keeps what a talking head needs, and TCP most.
  for (const std::int64_t queue : {300, 1000}) {
    SCOPED_TRACE(queue);
    Agenda agenda;
    Bottleneck path(agenda, {.rate = 2'000'000, .queue = milliseconds(queue)}, 1);
    MediaFlow flow(agenda, path, {.limits = {30'000, 300'000, 2'500'000}, .media = 2'500'000});
    TcpLikeFlow tcp(agenda, path, milliseconds(50));
    agenda.at(at(20), [&] { tcp.start(); });
    agenda.at(at(80), [&] { tcp.stop(); });
    agenda.run_until(at(120));
    EXPECT_GE(flow.throughput(at(20), at(80)), 200'000);
    EXPECT_GE(flow.throughput(at(60), at(80)), 150'000);
    EXPECT_GE(rate_of(tcp.delivered(), seconds(60)), 1e6);
    // 8 % a second make 1.8 Mbit/s of 0.16 in 31 s.
    ASSERT_TRUE(flow.reached(1.8e6, at(80)));
    EXPECT_LT(*flow.reached(1.8e6, at(80)), at(115));
  }
}

TEST(Adaptation, Cc06DoesNotMindLossesOfFeedback) {
  for (const double loss : {0.1, 0.3, 0.5}) {
    SCOPED_TRACE(loss);
    Agenda agenda;
    Bottleneck path(agenda, {}, 1);
    MediaFlow flow(agenda, path, {.limits = video});
    flow.feedback_loss = loss;
    agenda.run_until(at(60));
    expect_full(flow, reference, at(20), at(60));
    EXPECT_LT(flow.most_wait(at(20), at(60)), milliseconds(200));
  }
}

TEST(Adaptation, Cc07ProbesWhileTheApplicationSendsLittle) {
  Agenda agenda;
  Bottleneck path(agenda, {.rate = 500'000}, 1);
  MediaFlow flow(agenda, path, {.limits = {30'000, 300'000, 5'000'000}, .media = 100'000});
  agenda.at(at(20), [&] { path.set_rate(2'000'000); });
  agenda.run_until(at(19));
  EXPECT_TRUE(flow.controller.is_application_limited());
  EXPECT_LT(flow.mean_target(at(5), at(20)), 500'000);
  agenda.run_until(at(40));
  // A cluster each 5 s, and others after it: each finds at most twice as much, a round trip and a
  // feedback later.
  ASSERT_TRUE(flow.reached(1.8e6, at(20)));
  EXPECT_LT(*flow.reached(1.8e6, at(20)), at(26));
  // The media alone would never have shown it.
  EXPECT_LT(flow.throughput(at(30), at(40)), 150'000);
  agenda.at(at(40), [&] { flow.media = 5'000'000; });
  agenda.run_until(at(50));
  EXPECT_GE(flow.throughput(at(41), at(50)), 0.85 * 2e6);
}

TEST(Adaptation, Cc07ProbesAfterABurstOfOthers) {
  Agenda agenda;
  Bottleneck path(agenda, {.rate = 2'000'000}, 1);
  MediaFlow flow(agenda, path, {.limits = {30'000, 300'000, 5'000'000}, .media = 400'000});
  // 60 kB within 200 ms, which take 240 ms.
  for (int i = 0; i < 40; ++i) {
    agenda.at(at(22) + milliseconds(5 * i), [&path] { path.send(1500, [] {}); });
  }
  agenda.run_until(at(40));
  ASSERT_TRUE(flow.fell_to(0.4e6, at(22)));
  EXPECT_LT(*flow.fell_to(0.4e6, at(22)), at(23));
  // By 8 % a second it would take 15 s to the 610 kbit/s that 400 kbit/s can show.
  ASSERT_TRUE(flow.reached(1.5e6, *flow.fell_to(0.4e6, at(22))));
  EXPECT_LT(*flow.reached(1.5e6, *flow.fell_to(0.4e6, at(22))), at(24));
}

TEST(Adaptation, Cc08BacksOffWhenFeedbackFallsSilent) {
  Agenda agenda;
  Bottleneck path(agenda, {}, 1);
  MediaFlow flow(agenda, path, {.limits = {30'000, 300'000, 1'500'000}});
  agenda.at(at(20), [&] { flow.feedback_loss = 1; });
  agenda.at(at(25), [&] { flow.feedback_loss = 0; });
  agenda.run_until(at(40));
  const double before = flow.mean_target(at(19), at(20));
  // The last feedback comes within 150 ms; then a second and a round trip of about 0.1 s, four
  // times before 25 s.
  ASSERT_TRUE(flow.fell_to(0.6 * before, at(20)));
  EXPECT_GT(*flow.fell_to(0.6 * before, at(20)), at(21));
  EXPECT_LT(*flow.fell_to(0.6 * before, at(20)), Time{} + milliseconds(21'500));
  EXPECT_NEAR(flow.least_target(at(24), at(25)), before / 16, 0.02 * before);
  // A probe, and no climb of 8 % a second.
  ASSERT_TRUE(flow.reached(0.75 * before, at(25)));
  EXPECT_LT(*flow.reached(0.75 * before, at(25)), at(27));
}

TEST(Adaptation, IsTheSameEachTime) {
  const auto run = [](std::uint64_t seed) {
    Agenda agenda;
    Bottleneck path(agenda, {.jitter = milliseconds(10), .loss = 0.01}, seed);
    MediaFlow flow(agenda, path, {.limits = video, .seed = seed});
    agenda.run_until(at(20));
    return flow.mean_target({}, at(20));
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::congestion
