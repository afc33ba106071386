// How probably guesses find a port of a NAT that gives each destination another one.
#include <cmath>
#include <cstdint>
#include <vector>

#include <absl/container/flat_hash_set.h>
#include <gtest/gtest.h>

#include "tests/judges/confidence.h"
#include "tests/judges/nat_trial.h"

namespace natsim::judges {
namespace {

constexpr Endpoint easy{IpAddress::v4(203, 0, 113, 10), 40'000};
constexpr IpAddress hard_host = IpAddress::v4(192, 168, 1, 2);
constexpr std::uint64_t runs = 10'000;

nat::NatOptions symmetric() {
  nat::NatOptions options;
  options.mapping = nat::Dependence::address_and_port_dependent;
  options.filtering = nat::Dependence::address_and_port_dependent;
  options.port_allocation = nat::PortAllocation::random;
  options.hairpin = nat::Hairpin::off;
  return options;
}

// The probability that k different ports of `range` hold at least one of n.
double one_hard_side(std::uint32_t range, std::uint32_t n, std::uint32_t k) {
  double miss = 1;
  for (std::uint32_t i = 0; i < k; ++i) {
    miss *= static_cast<double>(range - n - i) / static_cast<double>(range - i);
  }
  return 1 - miss;
}

TEST(PortGuessingTheory, OneHardSide) {
  const std::pair<std::uint32_t, double> all_ports[] = {{64, .2248},  {128, .3992}, {174, .4998},
                                                        {256, .6394}, {512, .8705}, {1024, .9835},
                                                        {2048, .9997}};
  for (const auto& [k, p] : all_ports) EXPECT_NEAR(one_hard_side(64'512, 256, k), p, 6e-5);
  EXPECT_NEAR(one_hard_side(28'233, 256, 174), .7960, 6e-5);
  EXPECT_NEAR(one_hard_side(16'384, 256, 256), .9828, 6e-5);
}

// The number of the first probe, from 1, that gets in; 0 if none of `most` does.
std::uint32_t first_hit(std::uint32_t sockets, std::uint32_t most, nat::PortRange range,
                        const Random& random) {
  nat::NatOptions options = symmetric();
  options.port_range = range;
  NatTrial hard(options, random.split("nat"));
  const Time now{};
  for (std::uint32_t i = 0; i < sockets; ++i) {
    hard.out({hard_host, static_cast<std::uint16_t>(20'000 + i)}, easy, now);
  }
  Random guesses = random.split("guesses");
  absl::flat_hash_set<std::uint16_t> tried;
  for (std::uint32_t probe = 1; probe <= most; ++probe) {
    std::uint16_t port;
    do {
      port = static_cast<std::uint16_t>(range.first + guesses.below(range.size()));
    } while (!tried.insert(port).second);
    if (hard.in(easy, port, now)) return probe;
  }
  return 0;
}

TEST(PortGuessing, OneHardSide) {
  constexpr std::uint32_t ks[] = {64, 128, 174, 256, 512, 1024};
  std::uint64_t hits[std::size(ks)] = {};
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    const std::uint32_t first = first_hit(256, 1024, {1024, 65535}, Random(seed));
    for (std::size_t i = 0; i < std::size(ks); ++i) {
      if (first != 0 && first <= ks[i]) ++hits[i];
    }
  }
  for (std::size_t i = 0; i < std::size(ks); ++i) {
    SCOPED_TRACE(ks[i]);
    EXPECT_TRUE(agrees(hits[i], runs, one_hard_side(64'512, 256, ks[i])));
  }
}

TEST(PortGuessing, ASmallerRangeIsEasier) {
  std::uint64_t hits = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    if (first_hit(256, 174, {49152, 65535}, Random(seed)) != 0) ++hits;
  }
  EXPECT_NEAR(one_hard_side(16'384, 256, 174), .9364, 6e-5);
  EXPECT_TRUE(agrees(hits, runs, one_hard_side(16'384, 256, 174)));
}

// Both sides symmetric: each sends one packet from each of n sockets to a port that it guesses; a
// path opens where a's i-th guess is b's port for its j-th socket and the reverse.
TEST(PortGuessing, TwoHardSidesAreHopeless) {
  constexpr std::uint32_t sockets = 512;
  constexpr double range = 4096;
  const nat::PortRange ports{61'440, 65'535};
  // As b sees it; both NATs of these trials have the same address of their own.
  constexpr IpAddress a_address = IpAddress::v4(192, 0, 2, 1);
  const double expected = 1 - std::exp(-static_cast<double>(sockets) * sockets / (range * range));
  nat::NatOptions options = symmetric();
  options.port_range = ports;
  std::uint64_t hits = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    const Random random(seed);
    NatTrial a(options, random.split("a"));
    Random guesses_a = random.split("guesses a");
    Random guesses_b = random.split("guesses b");
    const Time now{};
    // Every packet gets a port of its own at random, so a pair of packets matches if each was sent
    // to the other's port.
    std::vector<std::uint16_t> target_of_port(65'536, 0);
    for (std::uint32_t i = 0; i < sockets; ++i) {
      const auto guess = static_cast<std::uint16_t>(ports.first + guesses_a.below(ports.size()));
      const Endpoint internal{hard_host, static_cast<std::uint16_t>(20'000 + i)};
      const auto port = a.out(internal, {easy.address, guess}, now);
      target_of_port[*port] = guess;
    }
    NatTrial b(options, random.split("b"));
    bool open = false;
    for (std::uint32_t j = 0; j < sockets; ++j) {
      const auto guess = static_cast<std::uint16_t>(ports.first + guesses_b.below(ports.size()));
      const Endpoint internal{hard_host, static_cast<std::uint16_t>(20'000 + j)};
      const auto port = b.out(internal, {a_address, guess}, now);
      // a's filter admits it only from the port that a has sent to.
      if (target_of_port[guess] == *port && a.in({easy.address, *port}, guess, now)) open = true;
    }
    if (open) ++hits;
  }
  EXPECT_TRUE(agrees(hits, runs, expected));
}

// Ports given one after the other: the next one is the last that was seen plus one, unless other
// flows, Poisson of rate lambda, came in between. A window of w guesses finds it if fewer than w
// did.
TEST(PortGuessing, SequentialPortsArePredicted) {
  struct Cell {
    double flows;  // lambda times the time between observation and punch
    std::uint32_t window;
    double probability;
  };
  for (const Cell& cell : {Cell{.5, 1, .607},
                           {.5, 2, .910},
                           {.5, 5, .9998},
                           {2, 1, .135},
                           {2, 2, .406},
                           {2, 5, .947},
                           {5, 1, .0067},
                           {5, 2, .0404},
                           {5, 5, .4405},
                           {5, 10, .968}}) {
    double theory = 0;
    double term = std::exp(-cell.flows);
    for (std::uint32_t j = 0; j < cell.window; ++j) {
      theory += term;
      term *= cell.flows / (j + 1);
    }
    EXPECT_NEAR(theory, cell.probability, 5e-4);

    nat::NatOptions options = symmetric();
    options.port_allocation = nat::PortAllocation::sequential;
    std::uint64_t hits = 0;
    for (std::uint64_t seed = 1; seed <= runs; ++seed) {
      const Random random(seed);
      NatTrial nat(options, random.split("nat"));
      Random arrivals = random.split("arrivals");
      const Endpoint socket{hard_host, 20'000};
      const std::uint16_t observed = *nat.out(socket, easy, Time{});
      std::uint16_t other = 30'000;
      for (double at = arrivals.exponential(); at < cell.flows; at += arrivals.exponential()) {
        nat.out({hard_host, other++}, easy, Time{});
      }
      const std::uint16_t punched = *nat.out(socket, {easy.address, 50'000}, Time{});
      if (punched - observed <= static_cast<int>(cell.window)) ++hits;
    }
    SCOPED_TRACE(testing::Message() << cell.flows << " flows, window " << cell.window);
    EXPECT_TRUE(agrees(hits, runs, theory));
  }
}

}  // namespace
}  // namespace natsim::judges
