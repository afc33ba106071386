#include "sim/core/scheduler.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "stack/base/random.h"

namespace natsim::core {
namespace NATSIM_TEST_FILE {

// Notes when each of its timers fired.
class Witness : public Actor {
 public:
  Witness(Scheduler& scheduler, ObjectId key) : Actor(scheduler, key), scheduler_(scheduler) {}
  void on_timer(Timer& timer) override {
    fired.emplace_back(scheduler_.now(), &timer);
    if (then) then(timer);
  }
  std::vector<std::pair<Time, Timer*>> fired;
  std::function<void(Timer&)> then;

 private:
  Scheduler& scheduler_;
};

TEST(Scheduler, RunsAtTheDeadlineAndLeavesTheClockAtTheHorizon) {
  Scheduler scheduler;
  Witness witness(scheduler, 1);
  Timer timer(witness);
  timer.arm(Time{} + milliseconds(10));
  scheduler.run_until(Time{} + milliseconds(9));
  EXPECT_TRUE(witness.fired.empty());
  EXPECT_EQ(scheduler.now(), Time{} + milliseconds(9));
  scheduler.run_until(Time{} + milliseconds(20));
  ASSERT_EQ(witness.fired.size(), 1U);
  EXPECT_EQ(witness.fired[0].first, Time{} + milliseconds(10));
  EXPECT_FALSE(timer.armed());
  EXPECT_EQ(scheduler.now(), Time{} + milliseconds(20));
}

TEST(Scheduler, ArmingAfterAnIdleJumpStaysExact) {
  Scheduler scheduler;
  Witness witness(scheduler, 1);
  Timer far(witness);
  Timer near(witness);
  far.arm(Time{} + seconds(3600));
  scheduler.run_until(Time{} + seconds(1800));
  near.arm(Time{} + seconds(1800) + nanoseconds(1));
  scheduler.run_until(Time{} + seconds(7200));
  ASSERT_EQ(witness.fired.size(), 2U);
  EXPECT_EQ(witness.fired[0].second, &near);
  EXPECT_EQ(witness.fired[1].first, Time{} + seconds(3600));
}

TEST(Scheduler, OneInstantIsOrderedByClassThenActorThenSequence) {
  Scheduler scheduler;
  Witness second(scheduler, 2);
  Witness first(scheduler, 1);
  std::vector<int> order;
  const Time at = Time{} + microseconds(1);
  Timer script(first, EventClass::script);
  Timer b(second);
  Timer a1(first);
  Timer a2(first);
  Timer packet(second, EventClass::network);
  const std::map<Timer*, int> label = {{&packet, 0}, {&a2, 1}, {&a1, 2}, {&b, 3}, {&script, 4}};
  for (Witness* witness : {&first, &second}) {
    witness->then = [&](Timer& timer) { order.push_back(label.at(&timer)); };
  }
  script.arm(at);
  b.arm(at);
  a2.arm(at);
  a1.arm(at);
  packet.arm(at);
  scheduler.run_until(at);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(Scheduler, WhatIsArmedForThePastRunsNow) {
  Scheduler scheduler;
  Witness witness(scheduler, 1);
  Timer timer(witness);
  scheduler.run_until(Time{} + seconds(1));
  timer.arm(Time{});
  EXPECT_EQ(scheduler.next(), Time{} + seconds(1));
  EXPECT_TRUE(scheduler.step(Time::never()));
  EXPECT_FALSE(scheduler.step(Time::never()));
}

TEST(Scheduler, ReachesTheEndOfTime) {
  Scheduler scheduler;
  Witness witness(scheduler, 1);
  Timer centuries(witness);
  Timer decade(witness);
  centuries.arm(Time{} + seconds(200LL * 365 * 86'400));
  decade.arm(Time{} + seconds(10LL * 365 * 86'400));
  EXPECT_EQ(scheduler.next(), decade.deadline());
  while (scheduler.step(Time::never())) {
  }
  ASSERT_EQ(witness.fired.size(), 2U);
  EXPECT_EQ(witness.fired[1].first, Time{} + seconds(200LL * 365 * 86'400));
}

TEST(Scheduler, DestroyedTimersNeverFire) {
  Scheduler scheduler;
  Witness witness(scheduler, 1);
  for (const Duration delay : {nanoseconds(0), milliseconds(1), seconds(100)}) {
    Timer timer(witness);
    timer.arm(Time{} + delay);
  }
  EXPECT_EQ(scheduler.pending(), 0U);
  scheduler.run_until(Time{} + seconds(1000));
  EXPECT_TRUE(witness.fired.empty());
}

TEST(Scheduler, ManyOfOneSlotMayBeCancelledInAnyOrder) {
  // All within 256 ns of one second, so in one slot of whatever level until the clock is there.
  Random random(1);
  for (int round = 0; round < 50; ++round) {
    Scheduler scheduler;
    Witness witness(scheduler, 1);
    std::vector<std::unique_ptr<Timer>> timers;
    for (int i = 0; i < 100; ++i) {
      timers.push_back(std::make_unique<Timer>(witness));
      timers.back()->arm(Time{} + seconds(1) + nanoseconds(random.between(0, 200)));
    }
    std::size_t left = timers.size();
    for (int i = 0; i < 60; ++i) {
      Timer& timer = *timers[random.below(timers.size())];
      left -= timer.armed();
      timer.cancel();
      EXPECT_EQ(scheduler.pending(), left);
    }
    scheduler.run_until(Time{} + seconds(2));
    EXPECT_EQ(witness.fired.size(), left);
    EXPECT_TRUE(std::is_sorted(witness.fired.begin(), witness.fired.end(),
                               [](const auto& a, const auto& b) { return a.first < b.first; }));
  }
}

// Random arming, moving and cancelling, also from inside events, against a sorted map.
RC_GTEST_PROP(Scheduler, AgreesWithASortedMap, ()) {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  const int shift = *rc::gen::inRange(4, 50);
  Random random(seed);
  Scheduler scheduler;
  std::vector<std::unique_ptr<Witness>> actors;
  std::vector<std::unique_ptr<Timer>> timers;
  for (ObjectId i = 0; i < 4; ++i) {
    actors.push_back(std::make_unique<Witness>(scheduler, i + 1));
    for (int k = 0; k < 8; ++k) timers.push_back(std::make_unique<Timer>(*actors.back()));
  }
  using Order = std::tuple<Time, std::size_t, int>;
  std::map<Order, std::size_t> model;
  std::map<std::size_t, Order> armed;
  std::array<int, 4> sequence{};
  const auto change = [&] {
    const std::size_t i = random.below(timers.size());
    if (const auto found = armed.find(i); found != armed.end()) {
      model.erase(found->second);
      armed.erase(found);
    }
    if (random.chance(0.3)) {
      timers[i]->cancel();
      return;
    }
    const Duration delay{
        random.between(0, std::int64_t{1} << random.below(static_cast<unsigned>(shift)))};
    timers[i]->arm(scheduler.now() + delay);
    const Order order{scheduler.now() + delay, i / 8, sequence[i / 8]++};
    model[order] = i;
    armed[i] = order;
  };
  for (auto& actor : actors) {
    actor->then = [&](Timer& timer) {
      RC_ASSERT(!model.empty());
      const auto [order, index] = *model.begin();
      RC_ASSERT(timers[index].get() == &timer);
      RC_ASSERT(std::get<0>(order) == scheduler.now());
      model.erase(model.begin());
      armed.erase(index);
      change();
      if (random.chance(0.4)) change();
    };
  }
  for (int round = 0; round < 40; ++round) {
    change();
    if (random.chance(0.5)) {
      scheduler.run_until(scheduler.now() +
                          Duration{random.between(0, std::int64_t{1} << shift) / 64});
    }
    for (int i = 0; i < 5; ++i) scheduler.step(Time::never());
    RC_ASSERT(scheduler.pending() == model.size());
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::core
