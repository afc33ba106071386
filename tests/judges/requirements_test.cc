// The NAT RFCs' requirements against every preset, with the verdicts that are expected, violations
// included.
#include "tests/judges/requirements.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/nat/presets.h"

namespace natsim::judges {
namespace NATSIM_TEST_FILE {

std::vector<Requirement> all_requirements() {
  std::vector<Requirement> all;
  for (const auto& group : {udp_requirements(), tcp_and_icmp_requirements()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

class RequirementTest : public testing::TestWithParam<Requirement> {};

TEST_P(RequirementTest, IsKeptByThosePresetsThatAreExpectedTo) {
  const Requirement& requirement = GetParam();
  const std::set<std::string_view> violators(requirement.violated_by.begin(),
                                             requirement.violated_by.end());
  for (const std::string_view name : violators) {
    ASSERT_NE(nat::preset_named(name), nullptr) << name;
  }
  for (const nat::Preset* const preset : nat::presets()) {
    EXPECT_EQ(requirement.kept(nat::options_of(*preset)), !violators.contains(preset->name))
        << preset->name << ": " << requirement.demand;
  }
}

TEST_P(RequirementTest, CanBeViolated) {
  const Requirement& requirement = GetParam();
  if (!requirement.violated_by.empty()) return;
  if (requirement.spoil == nullptr) GTEST_SKIP() << "there is no knob that violates it";
  nat::NatOptions options = *nat::find_preset("rfc4787-open");
  ASSERT_TRUE(requirement.kept(options));
  requirement.spoil(options);
  EXPECT_FALSE(requirement.kept(options)) << requirement.demand;
}

INSTANTIATE_TEST_SUITE_P(Rfcs, RequirementTest, testing::ValuesIn(all_requirements()),
                         [](const auto& row) { return std::string(row.param.number); });

TEST(Requirements, EachIsJudgedOrHasAReasonWhyNot) {
  std::set<std::string_view> numbers;
  for (const Requirement& requirement : all_requirements()) {
    EXPECT_TRUE(numbers.insert(requirement.number).second);
  }
  for (const Unjudged& unjudged : unjudged_requirements()) {
    EXPECT_TRUE(numbers.insert(unjudged.number).second) << unjudged.number;
    EXPECT_FALSE(unjudged.reason.empty());
  }
  const std::pair<const char*, int> last[] = {
      {"Rfc4787_Req", 14}, {"Rfc5382_Req", 10}, {"Rfc5508_Req", 11}, {"Rfc6888_Req", 15}};
  for (const auto& [rfc, count] : last) {
    for (int k = 1; k <= count; ++k) {
      const std::string number = rfc + std::to_string(k);
      EXPECT_TRUE(std::ranges::any_of(numbers, [&](std::string_view known) {
        return known == number || known.starts_with(number + "_");
      })) << number;
    }
  }
}

// The RFC's own preset keeps all but what it leaves to choice.
TEST(Requirements, TheStrictPresetKeepsAllOfItsRfcs) {
  const nat::NatOptions strict = *nat::find_preset("rfc4787-strict");
  for (const Requirement& requirement : all_requirements()) {
    if (requirement.number.starts_with("Rfc6888")) continue;
    EXPECT_TRUE(requirement.kept(strict)) << requirement.number;
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::judges
