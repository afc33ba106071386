// Bursts, jitter's shapes, reordering, duplication, corruption, and the fate of packets in flight.
#include <cmath>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "sim/net/jitter.h"
#include "sim/net/link_presets.h"
#include "tests/sim/net/testbed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

using core::DropReason;

constexpr double z99 = 2.576;  // of the normal distribution, both sides

void send_evenly(TwoHosts& net, int count) {
  for (int i = 0; i < count; ++i) {
    net.run_until(milliseconds(i));
    net.send(100);
  }
  net.run();
}

TEST(GilbertElliott, MeansGiveTheChain) {
  const auto chain = gilbert_elliott_of_means(0.05, 10).value();
  EXPECT_DOUBLE_EQ(chain.r, 0.1);
  EXPECT_DOUBLE_EQ(chain.p, 0.1 * 0.05 / 0.95);
  EXPECT_FALSE(gilbert_elliott_of_means(1, 10));
  EXPECT_FALSE(gilbert_elliott_of_means(0.1, 0.5));
  EXPECT_FALSE(gilbert_elliott_of_means(0.9, 2));
}

TEST(GilbertElliott, LossAndBurstsAreTheirMeans) {
  // 400 seeds of 2000 packets each; the means of the seeds are independent, so that their own
  // spread gives the bounds.
  constexpr int seeds = 400;
  constexpr int packets = 2000;
  const auto options = gilbert_elliott_of_means(0.05, 8).value();
  double sum = 0, squares = 0, lost_packets = 0, bursts = 0, burst_squares = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    GilbertElliott chain{Random(seed)};
    int lost = 0;
    int run = 0;
    for (int i = 0; i < packets; ++i) {
      if (chain.loses_next(options)) {
        ++lost;
        ++run;
      } else if (run > 0) {
        ++bursts;
        lost_packets += run;
        burst_squares += run * run;
        run = 0;
      }
    }
    sum += lost;
    squares += double(lost) * lost;
  }
  const double mean = sum / seeds;
  const double deviation = std::sqrt((squares / seeds - mean * mean) / seeds);
  // The chain begins in the good state: the first packets lose less, by p r / (p + r)^3 in all.
  const double missing = options.p / std::pow(options.p + options.r, 2);
  EXPECT_NEAR(mean, packets * 0.05 - missing, z99 * deviation);
  const double burst = lost_packets / bursts;
  EXPECT_NEAR(burst, 8, z99 * std::sqrt((burst_squares / bursts - burst * burst) / bursts));
}

TEST(LinkBurstLoss, TellsItsOwnReason) {
  LinkOptions options;
  options.faults.get().burst_loss = {.p = 1, .r = 0};
  TwoHosts net(options, {});
  for (int i = 0; i < 3; ++i) net.send(100);
  net.run();
  // The first is lost by the state after it: good when it passes.
  EXPECT_EQ(net.at_b.letters.size(), 1U);
  EXPECT_EQ(net.drops(DropReason::burst_loss), 2U);
  EXPECT_EQ(net.forth().counters().lost, 2U);
}

struct Moments {
  double mean = 0;
  double deviation = 0;
};

template <typename Draw>
Moments moments(Draw draw, int count) {
  double sum = 0, squares = 0;
  for (int i = 0; i < count; ++i) {
    const double x = static_cast<double>(draw()) / (1 << 20);
    sum += x;
    squares += x * x;
  }
  const double mean = sum / count;
  return {mean, std::sqrt(squares / count - mean * mean)};
}

TEST(Jitter, NormalHasMeanZeroAndDeviationOne) {
  constexpr int count = 200'000;
  Random random(7);
  const Moments found = moments([&] { return draw_normal(random); }, count);
  EXPECT_NEAR(found.mean, 0, z99 / std::sqrt(count));
  // The deviation of a sample's deviation is 1/sqrt(2 n) at most for this shape.
  EXPECT_NEAR(found.deviation, 1, z99 / std::sqrt(2.0 * count));
}

