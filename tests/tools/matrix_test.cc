// All pairs of NAT kinds against the closed form of who connects to whom, and by which candidates.
#include "tools/natsim/matrix.h"

#include <gtest/gtest.h>

namespace natsim::matrix {
namespace NATSIM_TEST_FILE {

using ice::CandidateType;

// Mapping and filtering of a kind as levels of dependence: EIM/EIF 0, ADM/ADF 1, APDM/APDF 2.
struct Kind {
  bool open;
  int mapping;
  int filtering;
};

Kind parse(const std::string& name) {
  if (name == "OPEN") return {true, 0, 0};
  const std::string mapping = name.substr(0, name.find('/'));
  const std::string filtering = name.substr(name.find('/') + 1);
  return {false,
          mapping == "EIM"   ? 0
          : mapping == "ADM" ? 1
                             : 2,
          filtering == "EIF"   ? 0
          : filtering == "ADF" ? 1
                               : 2};
}

bool direct(Kind a, Kind b) {
  if (a.mapping == 0 && b.mapping == 0) return true;
  if (a.mapping == 0) return a.filtering != 2;
  if (b.mapping == 0) return b.filtering != 2;
  return a.filtering != 2 && b.filtering != 2 && (a.filtering == 0 || b.filtering == 0) &&
         (a.mapping == 1 || b.mapping == 1);
}

// How a side is seen by the other when nothing relays for it.
CandidateType own_type(Kind kind) {
  if (kind.open) return CandidateType::host;
  return kind.mapping == 0 ? CandidateType::server_reflexive : CandidateType::peer_reflexive;
}

class Matrix : public testing::TestWithParam<bool> {};

TEST_P(Matrix, FollowsTheClosedForm) {
  const bool turn = GetParam();
  int direct_cells = 0;
  for (const std::string& a : kinds()) {
    for (const std::string& b : kinds()) {
      SCOPED_TRACE(a + " calls " + b);
      const Kind kind_a = parse(a);
      const Kind kind_b = parse(b);
      const Cell cell = run_cell(a, b, {.turn = turn});
      if (direct(kind_a, kind_b)) {
        ++direct_cells;
        EXPECT_EQ(to_string(cell.path), "direct");
        EXPECT_EQ(cell.a_type, own_type(kind_a));
        EXPECT_EQ(cell.b_type, own_type(kind_b));
      } else if (!turn) {
        EXPECT_EQ(to_string(cell.path), "none");
        EXPECT_EQ(cell.a_type, std::nullopt);
        EXPECT_EQ(cell.ice_time, std::nullopt);
      } else {
        // The side with the higher type preference is not relayed; the caller on a tie.
        const bool a_relayed =
            ice::type_preference(own_type(kind_b)) > ice::type_preference(own_type(kind_a));
        EXPECT_EQ(to_string(cell.path), "relay");
        EXPECT_EQ(cell.a_type, a_relayed ? CandidateType::relayed : own_type(kind_a));
        EXPECT_EQ(cell.b_type, a_relayed ? own_type(kind_b) : CandidateType::relayed);
      }
    }
  }
  EXPECT_EQ(direct_cells, 61);
}

INSTANTIATE_TEST_SUITE_P(TurnOffAndOn, Matrix, testing::Bool());

TEST(Matrix, EndpointScopeConnectsThreeKindsMore) {
  int direct_cells = 0;
  for (const std::string& a : kinds()) {
    for (const std::string& b : kinds()) {
      const Cell cell = run_cell(a, b, {.filter_scope = nat::FilterScope::per_endpoint});
      if (cell.path == Path::direct) ++direct_cells;
    }
  }
  // 45 of the 81 cells with a NAT on both sides instead of 42.
  EXPECT_EQ(direct_cells, 64);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::matrix
