// Ports as a resource: how often inside hosts collide, and how often a limit is met.
#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "tests/judges/confidence.h"
#include "tests/judges/nat_trial.h"

namespace natsim::judges {
namespace NATSIM_TEST_FILE {

constexpr Endpoint server{IpAddress::v4(203, 0, 113, 10), 3478};

Endpoint host(std::uint32_t number, std::uint16_t port) {
  return {IpAddress::v4(0x0a00'0001U + number), port};
}

// The share of hosts whose port another one has, and of NATs where that befalls any of 100.
TEST(PortCollisionTheory, GoldenValues) {
  struct Row {
    double ports;
    double one_of_10, one_of_100, one_of_1000, any_of_100;  // in percent
  };
  for (const Row& row : {Row{28'232, .03, .35, 3.5, 16.1}, {16'384, .055, .60, 5.9, 26.1}}) {
    const auto remapped = [&](int hosts) {
      return 100 * (1 - std::pow(1 - 1 / row.ports, hosts - 1));
    };
    double all_differ = 1;
    for (int i = 0; i < 100; ++i) all_differ *= 1 - i / row.ports;
    EXPECT_NEAR(remapped(10), row.one_of_10, 0.005);
    EXPECT_NEAR(remapped(100), row.one_of_100, 0.005);
    EXPECT_NEAR(remapped(1000), row.one_of_1000, 0.05);
    EXPECT_NEAR(100 * (1 - all_differ), row.any_of_100, 0.05);
  }
}

// N inside hosts each draw a source port from R and send to one remote through a NAT that keeps
// ports while it can.
TEST(PortCollision, TheLastHostIsRemappedAsOftenAsTheBirthdayFormulaSays) {
  constexpr std::uint64_t runs = 10'000;
  struct Cell {
    std::uint32_t hosts;
    std::uint32_t first;
    std::uint32_t range;
  };
  for (const Cell& cell : {Cell{10, 32'768, 28'232},
                           {100, 32'768, 28'232},
                           {100, 49'152, 16'384},
                           {300, 49'152, 16'384}}) {
    const double others = cell.hosts - 1;
    const double remapped = 1 - std::pow(1 - 1.0 / cell.range, others);
    double all_differ = 1;
    for (std::uint32_t i = 0; i < cell.hosts; ++i)
      all_differ *= 1 - static_cast<double>(i) / cell.range;
    std::uint64_t last_remapped = 0;
    std::uint64_t any_remapped = 0;
    for (std::uint64_t seed = 1; seed <= runs; ++seed) {
      const Random random(seed);
      nat::NatOptions options;
      options.port_allocation = nat::PortAllocation::preserve_overload;
      options.filtering = nat::Dependence::address_and_port_dependent;
      NatTrial nat(options, random.split("nat"));
      Random ports = random.split("ports");
      bool any = false;
      bool last = false;
      for (std::uint32_t i = 0; i < cell.hosts; ++i) {
        const auto port = static_cast<std::uint16_t>(cell.first + ports.below(cell.range));
        last = nat.out(host(i, port), server, Time{}) != port;
        any |= last;
      }
      if (last) ++last_remapped;
      if (any) ++any_remapped;
    }
    SCOPED_TRACE(testing::Message() << cell.hosts << " hosts, " << cell.range << " ports");
    // A remapped host may take a port that another one draws later: such a follower is rare, and
    // is counted neither as the last host's own collision nor as a first one.
    EXPECT_TRUE(agrees(any_remapped, runs, 1 - all_differ));
    if (cell.hosts <= 100) {
      EXPECT_TRUE(agrees(last_remapped, runs, remapped));
    }
  }
}

// The probability that all c servers are busy when calls of offered load a arrive by chance.
double erlang_b(double load, std::uint32_t servers) {
  double blocking = 1;
  for (std::uint32_t n = 1; n <= servers; ++n) {
    blocking = load * blocking / (n + load * blocking);
  }
  return blocking;
}

TEST(PortLimitTheory, ErlangB) {
  EXPECT_NEAR(erlang_b(50, 64), .0084, 5e-5);
  EXPECT_NEAR(erlang_b(480, 512), .0067, 5e-5);
  EXPECT_NEAR(erlang_b(1000, 1008), .020, 5e-4);
}

// Flows of a host each that arrive by chance and send one packet hold something for so long. Of
// those that find all of it taken, Erlang's formula tells the share; it does not ask how the
// holding times are distributed.
void expect_erlang(const nat::NatOptions& options, double load, Duration hold,
                   std::uint32_t servers) {
  constexpr int batches = 60;
  constexpr int arrivals_a_batch = 20'000;
  const double rate = load / (static_cast<double>(hold.ns) * 1e-9);
  std::vector<double> shares;
  for (std::uint64_t seed = 1; seed <= batches; ++seed) {
    const Random random(seed);
    NatTrial nat(options, random.split("nat"));
    Random arrivals = random.split("arrivals");
    Time now{};
    std::uint64_t refused_before = 0;
    for (int i = 0; i < arrivals_a_batch; ++i) {
      now = now + Duration{static_cast<std::int64_t>(arrivals.exponential() / rate * 1e9)};
      nat.out(host(static_cast<std::uint32_t>(i), 5000), server, now);
      // It begins empty: the first tenth is not counted.
      if (i == arrivals_a_batch / 10) refused_before = nat.refused();
    }
    shares.push_back(static_cast<double>(nat.refused() - refused_before) /
                     (arrivals_a_batch * 0.9));
  }
  double mean = 0;
  for (const double share : shares) mean += share / batches;
  double variance = 0;
  for (const double share : shares) variance += (share - mean) * (share - mean) / (batches - 1);
  SCOPED_TRACE(testing::Message() << "load " << load << ", limit " << servers);
  EXPECT_NEAR(mean, erlang_b(load, servers), z_99 * std::sqrt(variance / batches));
}

struct Load {
  double load;
  std::uint32_t limit;
};

TEST(PortLimit, RefusesAsManyFlowsAsErlangSays) {
  for (const Load& cell : {Load{50, 64}, {50, 50}, {120, 128}}) {
    nat::NatOptions options;
    options.udp_timeout = seconds(60);
    options.max_mappings = cell.limit;
    expect_erlang(options, cell.load, seconds(60), cell.limit);
  }
}

// A port that is held down after its use is no good to other hosts: it counts as used for so much
// longer (RFC 6888 REQ-8).
TEST(PortLimit, AHoldDownAddsToTheHoldingTime) {
  for (const Load& cell : {Load{50, 64}, {50, 50}}) {
    nat::NatOptions options;
    options.udp_timeout = seconds(60);
    options.port_hold_down = seconds(120);
    options.port_allocation = nat::PortAllocation::random;
    options.port_range = {2000, static_cast<std::uint16_t>(2000 + cell.limit - 1)};
    expect_erlang(options, cell.load, seconds(60 + 120), cell.limit);
  }
}

// How many mappings flows of rate lambda leave: lambda times the timeout (Little's law).
TEST(TableSize, FollowsLittlesLaw) {
  const Random random(1);
  nat::NatOptions options;
  options.udp_timeout = seconds(60);
  NatTrial nat(options, random.split("nat"));
  Time now{};
  // One flow every 100 ms: 600 of them are younger than a minute at any time.
  for (std::uint32_t i = 0; i < 5'000; ++i) {
    nat.out(host(i, 5000), server, now);
    now = now + milliseconds(100);
  }
  EXPECT_EQ(nat.live(now - milliseconds(100)), 600U);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::judges
