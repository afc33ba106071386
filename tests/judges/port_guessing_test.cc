// How probably guesses find a port of a NAT that gives each destination another one.
#include <cmath>
#include <cstdint>
#include <vector>

#include <absl/container/flat_hash_set.h>
#include <gtest/gtest.h>

#include "tests/judges/confidence.h"
#include "tests/judges/nat_trial.h"

namespace natsim::judges {
namespace NATSIM_TEST_FILE {

constexpr Endpoint easy{IpAddress::v4(203, 0, 113, 10), 40'000};
constexpr IpAddress hard_host = IpAddress::v4(192, 168, 1, 2);
// Of two hard sides, as each sees the other; both NATs of such trials have one address of their
// own.
constexpr IpAddress a_address = IpAddress::v4(192, 0, 2, 1);
constexpr IpAddress b_address = easy.address;
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
  const std::pair<std::uint32_t, double> from_1[] = {{64, .2217},  {128, .3944}, {174, .4944},
                                                     {256, .6336}, {512, .8663}, {1024, .9824},
                                                     {2048, .9997}};
  for (const auto& [k, p] : from_1) EXPECT_NEAR(one_hard_side(65'535, 256, k), p, 6e-5);
  EXPECT_NEAR(one_hard_side(28'233, 256, 174), .7960, 6e-5);
  EXPECT_NEAR(one_hard_side(28'233, 256, 256), .9039, 6e-5);
  EXPECT_NEAR(one_hard_side(16'384, 256, 174), .9364, 6e-5);
  EXPECT_NEAR(one_hard_side(16'384, 256, 256), .9828, 6e-5);
}

TEST(PortGuessingTheory, FewestProbes) {
  struct Row {
    double probability;
    std::uint32_t probes;   // for 256 sockets
    std::uint32_t of_each;  // sockets and probes, if they are as many
  };
  for (const Row& row : {Row{.5, 175, 212}, {.9, 577, 385}, {.99, 1148, 543}, {.999, 1715, 665}}) {
    EXPECT_GE(one_hard_side(64'512, 256, row.probes), row.probability);
    EXPECT_LT(one_hard_side(64'512, 256, row.probes - 1), row.probability);
    EXPECT_GE(one_hard_side(64'512, row.of_each, row.of_each), row.probability);
    EXPECT_LT(one_hard_side(64'512, row.of_each - 1, row.of_each - 1), row.probability);
    // No other split of as many packets does better.
    for (const std::uint32_t more : {1U, 10U, 100U}) {
      EXPECT_LT(one_hard_side(64'512, row.of_each - more, row.of_each + more),
                one_hard_side(64'512, row.of_each, row.of_each));
    }
  }
}

// The probability that two sides meet which make n mappings each, and the mean time to that of two
// which make `rate` a second that live for `timeout`: of all pairs of packets in each other's
// lifetimes one in range^2 matches.
double two_hard_sides(double range, double a, double b) {
  return 1 - std::exp(-a * b / (range * range));
}
double mean_seconds_to_meet(double range, double rate, double timeout) {
  return range * range / (2 * rate * rate * timeout);
}

TEST(PortGuessingTheory, TwoHardSides) {
  EXPECT_NEAR(two_hard_sides(64'512, 256, 2048), .000126, 5e-7);
  EXPECT_NEAR(two_hard_sides(64'512, 2048, 2048), .0010, 5e-5);
  EXPECT_NEAR(two_hard_sides(64'512, 170'000, 170'000), .9990, 5e-5);
  EXPECT_NEAR(mean_seconds_to_meet(64'512, 100, 60), 3468, 0.5);
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

// Among ports that are not probed twice the first of n is found after (P+1)/(n+1) probes.
TEST(PortGuessing, MeanProbesToTheFirstHit) {
  const double expected = 64'513.0 / 257;
  EXPECT_NEAR(expected, 251.0, 0.05);
  double sum = 0;
  double squares = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    const double probes = first_hit(256, 64'512, {1024, 65535}, Random(seed));
    ASSERT_GT(probes, 0);
    sum += probes;
    squares += probes * probes;
  }
  const double mean = sum / static_cast<double>(runs);
  const double deviation = std::sqrt(squares / static_cast<double>(runs) - mean * mean);
  EXPECT_NEAR(mean, expected, z_99 * deviation / std::sqrt(static_cast<double>(runs)));
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
      const auto port = a.out(internal, {b_address, guess}, now);
      target_of_port[*port] = guess;
    }
    NatTrial b(options, random.split("b"));
    bool open = false;
    for (std::uint32_t j = 0; j < sockets; ++j) {
      const auto guess = static_cast<std::uint16_t>(ports.first + guesses_b.below(ports.size()));
      const Endpoint internal{hard_host, static_cast<std::uint16_t>(20'000 + j)};
      const auto port = b.out(internal, {a_address, guess}, now);
      // a's filter admits it only from the port that a has sent to.
      if (target_of_port[guess] == *port && a.in({b_address, *port}, guess, now)) open = true;
    }
    if (open) ++hits;
  }
  EXPECT_TRUE(agrees(hits, runs, expected));
}

// The same with mappings that do not outlive the search: two packets match only if they are less
// than the timeout apart.
TEST(PortGuessing, TwoHardSidesWhoseMappingsExpire) {
  const nat::PortRange ports{61'440, 61'951};
  constexpr std::int64_t sends = 300;
  const Duration interval = milliseconds(100);
  const Duration timeout = seconds(5);
  // Of each packet of one side so many of the other's are in reach, fewer at both ends.
  const double reach = static_cast<double>(timeout.ns) / static_cast<double>(interval.ns);
  const double pairs = sends * (2 * reach - 1) - reach * (reach - 1);
  const double range = ports.size();
  const double expected = 1 - std::exp(-pairs / (range * range));
  // But for the ends it is the rate that the mean time to meet comes from.
  EXPECT_NEAR(pairs / (range * range), 30 / mean_seconds_to_meet(range, 10, 5), 0.02);
  nat::NatOptions options = symmetric();
  options.port_range = ports;
  options.udp_timeout = timeout;
  options.refresh = nat::Refresh::outbound;
  std::uint64_t hits = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    const Random random(seed);
    NatTrial a(options, random.split("a"));
    NatTrial b(options, random.split("b"));
    Random guesses = random.split("guesses");
    const auto guess = [&] {
      return static_cast<std::uint16_t>(ports.first + guesses.below(ports.size()));
    };
    bool met = false;
    Time now{};
    for (std::int64_t i = 0; i < sends && !met; ++i) {
      const Endpoint socket{hard_host, static_cast<std::uint16_t>(20'000 + i)};
      const std::uint16_t b_guessed = guess();
      const std::uint16_t from_a = *a.out(socket, {b_address, b_guessed}, now);
      met = b.in({a_address, from_a}, b_guessed, now);
      const std::uint16_t a_guessed = guess();
      const std::uint16_t from_b = *b.out(socket, {a_address, a_guessed}, now);
      met |= a.in({b_address, from_b}, a_guessed, now);
      now = now + interval;
    }
    if (met) ++hits;
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

// Where both sides' next ports must be foreseen, both predictions must be right: the square.
TEST(PortGuessing, SequentialPortsOfBothSidesArePredictedTogether) {
  constexpr double flows = 0.5;
  nat::NatOptions options = symmetric();
  options.port_allocation = nat::PortAllocation::sequential;
  std::uint64_t hits = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    const Random random(seed);
    const Endpoint socket{hard_host, 20'000};
    NatTrial a(options, random.split("a"));
    NatTrial b(options, random.split("b"));
    const Endpoint next_of_a{a_address, static_cast<std::uint16_t>(*a.out(socket, easy, {}) + 1)};
    const Endpoint next_of_b{b_address, static_cast<std::uint16_t>(*b.out(socket, easy, {}) + 1)};
    Random arrivals = random.split("arrivals");
    for (NatTrial* const nat : {&a, &b}) {
      std::uint16_t other = 30'000;
      for (double at = arrivals.exponential(); at < flows; at += arrivals.exponential()) {
        nat->out({hard_host, other++}, easy, {});
      }
    }
    const Endpoint from_a{a_address, *a.out(socket, next_of_b, {})};
    const Endpoint from_b{b_address, *b.out(socket, next_of_a, {})};
    if (a.in(from_b, next_of_a.port, {}) && b.in(from_a, next_of_b.port, {})) ++hits;
  }
  EXPECT_TRUE(agrees(hits, runs, std::exp(-flows) * std::exp(-flows)));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::judges
