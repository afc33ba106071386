// ICE between every two kinds of NAT, in both filter scopes and by every way of giving out ports,
// against the table of what is direct, rescued, to be had by prediction, or not to be had.
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "sim/nat/presets.h"
#include "tests/judges/ice_trial.h"
#include "tests/judges/nat_trial.h"

namespace natsim::judges {
namespace NATSIM_TEST_FILE {

using nat::Dependence;
using nat::FilterScope;
using nat::PortAllocation;

// Mapping and filtering as levels of dependence: 0 none, 1 address, 2 address and port.
struct Kind {
  int mapping;
  int filtering;
};

constexpr Kind kind_of(int number) { return {number / 3, number % 3}; }

// Rows are a, columns b, in the order of kind_of. D: by the signalled addresses. R: the side whose
// mapping depends on the remote is met where it turns up. RR: both are. 1a, 1b, 1*: the port of a,
// of b, or either of them must be foreseen. 2: those of both.
constexpr std::string_view table[9][9] = {
    {"D", "D", "D", "R", "R", "R", "R", "R", "R"},
    {"D", "D", "D", "R", "R", "R", "R", "R", "R"},
    {"D", "D", "D", "1b", "1b", "1b", "1b", "1b", "1b"},
    {"R", "R", "1a", "RR", "RR", "1a", "RR", "RR", "1a"},
    {"R", "R", "1a", "RR", "1*", "1a", "RR", "1*", "1a"},
    {"R", "R", "1a", "1b", "1b", "2", "2", "2", "2"},
    {"R", "R", "1a", "RR", "RR", "2", "2", "2", "2"},
    {"R", "R", "1a", "RR", "1*", "2", "2", "2", "2"},
    {"R", "R", "1a", "1b", "1b", "2", "2", "2", "2"},
};

// With a filter that all mappings of a socket open, either side hears the other.
std::string_view code(int a, int b, FilterScope scope) {
  const std::string_view found = table[a][b];
  return found == "1*" && scope == FilterScope::per_endpoint ? "RR" : found;
}

bool needs_nothing(std::string_view code) { return code == "D" || code == "R" || code == "RR"; }

// The table's rule in short, for ports that nobody foresees.
bool connect(const Kind& a, const Kind& b, FilterScope scope) {
  if (a.mapping == 0 && b.mapping == 0) return true;
  if (a.mapping == 0) return a.filtering != 2;
  if (b.mapping == 0) return b.filtering != 2;
  if (a.filtering == 2 || b.filtering == 2 || (a.mapping == 2 && b.mapping == 2)) return false;
  return scope == FilterScope::per_endpoint || a.filtering == 0 || b.filtering == 0;
}

struct Side {
  Kind kind;
  PortAllocation allocation = PortAllocation::random;
  bool foreseen = false;
};

nat::NatOptions options_of(const Side& side, FilterScope scope) {
  nat::NatOptions options;
  options.mapping = static_cast<Dependence>(side.kind.mapping);
  options.filtering = static_cast<Dependence>(side.kind.filtering);
  options.filter_scope = scope;
  options.port_allocation = side.allocation;
  return options;
}

std::optional<IcePath> path_between(const Side& a, const Side& b, FilterScope scope) {
  return ice_between({.nat = options_of(a, scope), .foreseen = a.foreseen},
                     {.nat = options_of(b, scope), .foreseen = b.foreseen});
}

std::string cell_name(int a, int b, FilterScope scope) {
  const auto name = [&](int number) {
    return nat::kind_name(options_of({kind_of(number)}, scope));
  };
  return name(a) + " - " + name(b);
}

TEST(ReachabilityTheory, TheRuleGivesTheTable) {
  for (const FilterScope scope : {FilterScope::per_mapping, FilterScope::per_endpoint}) {
    const bool per_mapping = scope == FilterScope::per_mapping;
    int direct = 0;
    int rescued = 0;
    int twice_rescued = 0;
    int one_sided = 0;
    int two_sided = 0;
    for (int a = 0; a < 9; ++a) {
      for (int b = 0; b < 9; ++b) {
        const std::string_view cell = code(a, b, scope);
        EXPECT_EQ(connect(kind_of(a), kind_of(b), scope), needs_nothing(cell))
            << cell_name(a, b, scope);
        direct += cell == "D" ? 1 : 0;
        rescued += cell == "R" ? 1 : 0;
        twice_rescued += cell == "RR" ? 1 : 0;
        one_sided += cell.starts_with('1') ? 1 : 0;
        two_sided += cell == "2" ? 1 : 0;
        // Seen from the other side it is the same cell.
        const std::string_view other = code(b, a, scope);
        EXPECT_EQ(other, cell == "1a" ? "1b" : cell == "1b" ? "1a" : cell);
      }
    }
    EXPECT_EQ(direct, 9);
    EXPECT_EQ(rescued, 24);
    EXPECT_EQ(twice_rescued, per_mapping ? 9 : 12);
    EXPECT_EQ(one_sided, per_mapping ? 23 : 20);
    EXPECT_EQ(two_sided, 16);
    EXPECT_EQ(direct + rescued + twice_rescued, per_mapping ? 42 : 45);
  }
}

class Reachability : public testing::TestWithParam<FilterScope> {};

// Ports that follow from nothing that the peer is told.
TEST_P(Reachability, IsTheTableWhereNobodyForeseesThePorts) {
  for (const PortAllocation allocation :
       {PortAllocation::random, PortAllocation::random_overload, PortAllocation::preserve,
        PortAllocation::sequential, PortAllocation::hash_of_remote}) {
    int connected = 0;
    for (int a = 0; a < 9; ++a) {
      for (int b = 0; b < 9; ++b) {
        SCOPED_TRACE(cell_name(a, b, GetParam()) + ", port_allocation " +
                     std::to_string(static_cast<int>(allocation)));
        const std::string_view cell = code(a, b, GetParam());
        const auto path = path_between({.kind = kind_of(a), .allocation = allocation},
                                       {.kind = kind_of(b), .allocation = allocation}, GetParam());
        ASSERT_EQ(path.has_value(), needs_nothing(cell)) << cell;
        if (!path) continue;
        ++connected;
        // A side is met at the address that was signalled if it has one mapping for all.
        const auto type_of = [](int number) {
          return kind_of(number).mapping == 0 ? ice::CandidateType::server_reflexive
                                              : ice::CandidateType::peer_reflexive;
        };
        EXPECT_EQ(path->a, type_of(a));
        EXPECT_EQ(path->b, type_of(b));
      }
    }
    EXPECT_EQ(connected, GetParam() == FilterScope::per_mapping ? 42 : 45);
  }
}

// Ports that are kept and shared: until there is a collision a side is as if it had one mapping for
// all.
TEST_P(Reachability, OfSharedPortsIsThatOfOneMappingForAll) {
  for (int a = 0; a < 9; ++a) {
    for (int b = 0; b < 9; ++b) {
      SCOPED_TRACE(cell_name(a, b, GetParam()));
      const Side sharing_a{.kind = kind_of(a), .allocation = PortAllocation::preserve_overload};
      const Side sharing_b{.kind = kind_of(b), .allocation = PortAllocation::preserve_overload};
      EXPECT_EQ(path_between(sharing_a, {.kind = kind_of(b)}, GetParam()).has_value(),
                connect({0, kind_of(a).filtering}, kind_of(b), GetParam()));
      EXPECT_TRUE(path_between(sharing_a, sharing_b, GetParam()));
    }
  }
}

// Ports given one after the other, on a NAT that nobody else uses: who is told the next one need
// not wait to be rescued.
TEST_P(Reachability, OfSequentialPortsIsAsThePredictionsThatAreMade) {
  const auto side = [](int number, bool foreseen) {
    return Side{.kind = kind_of(number),
                .allocation = PortAllocation::sequential,
                .foreseen = foreseen && kind_of(number).mapping != 0};
  };
  int both = 0;
  for (int a = 0; a < 9; ++a) {
    for (int b = 0; b < 9; ++b) {
      const std::string_view cell = code(a, b, GetParam());
      SCOPED_TRACE(cell_name(a, b, GetParam()) + " " + std::string(cell));
      EXPECT_EQ(path_between(side(a, true), side(b, false), GetParam()).has_value(),
                needs_nothing(cell) || cell == "1a" || cell == "1*");
      EXPECT_EQ(path_between(side(a, false), side(b, true), GetParam()).has_value(),
                needs_nothing(cell) || cell == "1b" || cell == "1*");
      if (path_between(side(a, true), side(b, true), GetParam())) ++both;
    }
  }
  EXPECT_EQ(both, 81);
}

// ICE wants the response from where it has sent to. Who takes answers from anywhere can talk though
// each packet leaves from another port: every one gets to the port that the server saw.
TEST(AsymmetricReachability, WithoutFiltersOneWayEachIsEnoughForThoseWhoDoNotAskForSymmetry) {
  constexpr int open_symmetric = 6;
  const Side side{.kind = kind_of(open_symmetric)};
  EXPECT_EQ(nat::kind_name(options_of(side, FilterScope::per_mapping)), "APDM/EIF");
  EXPECT_FALSE(path_between(side, side, FilterScope::per_mapping));

  const nat::NatOptions options = options_of(side, FilterScope::per_mapping);
  const Endpoint server{IpAddress::v4(203, 0, 113, 10), 3478};
  const Endpoint socket{IpAddress::v4(192, 168, 1, 5), 5000};
  NatTrial a(options, Random(1));
  NatTrial b(options, Random(2));
  // As each sees the other's NAT; both trials have one address of their own.
  constexpr IpAddress other = IpAddress::v4(192, 0, 2, 1);
  const Endpoint seen_of_a{other, *a.out(socket, server, {})};
  const Endpoint seen_of_b{other, *b.out(socket, server, {})};
  for (int i = 0; i < 5; ++i) {
    const std::uint16_t from_a = *a.out(socket, seen_of_b, {});
    const std::uint16_t from_b = *b.out(socket, seen_of_a, {});
    EXPECT_NE(from_a, seen_of_a.port);
    EXPECT_NE(from_b, seen_of_b.port);
    EXPECT_TRUE(b.in({other, from_a}, seen_of_b.port, {}));
    EXPECT_TRUE(a.in({other, from_b}, seen_of_a.port, {}));
  }
}

INSTANTIATE_TEST_SUITE_P(Scopes, Reachability,
                         testing::Values(FilterScope::per_mapping, FilterScope::per_endpoint),
                         [](const auto& scope) {
                           return scope.param == FilterScope::per_mapping ? "PerMapping"
                                                                          : "PerEndpoint";
                         });

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::judges
