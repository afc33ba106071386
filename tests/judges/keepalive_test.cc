// How long keepalives hold a mapping when packets are lost on their way to the NAT.
//
// An idle mapping is gone after T. Keepalives every K are lost with probability p each, on their
// own. m = ceil(T/K) - 1 losses in a row are fatal. R(n), the probability of no such run among n
// keepalives, follows from the first success: R(n) = 1 for n < m, R(m) = 1 - p^m, and
// R(n) = R(n-1) - (1-p) p^m R(n-m-1).
#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "tests/judges/confidence.h"
#include "tests/judges/nat_trial.h"

namespace natsim::judges {
namespace NATSIM_TEST_FILE {

constexpr Endpoint inside{IpAddress::v4(192, 168, 1, 2), 5000};
constexpr Endpoint server{IpAddress::v4(203, 0, 113, 10), 3478};
constexpr std::uint64_t runs = 10'000;

double without_fatal_run(std::size_t m, double p, std::size_t n) {
  const double fatal = std::pow(p, static_cast<double>(m));
  std::vector<double> r(n + 1, 1);
  for (std::size_t i = m; i <= n; ++i) {
    r[i] = i == m ? 1 - fatal : r[i - 1] - (1 - p) * fatal * r[i - m - 1];
  }
  return r[n];
}

struct Keepalive {
  Duration timeout;
  Duration interval;

  // Losses in a row that are fatal. A mapping that was idle for exactly the timeout is gone.
  [[nodiscard]] std::size_t fatal_losses() const {
    return static_cast<std::size_t>((timeout.ns + interval.ns - 1) / interval.ns - 1);
  }
  // The probability that the mapping still lives at the horizon.
  [[nodiscard]] double survival(double loss, Duration horizon) const {
    const std::size_t m = fatal_losses();
    const auto slots = static_cast<std::size_t>((horizon - timeout).ns / interval.ns) + m;
    return without_fatal_run(m, loss, slots);
  }
};

// The mean number of keepalives up to and with the last of a fatal run.
double mean_to_fatal_run(std::size_t m, double p) {
  return (std::pow(p, -static_cast<double>(m)) - 1) / (1 - p);
}

// The mean time until the mapping is gone: its timeout after the keepalive before the fatal run.
double mean_life(const Keepalive& keepalive, double loss) {
  const std::size_t m = keepalive.fatal_losses();
  return (mean_to_fatal_run(m, loss) - static_cast<double>(m)) *
             static_cast<double>(keepalive.interval.ns) * 1e-9 +
         static_cast<double>(keepalive.timeout.ns) * 1e-9;
}

// Whether the mapping that the first packet made is there at the horizon.
bool survives(const Keepalive& keepalive, double loss, Duration horizon, Random random) {
  nat::NatOptions options;
  options.udp_timeout = keepalive.timeout;
  options.refresh = nat::Refresh::outbound;
  NatTrial nat(options, random.split("nat"));
  Random losses = random.split("loss");
  Time now{};
  Time last = now;
  nat.out(inside, server, now);
  while (now + keepalive.interval <= Time{} + horizon) {
    now = now + keepalive.interval;
    if (losses.chance(loss)) continue;
    nat.out(inside, server, now);
    if (nat.mappings_made() > 1) return false;
    last = now;
  }
  return Time{} + horizon < last + keepalive.timeout;
}

std::uint64_t survivors(const Keepalive& keepalive, double loss, Duration horizon) {
  std::uint64_t count = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    if (survives(keepalive, loss, horizon, Random(seed))) ++count;
  }
  return count;
}

TEST(KeepaliveTheory, Recurrence) {
  EXPECT_NEAR(without_fatal_run(1, 0.01, 240), 0.089629, 5e-7);
  EXPECT_NEAR(without_fatal_run(2, 0.05, 240), 0.564884, 5e-7);
  EXPECT_NEAR(without_fatal_run(2, 0.1, 240), 0.110597, 5e-7);
  EXPECT_NEAR(without_fatal_run(3, 0.1, 240), 0.806563, 5e-7);
  EXPECT_NEAR(without_fatal_run(2, 0.2, 120), 0.015605, 5e-7);
}

struct Row {
  Keepalive keepalive;
  std::size_t fatal_losses;
  double survival[4];  // of an hour, with 1, 5, 10 and 20 % of loss
  double mean_life;    // in seconds, with 10 % of loss
};

constexpr double losses[4] = {0.01, 0.05, 0.1, 0.2};

const Row rows[] = {
    {{seconds(30), seconds(20)}, 1, {.1655, 1.0e-4, 6e-9, 0}, 210},
    {{seconds(30), seconds(14)}, 2, {.97497, .5424, .09457, 1.3e-4}, 1542},
    {{seconds(30), seconds(9)}, 3, {.99961, .95393, .69871, .07419}, 9993},
    {{seconds(30), seconds(4)}, 7, {1, 1, .99992, .99089}, 4.4444442e7},
    {{seconds(60), seconds(25)}, 2, {.98604, .71221, .27022, .00699}, 2760},
    {{seconds(60), seconds(19)}, 3, {.99982, .97802, .84457, .29349}, 21093},
    {{seconds(120), seconds(50)}, 2, {.99309, .84590, .52443, .08636}, 5520},
    {{seconds(180), seconds(55)}, 3, {.99994, .99254, .94462, .66105}, 61065},
};

TEST(KeepaliveTheory, AnHour) {
  for (const Row& row : rows) {
    EXPECT_EQ(row.keepalive.fatal_losses(), row.fatal_losses);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_NEAR(row.keepalive.survival(losses[i], seconds(3600)), row.survival[i],
                  row.survival[i] < 0.001 ? 1e-5 : 6e-5);
    }
    EXPECT_NEAR(mean_life(row.keepalive, 0.1), row.mean_life, 1e-3);
  }
}

