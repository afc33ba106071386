// The test cases of RFC 8867 §5 that need several flows.
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "tests/stack/congestion/bottleneck.h"

namespace natsim::congestion {
namespace NATSIM_TEST_FILE {

constexpr Time at(std::int64_t s) { return Time{} + seconds(s); }

// Video from 150 kbit/s to 1.5 Mbit/s (RFC 8867 §4.3).
constexpr Limits video = {150'000, 300'000, 1'500'000};
constexpr double most = 1.5e6;

class Flows {
 public:
  explicit Flows(const Bottleneck::Options& options) : path(agenda, options, 1) {}

  void add(Duration feedback_delay = milliseconds(50)) {
    flows_.push_back(std::make_unique<MediaFlow>(
        agenda, path,
        MediaFlow::Options{
            .limits = video, .feedback_delay = feedback_delay, .seed = flows_.size() + 1}));
  }
  MediaFlow& operator[](std::size_t i) { return *flows_[i]; }

  // From then to then all together have nine tenths of the capacity, and each at least that share
  // of a fair part.
  void expect_shared(double capacity, double share, Time from, Time to) const {
    double sum = 0;
    for (const auto& flow : flows_) {
      const double rate = flow->throughput(from, to);
      EXPECT_GE(rate, share * capacity / static_cast<double>(flows_.size()));
      sum += rate;
    }
    EXPECT_GE(sum, 0.9 * capacity);
    EXPECT_LE(sum, 1.001 * capacity);
  }

  Agenda agenda;
  Bottleneck path;

 private:
  std::vector<std::unique_ptr<MediaFlow>> flows_;
};

TEST(Rfc8867, Cc01TwoFlowsFollowTheCapacity) {
  // §5.2: 4, 2, 3.5, 1 and 2 Mbit/s, 25 s each.
  Flows flows({.rate = 4'000'000});
  flows.add();
  flows.add();
  flows.agenda.at(at(25), [&] { flows.path.set_rate(2'000'000); });
  flows.agenda.at(at(50), [&] { flows.path.set_rate(3'500'000); });
  flows.agenda.at(at(75), [&] { flows.path.set_rate(1'000'000); });
  flows.agenda.at(at(100), [&] { flows.path.set_rate(2'000'000); });
  flows.agenda.run_until(at(125));
  flows.expect_shared(2 * most, 0.99, at(10), at(25));
  flows.expect_shared(2e6, 0.75, at(30), at(50));
  flows.expect_shared(2 * most, 0.99, at(70), at(75));
  flows.expect_shared(1e6, 0.7, at(80), at(100));
  flows.expect_shared(2e6, 0.7, at(115), at(125));
  // Where the capacity falls, the queue has emptied 5 s later.
  EXPECT_LT(flows[0].most_wait(at(30), at(75)), milliseconds(100));
  EXPECT_LT(flows[0].most_wait(at(80), at(125)), milliseconds(100));
}

TEST(Rfc8867, Cc06TwoWaysWhereFeedbackQueuesToo) {
  // §5.3: each way's feedback waits behind the other way's media.
  Agenda agenda;
  Bottleneck there(agenda, {.rate = 2'000'000}, 1);
  Bottleneck back(agenda, {.rate = 2'000'000}, 2);
  MediaFlow forward(agenda, there, {.limits = video, .feedback_path = &back});
  MediaFlow backward(agenda, back, {.limits = video, .feedback_path = &there, .seed = 2});
  agenda.at(at(20), [&] { there.set_rate(1'000'000); });
  agenda.at(at(35), [&] { back.set_rate(800'000); });
  agenda.at(at(40), [&] { there.set_rate(500'000); });
  agenda.at(at(60), [&] { there.set_rate(2'000'000); });
  agenda.at(at(70), [&] { back.set_rate(2'000'000); });
  agenda.run_until(at(100));
  // Feedback takes 8 kbit/s.
  EXPECT_GE(forward.throughput(at(25), at(40)), 0.9 * (1e6 - 8e3));
  EXPECT_GE(forward.throughput(at(45), at(60)), 0.9 * (0.5e6 - 8e3));
  EXPECT_GE(backward.throughput(at(40), at(70)), 0.9 * (0.8e6 - 8e3));
  // The forward way is not held back by the other's queue while that is full (to 70 s): in 20 s it
  // is three times as fast, where 8 % a second make 4.7.
  EXPECT_GE(forward.throughput(at(79), at(80)), 3 * forward.throughput(at(55), at(60)));
  EXPECT_GE(forward.throughput(at(90), at(100)), 0.99 * most);
  EXPECT_GE(backward.throughput(at(90), at(100)), 0.99 * most);
}

TEST(Rfc8867, Cc05ThreeFlowsShare) {
  // §5.4: 3.5 Mbit/s, of which two can have all that they want; the third one comes after 40 s.
  Flows flows({.rate = 3'500'000});
  for (const std::int64_t end : {20, 40, 120}) {
    flows.add();
    flows.agenda.run_until(at(end));
  }
  EXPECT_GE(flows[0].throughput(at(30), at(40)), 0.99 * most);
  EXPECT_GE(flows[1].throughput(at(30), at(40)), 0.99 * most);
  flows.expect_shared(3.5e6, 0.7, at(60), at(120));
}

TEST(Rfc8867, Cc05FlowsOfUnlikeRoundTripsShare) {
  // §5.5: delays from 10 ms to 150 ms, begun 10 s apart. Who has the longer round trip rises more
  // slowly near the capacity, but is not starved.
  Flows flows({.rate = 4'000'000, .delay = milliseconds(10)});
  std::int64_t begun = 0;
  for (const std::int64_t delay : {10, 25, 50, 100, 150}) {
    // All share the way there; each has its own back.
    flows.add(milliseconds(2 * delay - 10));
    flows.agenda.run_until(at(begun += 10));
  }
  flows.agenda.run_until(at(300));
  flows.expect_shared(4e6, 0.4, at(100), at(300));
}

TEST(Rfc8867, AFlowPausesAndResumes) {
  // §5.8: one of three, from 40 s to 60 s.
  Flows flows({.rate = 3'500'000});
  for (int i = 0; i < 3; ++i) flows.add();
  flows.agenda.at(at(40), [&] { flows[0].is_sending = false; });
  flows.agenda.at(at(60), [&] { flows[0].is_sending = true; });
  flows.agenda.run_until(at(120));
  flows.expect_shared(3.5e6, 0.75, at(20), at(40));
  // Having sent nothing, it has missed no feedback: it goes on where it was.
  EXPECT_EQ(flows[0].throughput(at(41), at(60)), 0);
  EXPECT_GE(flows[0].least_target(at(41), at(60)), 0.75 * 3.5e6 / 3);
  EXPECT_GE(flows[1].throughput(at(50), at(60)), 0.99 * most);
  EXPECT_GE(flows[2].throughput(at(50), at(60)), 0.99 * most);
  EXPECT_GE(flows[0].throughput(at(60), at(65)), 0.75 * 3.5e6 / 3);
  EXPECT_LT(flows[0].most_wait(at(60), at(65)), milliseconds(150));
  flows.expect_shared(3.5e6, 0.75, at(65), at(120));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::congestion