TEST(Jitter, ParetoHasItsQuantilesAndMean) {
  constexpr int count = 200'000;
  Random random(7);
  int beyond[3] = {};
  const double limits[3] = {1, 3, 9.8};
  double sum = 0;
  double least = 10;
  for (int i = 0; i < count; ++i) {
    const double x = static_cast<double>(draw_pareto(random)) / (1 << 20);
    sum += x;
    least = std::min(least, x);
    for (int k = 0; k < 3; ++k) beyond[k] += x > limits[k];
  }
  EXPECT_NEAR(sum / count, 0, z99 / std::sqrt(count));
  EXPECT_NEAR(least, -0.5 / 0.8660254, 1e-4);
  for (int k = 0; k < 3; ++k) {
    // P(x > l) = (1.5 + 0.866 l)^-3.
    const double p = std::pow(1.5 + 0.8660254 * limits[k], -3);
    EXPECT_NEAR(beyond[k], count * p, z99 * std::sqrt(count * p * (1 - p))) << limits[k];
  }
}

TEST(Jitter, DrawsAreTheSameEverywhere) {
  Random random(1);
  const std::int64_t normal = draw_normal(random);
  const std::int64_t pareto = draw_pareto(random);
  Random again(1);
  std::int64_t sum = 0;
  for (int i = 0; i < 6; ++i) {
    const std::uint64_t word = again.next();
    sum += static_cast<std::int64_t>((word >> 32) + (word & 0xffff'ffff));
  }
  EXPECT_EQ(normal, (sum - (6LL << 32)) >> 12);
  const double u = static_cast<double>((again.next() >> 32) + 1) / 4294967296.0;
  EXPECT_NEAR(static_cast<double>(pareto) / (1 << 20), (std::pow(u, -1.0 / 3) - 1.5) / 0.8660254,
              1e-5);
}

TEST(Jitter, SamplesAreDrawnEvenly) {
  LinkOptions options{.one_way_delay = milliseconds(10), .reorder = true};
  options.faults.get().jitter_samples = {milliseconds(0), milliseconds(1), milliseconds(5)};
  TwoHosts net(options, {});
  constexpr int count = 3000;
  for (int i = 0; i < count; ++i) {
    net.run_until(milliseconds(20) * i);
    net.send(100);
  }
  net.run();
  std::map<std::int64_t, int> delays;
  for (const Time at : net.arrivals()) ++delays[at.ns % 20'000'000 / 1'000'000];
  ASSERT_EQ(delays.size(), 3U);
  for (const std::int64_t delay : {10, 11, 15}) {
    EXPECT_NEAR(delays[delay], 1000, z99 * std::sqrt(count * 2.0 / 9)) << delay;
  }
}

TEST(LinkFaults, EachHasDrawsOfItsOwn) {
  // Which packets are lost does not change when everything else is turned on.
  std::vector<std::vector<core::PacketId>> lost;
  for (const bool all : {false, true}) {
    LinkOptions options{.one_way_delay = milliseconds(10), .loss = 0.1};
    if (all) {
      LinkFaults& faults = options.faults.get();
      options.jitter = milliseconds(3);
      faults.jitter_shape = JitterShape::pareto;
      faults.duplicate = faults.corrupt = faults.reordered = 0.2;
      faults.reordered_by = milliseconds(2);
    }
    TwoHosts net(options, {});
    PacketLog log(net.world);
    send_evenly(net, 500);
    std::vector<core::PacketId> ids;
    for (const auto& step : log.drops()) {
      if (step.reason == DropReason::random_loss) ids.push_back(step.packet);
    }
    std::sort(ids.begin(), ids.end());
    lost.push_back(ids);
  }
  EXPECT_FALSE(lost[0].empty());
  EXPECT_EQ(lost[0], lost[1]);
}

TEST(LinkFaults, SharesAreWithinTheirBounds) {
  constexpr int count = 10'000;
  LinkOptions options{.one_way_delay = milliseconds(10)};
  LinkFaults& faults = options.faults.get();
  faults.duplicate = 0.05;
  faults.corrupt = 0.02;
  faults.reordered = 0.1;
  faults.reordered_by = milliseconds(5);
  TwoHosts net(options, {});
  send_evenly(net, count);
  const auto near = [&](std::uint64_t found, double p) {
    EXPECT_NEAR(static_cast<double>(found), count * p, z99 * std::sqrt(count * p * (1 - p)));
  };
  const LinkCounters& counters = net.forth().counters();
  near(counters.duplicated, 0.05);
  near(counters.corrupted, 0.02);
  near(counters.reordered, 0.1);
  // Every flipped bit is found by the UDP checksum, also in a copy.
  EXPECT_GE(net.drops(DropReason::bad_checksum), counters.corrupted);
  EXPECT_EQ(net.at_b.letters.size() + net.drops(DropReason::bad_checksum),
            count + counters.duplicated);
}

TEST(LinkFaults, AHeldBackPacketIsOvertaken) {
  LinkOptions options{.one_way_delay = milliseconds(10)};
  options.faults.get().reordered = 1;
  options.faults.get().reordered_by = milliseconds(7);
  TwoHosts net(options, {});
  net.send(100);
  net.forth().set_options({.one_way_delay = milliseconds(10)});
  net.send(200);
  net.run();
  EXPECT_EQ(net.arrivals(), (std::vector{Time{} + milliseconds(10), Time{} + milliseconds(17)}));
  EXPECT_EQ(net.at_b.letters[1].payload.size(), 100U - 28);
}

TEST(LinkDown, DropsWhatFliesIfAsked) {
  TwoHosts net({.rate = 8'000'000, .one_way_delay = milliseconds(10)});
  for (int i = 0; i < 3; ++i) net.send(200);  // out at 0.2, 0.4, 0.6 ms
  net.run_until(microseconds(300));
  net.forth().set_up(false, InFlight::drop);
  EXPECT_EQ(net.drops(DropReason::link_down), 3U);
  net.run_until(milliseconds(1));
  net.forth().set_up(true);
  net.send(200);
  net.run();
  EXPECT_EQ(net.arrivals(), std::vector{Time{} + milliseconds(11) + microseconds(200)});
}

TEST(LinkDown, HoldsWhatFliesIfAsked) {
  TwoHosts net({.rate = 8'000'000, .one_way_delay = milliseconds(10)});
  for (int i = 0; i < 2; ++i) net.send(200);
  net.run_until(milliseconds(4));
  net.forth().set_up(false, InFlight::hold);
  net.run_until(milliseconds(100));
  EXPECT_TRUE(net.at_b.letters.empty());
  net.forth().set_up(true);
  net.run();
  // 96 ms later than they would have been.
  EXPECT_EQ(net.arrivals(), (std::vector{Time{} + milliseconds(106) + microseconds(200),
                                         Time{} + milliseconds(106) + microseconds(400)}));
}

TEST(LinkPresets, SayWhichWayTheirDelaysAre) {
  const LinkOptions wifi = options_of(*find_link_preset("congested-wifi"));
  EXPECT_EQ(wifi.one_way_delay, milliseconds(20));  // of a round trip of 40 ms
  EXPECT_EQ(wifi.jitter, milliseconds(6));
  EXPECT_DOUBLE_EQ(wifi.faults->burst_loss.r, 1.0 / 6);
  EXPECT_EQ(wifi.queue_bytes, 25'000'000U / 8 / 1000 * 40);
  const LinkOptions geo = options_of(*find_link_preset("patchbay-geo-satellite"));
  EXPECT_EQ(geo.one_way_delay, milliseconds(300));
  EXPECT_DOUBLE_EQ(geo.loss, 0.005);
  EXPECT_EQ(find_link_preset("wifi"), nullptr);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