class KeepaliveSurvival : public testing::TestWithParam<std::size_t> {};

TEST_P(KeepaliveSurvival, IsWithinTheBoundsOfTheory) {
  const Row& row = rows[GetParam()];
  for (const double loss : losses) {
    SCOPED_TRACE(testing::Message()
                 << "T " << row.keepalive.timeout.ns / 1'000'000'000 << " s, K "
                 << row.keepalive.interval.ns / 1'000'000'000 << " s, loss " << loss);
    EXPECT_TRUE(agrees(survivors(row.keepalive, loss, seconds(3600)), runs,
                       row.keepalive.survival(loss, seconds(3600))));
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, KeepaliveSurvival, testing::Range(std::size_t{0}, std::size(rows)));

// How long a mapping lives, for the rows whose mean life is not too long to wait for.
TEST(KeepaliveSurvival, MeanLife) {
  for (const Row& row : rows) {
    if (row.mean_life > 6000) continue;
    double sum = 0;
    double squares = 0;
    for (std::uint64_t seed = 1; seed <= runs; ++seed) {
      const Random random(seed);
      nat::NatOptions options;
      options.udp_timeout = row.keepalive.timeout;
      options.refresh = nat::Refresh::outbound;
      NatTrial nat(options, random.split("nat"));
      Random channel = random.split("loss");
      Time now{};
      Time last{};
      nat.out(inside, server, now);
      while (nat.mappings_made() == 1) {
        last = now;
        do {
          now = now + row.keepalive.interval;
        } while (channel.chance(0.1));
        nat.out(inside, server, now);
      }
      const double lived = static_cast<double>((last + row.keepalive.timeout - Time{}).ns) * 1e-9;
      sum += lived;
      squares += lived * lived;
    }
    const double mean = sum / static_cast<double>(runs);
    const double deviation = std::sqrt(squares / static_cast<double>(runs) - mean * mean);
    EXPECT_NEAR(mean, row.mean_life, z_99 * deviation / std::sqrt(static_cast<double>(runs)));
  }
}

// Both ends have a NAT and keepalives of their own: the path lives while both mappings do.
TEST(KeepaliveSurvival, OfTwoNatsIsTheProduct) {
  const Keepalive a{seconds(30), seconds(14)};
  const Keepalive b{seconds(60), seconds(25)};
  std::uint64_t both = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    const Random random(seed);
    if (survives(a, 0.05, seconds(3600), random.split("a")) &&
        survives(b, 0.05, seconds(3600), random.split("b"))) {
      ++both;
    }
  }
  EXPECT_TRUE(
      agrees(both, runs, a.survival(0.05, seconds(3600)) * b.survival(0.05, seconds(3600))));
}

// An interval that divides the timeout: the second keepalive comes when the mapping has just gone.
TEST(KeepaliveSurvival, AnIdleTimeOfExactlyTheTimeoutIsTooLong) {
  const Keepalive dividing{seconds(30), seconds(15)};
  EXPECT_EQ(dividing.fatal_losses(), 1U);
  EXPECT_LT(dividing.survival(0.1, seconds(3600)), 1e-10);
  EXPECT_EQ(survivors(dividing, 0.1, seconds(3600)), 0U);
  const Keepalive shorter{seconds(30), seconds(15) - nanoseconds(1)};
  EXPECT_EQ(shorter.fatal_losses(), 2U);
  EXPECT_TRUE(
      agrees(survivors(shorter, 0.1, seconds(3600)), runs, shorter.survival(0.1, seconds(3600))));
}

TEST(KeepaliveSurvival, WithoutLossTheMappingLivesToTheNanosecond) {
  const Keepalive just_in_time{seconds(30), seconds(30) - nanoseconds(1)};
  EXPECT_TRUE(survives(just_in_time, 0, seconds(86'400), Random(1)));
  const Keepalive just_too_late{seconds(30), seconds(30)};
  EXPECT_FALSE(survives(just_too_late, 0, seconds(86'400), Random(1)));
}

// With random traffic of rate lambda and no keepalive, the mean time until the mapping is gone is
// (e^(lambda T) - 1) / lambda.
TEST(KeepaliveSurvival, PoissonTraffic) {
  struct Traffic {
    double rate;  // a second
    double timeout;
    double mean;
  };
  for (const Traffic& traffic : {Traffic{.1, 30, 190.86}, {.05, 60, 381.71}, {.02, 30, 41.11}}) {
    EXPECT_NEAR((std::exp(traffic.rate * traffic.timeout) - 1) / traffic.rate, traffic.mean, 0.005);
    nat::NatOptions options;
    options.udp_timeout = Duration{static_cast<std::int64_t>(traffic.timeout * 1e9)};
    double sum = 0;
    double squares = 0;
    for (std::uint64_t seed = 1; seed <= runs; ++seed) {
      const Random random(seed);
      NatTrial nat(options, random.split("nat"));
      Random arrivals = random.split("arrivals");
      Time now{};
      Time last{};
      nat.out(inside, server, now);
      for (;;) {
        last = now;
        now =
            now + Duration{static_cast<std::int64_t>(arrivals.exponential() / traffic.rate * 1e9)};
        nat.out(inside, server, now);
        if (nat.mappings_made() > 1) break;
      }
      const double lived = static_cast<double>((last + options.udp_timeout - Time{}).ns) * 1e-9;
      sum += lived;
      squares += lived * lived;
    }
    const double mean = sum / static_cast<double>(runs);
    const double deviation = std::sqrt(squares / static_cast<double>(runs) - mean * mean);
    EXPECT_NEAR(mean, traffic.mean, z_99 * deviation / std::sqrt(static_cast<double>(runs)));
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::judges
