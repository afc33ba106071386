// What loss does beyond keepalives lost one by one: keepalives lost in bursts, consent as the only
// keepalive, and how long a STUN transaction takes.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "sim/agents/nat_probe.h"
#include "sim/agents/stun_server.h"
#include "sim/net/gilbert_elliott.h"
#include "stack/ice/consent.h"
#include "tests/judges/arena.h"
#include "tests/judges/confidence.h"
#include "tests/judges/nat_trial.h"

namespace natsim::judges {
namespace NATSIM_TEST_FILE {

constexpr Endpoint inside{IpAddress::v4(192, 168, 1, 2), 5000};
constexpr Endpoint server{IpAddress::v4(203, 0, 113, 10), 3478};
constexpr std::uint64_t runs = 10'000;

// ---- Bursts: the Gilbert-Elliott channel

// The probability that of n keepalives no m in a row are lost, where all are lost in the bad state
// and none in the good one: by the probabilities of being in a state with so many losses so far.
double without_fatal_run(const net::GilbertElliottOptions& channel, double bad_at_first,
                         std::size_t m, std::size_t n) {
  std::vector<double> bad(m, 0);   // the next one is lost, after so many
  std::vector<double> good(m, 0);  // it is not
  good[0] = 1 - bad_at_first;
  bad[0] = bad_at_first;
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> next_bad(m, 0);
    std::vector<double> next_good(m, 0);
    for (std::size_t run = 0; run < m; ++run) {
      next_bad[0] += good[run] * channel.p;
      next_good[0] += good[run] * (1 - channel.p);
      if (run + 1 == m) continue;  // one more is fatal
      next_bad[run + 1] += bad[run] * (1 - channel.r);
      next_good[run + 1] += bad[run] * channel.r;
    }
    bad = std::move(next_bad);
    good = std::move(next_good);
  }
  double alive = 0;
  for (std::size_t run = 0; run < m; ++run) alive += bad[run] + good[run];
  return alive;
}

TEST(BurstTheory, LossesInBurstsAreWorse) {
  // 10 % in bursts of 10/3 on average, from a channel in its stationary state.
  const auto channel = net::gilbert_elliott_of_means(0.1, 10.0 / 3).value();
  EXPECT_NEAR(channel.r, 0.3, 1e-12);
  EXPECT_NEAR(without_fatal_run(channel, 0.1, 2, 240), 0.0036, 5e-5);
  // A channel that forgets: each is lost with 10 %, whatever became of the one before.
  const net::GilbertElliottOptions independent{.p = 0.1, .r = 0.9};
  EXPECT_NEAR(without_fatal_run(independent, 0.1, 2, 240), 0.110597, 5e-7);
  EXPECT_NEAR(without_fatal_run(independent, 0.1, 3, 240), 0.806563, 5e-7);
}

TEST(BurstSurvival, IsWithinTheBoundsOfTheory) {
  struct Cell {
    double loss;
    double burst;
    Duration interval;
    std::size_t fatal_losses;  // with a timeout of 30 s
    std::size_t keepalives;
  };
  for (const Cell& cell : {Cell{.1, 10.0 / 3, seconds(14), 2, 240},
                           {.1, 10.0 / 3, seconds(14), 2, 30},
                           {.1, 10.0 / 3, seconds(9), 3, 60},
                           {.02, 2, seconds(14), 2, 120},
                           {.05, 1.5, seconds(9), 3, 240},
                           {.3, 5, seconds(4), 7, 60}}) {
    const auto channel = net::gilbert_elliott_of_means(cell.loss, cell.burst).value();
    std::uint64_t survivors = 0;
    for (std::uint64_t seed = 1; seed <= runs; ++seed) {
      const Random random(seed);
      nat::NatOptions options;
      options.udp_timeout = seconds(30);
      options.refresh = nat::Refresh::outbound;
      NatTrial nat(options, random.split("nat"));
      net::GilbertElliott losses(random.split("loss"));
      Time now{};
      Time last = now;
      nat.out(inside, server, now);
      for (std::size_t i = 0; i < cell.keepalives && nat.mappings_made() == 1; ++i) {
        now = now + cell.interval;
        if (losses.loses_next(channel)) continue;
        nat.out(inside, server, now);
        last = now;
      }
      // After the last of a fatal run no keepalive need come to find out.
      const Duration fatal = cell.interval * static_cast<std::int64_t>(cell.fatal_losses);
      if (nat.mappings_made() == 1 && now - last < fatal) ++survivors;
    }
    SCOPED_TRACE(testing::Message() << "loss " << cell.loss << ", bursts of " << cell.burst << ", "
                                    << cell.keepalives << " keepalives");
    // A link's channel begins in the good state.
    EXPECT_TRUE(
        agrees(survivors, runs, without_fatal_run(channel, 0, cell.fatal_losses, cell.keepalives)));
  }
}

// ---- Loss beyond the NAT

class Deaf : public net::DatagramReceiver {
  void receive(net::UdpSocket& /*socket*/, const net::Packet& /*packet*/) override {}
};

// Only what is lost on its way to the NAT fails to refresh.
TEST(LossBeyondTheNat, DoesNotMatterToAMapping) {
  for (const bool beyond : {true, false}) {
    Arena arena;
    nat::NatOptions options;
    options.udp_timeout = seconds(30);
    options.refresh = nat::Refresh::outbound;
    nat::NatBox& nat = arena.nat("nat", options, IpAddress::v4(198, 51, 100, 7));
    const net::LinkOptions lossy{.one_way_delay = milliseconds(15), .loss = 0.9};
    const net::LinkOptions lossless{.one_way_delay = milliseconds(15)};
    net::Host& host = arena.host("host", inside.address);
    arena.inside(nat, *host.interfaces().front(), IpAddress::v4(192, 168, 1, 1),
                 beyond ? lossless : lossy);
    arena.to_internet(nat.outside_interface(), beyond ? lossy : lossless);
    Deaf deaf;
    const auto socket = host.open_udp({inside.address, inside.port}, deaf);
    core::Scheduler& scheduler = arena.world().scheduler();
    std::uint64_t last = 0;
    for (int i = 0; i < 240; ++i) {
      socket.value()->send(server, as_bytes("keepalive"));
      scheduler.run_until(Time{} + seconds(14) * (i + 1));
      for (const nat::MappingSnapshot& m : nat.mappings()) last = m.number;
    }
    // All that there have been.
    if (beyond) {
      EXPECT_EQ(last, 1U);
    } else {
      EXPECT_GT(last, 10U);
    }
  }
}

// ---- Consent requests as keepalives

// The probability that n intervals, each between 4 and 6 s, make less than 30 s: of Irwin and
// Hall's sum of n uniform ones, that it is less than (30 - 4n) / 2.
double sum_below_30_s(int n) {
  const double x = (30.0 - 4 * n) / 2;
  double sum = 0;
  double term = 1;  // (-1)^k / (k! (n-k)!), times n!
  for (int k = 0; k <= n && k <= x; ++k) {
    sum += term * std::pow(x - k, n);
    term *= -static_cast<double>(n - k) / (k + 1);
  }
  for (int k = 2; k <= n; ++k) sum /= k;
  return sum;
}

TEST(ConsentTheory, IrwinHall) {
  EXPECT_NEAR(sum_below_30_s(5), 1, 1e-12);
  EXPECT_NEAR(sum_below_30_s(6), 0.5, 1e-12);
  EXPECT_NEAR(1 - sum_below_30_s(7), 0.9998, 5e-5);
}

// A mapping of 30 s lives if four consent requests in a row are lost, by the toss of a coin if five
// are, and hardly ever if six are.
TEST(ConsentAsKeepalive, FiveLossesAreACoinToss) {
  const ice::Options ice_options;
  for (const int lost : {4, 5, 6}) {
    std::uint64_t survivors = 0;
    for (std::uint64_t seed = 1; seed <= runs; ++seed) {
      const Random random(seed);
      nat::NatOptions options;
      options.udp_timeout = seconds(30);
      options.refresh = nat::Refresh::outbound;
      NatTrial nat(options, random.split("nat"));
      ice::Consent consent(ice_options, random.split("consent"));
      nat.out(inside, server, Time{});
      consent.begin(Time{});
      for (int i = 0; i < lost; ++i) consent.sent(consent.next_request());
      nat.out(inside, server, consent.next_request());
      if (nat.mappings_made() == 1) ++survivors;
    }
    SCOPED_TRACE(lost);
    if (lost == 4) {
      EXPECT_EQ(survivors, runs);
    } else {
      EXPECT_TRUE(agrees(survivors, runs, sum_below_30_s(lost + 1)));
    }
  }
}

// ---- A STUN transaction under loss

// When a request is sent, after the first time (RFC 8489 §6.2.1).
constexpr std::array<std::int64_t, 7> sends_ms = {0, 500, 1500, 3500, 7500, 15'500, 31'500};

// Each direction loses `loss`: a send succeeds with (1 - loss)^2.
double share_answered(double loss) {
  const double unanswered = 1 - (1 - loss) * (1 - loss);
  return 1 - std::pow(unanswered, static_cast<double>(sends_ms.size()));
}
// How much later than without loss the answer comes, where one comes; in ms.
double mean_delay_ms(double loss) {
  const double answered = (1 - loss) * (1 - loss);
  double sum = 0;
  double reached = 1;
  for (const std::int64_t at : sends_ms) {
    sum += reached * answered * static_cast<double>(at);
    reached *= 1 - answered;
  }
  return sum / share_answered(loss);
}

struct LossRow {
  double loss;
  double delay_ms;
};
constexpr LossRow loss_rows[] = {{.01, 10.4}, {.05, 60.6}, {.1, 152.5}, {.2, 529}, {.3, 1338}};

TEST(StunLossTheory, MeanDelay) {
  for (const LossRow& row : loss_rows) {
    EXPECT_NEAR(mean_delay_ms(row.loss), row.delay_ms, row.delay_ms < 200 ? 0.05 : 0.5);
  }
}

TEST(StunLoss, DelaysATransactionAsTheorySays) {
  for (const LossRow& row : loss_rows) {
    SCOPED_TRACE(row.loss);
    Arena arena;
    net::Host& stun_host = arena.host("stun", server.address);
    arena.to_internet(*stun_host.interfaces().front(), 20);
    const auto stun = agents::StunServer::start(stun_host, {.primary = server});
    net::Host& client = arena.host("client", IpAddress::v4(198, 51, 100, 7));
    arena.to_internet(*client.interfaces().front(),
                      {.one_way_delay = milliseconds(15), .loss = row.loss});
    const Duration round_trip = milliseconds(15 + 20) * 2;
    core::Scheduler& scheduler = arena.world().scheduler();

    std::uint64_t answered = 0;
    double sum = 0;
    double squares = 0;
    for (std::uint64_t run = 0; run < runs; ++run) {
      const Time start = scheduler.now();
      const auto started = agents::NatProbe::start(
          client, {.server = server, .mapping = false, .filtering = false, .hairpin = false});
      const agents::NatProbe& probe = *started.value();
      while (probe.report() == nullptr && scheduler.step(Time::never())) {
      }
      const Duration taken = scheduler.now() - start;
      if (probe.report()->udp_blocked) {
        ASSERT_EQ(taken, milliseconds(39'500));
        continue;
      }
      ++answered;
      // Without loss it is a round trip; each further send adds what it has waited, to the
      // nanosecond.
      const Duration delay = taken - round_trip;
      ASSERT_TRUE(std::ranges::any_of(sends_ms, [&](std::int64_t at) {
        return delay == milliseconds(at);
      })) << delay.ns;
      const double ms = static_cast<double>(delay.ns) * 1e-6;
      sum += ms;
      squares += ms * ms;
    }
    EXPECT_TRUE(agrees(answered, runs, share_answered(row.loss)));
    const auto n = static_cast<double>(answered);
    const double mean = sum / n;
    EXPECT_NEAR(mean, mean_delay_ms(row.loss), z_99 * std::sqrt((squares / n - mean * mean) / n));
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::judges
