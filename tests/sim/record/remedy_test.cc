// The changes that `explain` names are tried out: each must make the call connect.
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sim/record/explain.h"
#include "tests/sim/record/two_homes.h"

namespace natsim::record {
namespace NATSIM_TEST_FILE {

constexpr std::string_view kinds[] = {"EIM/EIF",  "EIM/ADF",  "EIM/APDF", "ADM/EIF",  "ADM/ADF",
                                      "ADM/APDF", "APDM/EIF", "APDM/ADF", "APDM/APDF"};

bool connects(const nat::NatOptions& alices, const nat::NatOptions& bobs) {
  TwoHomes homes(alices, bobs);
  homes.start_call();
  homes.run_until(Time{} + seconds(60));
  return homes.call->state() == agents::CallState::connected;
}

// Makes a NAT as a change wants it; several changes are joined by "and".
void apply(std::string_view change, std::string_view nat, nat::NatOptions& options) {
  const auto says = [&](std::string_view what) {
    return change.find(fmt::format("{} {}", nat, what)) != std::string_view::npos;
  };
  if (says("keeping")) options.mapping = nat::Dependence::endpoint_independent;
  if (says("filtering by address alone")) options.filtering = nat::Dependence::address_dependent;
  if (says("filtering nobody")) options.filtering = nat::Dependence::endpoint_independent;
}

// Rows and columns are kinds of NAT; the pairs that fail without TURN are tried.
class Remedy : public testing::TestWithParam<std::string_view> {};

TEST_P(Remedy, EachProposedChangeConnectsTheCall) {
  const nat::NatOptions alices = *nat::find_preset(GetParam());
  for (const std::string_view kind : kinds) {
    const nat::NatOptions bobs = *nat::find_preset(kind);
    TwoHomes homes(alices, bobs);
    Explainer explainer(homes.world);
    homes.world.events().add_listener(explainer);
    homes.start_call();
    homes.run_until(Time{} + seconds(60));
    if (homes.call->state() == agents::CallState::connected) continue;
    int proposed = 0;
    const nlohmann::ordered_json explained = explainer.to_json();
    for (const auto& pair : explained["pairs"]) {
      // The NATs know the candidate's own pair; what came after a first reaction is another story.
      if (pair["remote_type"] != "srflx") continue;
      for (const std::string change : pair["changes"]) {
        if (change.starts_with("a TURN server")) continue;
        ++proposed;
        nat::NatOptions changed_alices = alices;
        nat::NatOptions changed_bobs = bobs;
        apply(change, "alice.nat", changed_alices);
        apply(change, "bob.nat", changed_bobs);
        EXPECT_TRUE(connects(changed_alices, changed_bobs))
            << GetParam() << " with " << kind << ": " << change;
      }
    }
    EXPECT_GT(proposed, 0) << GetParam() << " with " << kind;
    EXPECT_THAT(explainer.why_not_connected(), testing::Not(testing::IsEmpty()));
  }
}

INSTANTIATE_TEST_SUITE_P(AllKinds, Remedy, testing::ValuesIn(kinds), [](const auto& param_info) {
  std::string name(param_info.param);
  name[name.find('/')] = '_';
  return name;
});

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::record
