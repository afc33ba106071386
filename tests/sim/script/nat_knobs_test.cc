// Every knob of a NAT, as scripts set it: what is written is what the NAT does, what is none of the
// knob's values is refused, and presets are a base for one's own.
#include "script_test.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "sim/nat/dependent_knobs.h"
#include "sim/nat/knobs.h"
#include "sim/nat/nat_mix.h"
#include "sim/nat/presets.h"

namespace natsim::script {
namespace NATSIM_TEST_FILE {

using nat::Knob;

// A value as a script writes it, and as the program prints it.
struct Written {
  std::string lua;
  std::string printed;
};

struct Values {
  std::vector<Written> operator()(const nat::ChoiceKnob& knob) const {
    std::vector<Written> values;
    for (std::size_t i = 0; i < knob.size; ++i) {
      const std::string name(knob.name(i));
      values.push_back({"'" + name + "'", name});
      if (!knob.long_name(i).empty()) {
        values.push_back({"'" + std::string(knob.long_name(i)) + "'", name});
      }
    }
    return values;
  }
  std::vector<Written> operator()(const nat::FlagKnob& /*knob*/) const {
    return {{"true", "yes"}, {"false", "no"}};
  }
  std::vector<Written> operator()(const nat::CountKnob& knob) const {
    return {{fmt::to_string(knob.low), fmt::to_string(knob.low)}, {"1024", "1024"}};
  }
  std::vector<Written> operator()(const nat::DurationKnob& knob) const {
    std::vector<Written> values{{"'90s'", "90s"}, {"'1.5s'", "1.5s"}};
    if (knob.may_be_zero) values.push_back({"'0s'", "0s"});
    return values;
  }
  std::vector<Written> operator()(const nat::PortRangeKnob& /*knob*/) const {
    return {{"{ 2000, 30000 }", "2000-30000"}};
  }
  std::vector<Written> operator()(const nat::PrefixKnob& /*knob*/) const {
    return {{"'10.1.0.0/16'", "10.1.0.0/16"}};
  }
  std::vector<Written> operator()(const nat::PortTimeoutsKnob& /*knob*/) const {
    return {{"{ { 53, '10s' }, { 123, '5s' } }", "53: 10s, 123: 5s"}, {"{}", "none"}};
  }
};

// Values that the knob does not have, each with what is said about it.
struct Mistakes {
  using List = std::vector<std::pair<std::string, std::string>>;

  List operator()(const nat::ChoiceKnob& knob) const {
    return {{"'qqqqqqqqqqqqqqqqqqqqqqqq'",
             fmt::format("unknown value 'qqqqqqqqqqqqqqqqqqqqqqqq'; expected one of '{}'",
                         knob.name(0))},
            {"5", fmt::format("expected one of \"{}\"", knob.name(0))}};
  }
  List operator()(const nat::FlagKnob& /*knob*/) const {
    return {{"'yes'", "expected true or false, got \"yes\""}};
  }
  List operator()(const nat::CountKnob& knob) const {
    const std::string expected =
        fmt::format("expected a whole number from {} to {}, got ", knob.low, knob.high);
    return {{"-1", expected + "-1"}, {"'2'", expected + "\"2\""}, {"1.5", expected + "1.5"}};
  }
  List operator()(const nat::DurationKnob& knob) const {
    List list{{"5", "expected a duration such as \"20ms\", got 5: it needs a unit"},
              {"'5 parsecs'", "\"5 parsecs\""},
              {"'366d'", " and at most 31536000s, got 31622400s"}};
    if (!knob.may_be_zero) {
      list.emplace_back("'0s'", "expected a duration greater than zero, got \"0s\"");
    }
    return list;
  }
  List operator()(const nat::PortRangeKnob& /*knob*/) const {
    return {{"80", "expected the first and the last port, such as { 1024, 65535 }, got 80"},
            {"{ 9, 8 }", "expected the first port to be at most the last, got 9-8"}};
  }
  List operator()(const nat::PrefixKnob& /*knob*/) const {
    return {{"'10.0.0.0/33'", "got \"10.0.0.0/33\""}};
  }
  List operator()(const nat::PortTimeoutsKnob& /*knob*/) const {
    return {{"{ 53 }", "expected a port and its timeout, such as { 53, \"10s\" }, got 53"}};
  }
};

std::string home_with(const std::string& options) {
  return "local internet = net:router('internet')\n"
         "local a = net:home('a', { wan = { internet }, nat = { " +
         options + " } })\n";
}

// The knob, set, and before it what it needs to have an effect.
std::string setting(const Knob& knob, std::string_view lua) {
  const std::string_view needed = nat::missing_beside(knob.name, {});
  return fmt::format("{}{} {} = {}", needed, needed.empty() ? "" : ",", knob.name, lua);
}

TEST(NatKnobs, WhatIsWrittenIsWhatTheNatDoes) {
  for (const Knob& knob : nat::knobs()) {
    for (const auto& [lua, printed] : std::visit(Values{}, knob.kind)) {
      const std::string options = setting(knob, lua);
      const Outcome outcome =
          run_body(home_with(options) + fmt::format("metric('is', a.nat:options().{})", knob.name));
      EXPECT_EQ(metric_of(outcome, "is"), printed) << options;
    }
  }
}

TEST(NatKnobs, AWrongValueIsRefusedWhereItIs) {
  for (const Knob& knob : nat::knobs()) {
    for (const auto& [lua, said] : std::visit(Mistakes{}, knob.kind)) {
      const std::string error = error_of(home_with(setting(knob, lua)));
      EXPECT_TRUE(error.starts_with("test.lua:2: net:home: nat") &&
                  error.find(knob.name) != std::string::npos)
          << error;
      EXPECT_NE(error.find(said), std::string::npos) << error << "\nlacks " << said;
    }
  }
}

// A value other than the one that is printed so.
Written other_value(const Knob& knob, std::string_view printed) {
  for (const Written& value : std::visit(Values{}, knob.kind)) {
    if (value.printed != printed) return value;
  }
  ADD_FAILURE() << knob.name << " has one value alone";
  return {};
}

TEST(NatKnobs, APresetIsABaseOfWhichTheRestStays) {
  for (const nat::Preset* const preset : nat::presets()) {
    const nat::NatOptions base = nat::options_of(*preset);
    const Knob& changed = *nat::find_knob("refresh");
    const Written value = other_value(changed, nat::value_text(changed, base));
    std::string report;
    for (const Knob& knob : nat::knobs()) {
      report += fmt::format("metric('{0}', a.nat:options().{0})\n", knob.name);
    }
    const Outcome outcome = run_body(
        home_with(fmt::format("preset = '{}', refresh = {}", preset->name, value.lua)) + report);
    for (const Knob& knob : nat::knobs()) {
      EXPECT_EQ(metric_of(outcome, knob.name),
                &knob == &changed ? value.printed : nat::value_text(knob, base))
          << preset->name << ": " << knob.name;
    }
  }
}

TEST(NatKnobs, ChangeWhileTheNatRuns) {
  for (const Knob& knob : nat::knobs()) {
    const Written value = other_value(knob, nat::value_text(knob, {}));
    const Outcome outcome =
        run_body(home_with("") + fmt::format("sleep('1s')\na.nat:set({{ {} }})\n"
                                             "metric('is', a.nat:options().{})",
                                             setting(knob, value.lua), knob.name));
    EXPECT_EQ(metric_of(outcome, "is"), value.printed) << knob.name;
  }
}

TEST(NatKnobs, AKnobWithoutEffectIsRefused) {
  for (const Knob& knob : nat::knobs()) {
    const std::string_view needed = nat::missing_beside(knob.name, {});
    if (needed.empty()) continue;
    const std::string lua = std::visit(Values{}, knob.kind).front().lua;
    EXPECT_EQ(error_of(home_with(fmt::format("{} = {}", knob.name, lua))),
              fmt::format("test.lua:2: net:home: nat.{}: has no effect without, for example, {}",
                          knob.name, needed));
  }
}

TEST(NatMix, DrawsPresetsThatCanBeABase) {
  const nat::NatMix& mix = *nat::find_mix("halkes2010");
  const Outcome outcome = run_body(R"(
    local internet = net:router("internet")
    for i = 1, 100 do
      local preset, firewall = nat_mix("halkes2010")
      local host = net:home("h" .. i, { wan = { internet }, firewall = firewall,
        nat = { preset = preset, udp_timeout = "77s" } })
      metric("" .. i, preset .. " " .. host.nat:options().udp_timeout)
    end)");
  for (int i = 1; i <= 100; ++i) {
    const std::string drawn = metric_of(outcome, fmt::to_string(i));
    const std::string preset = drawn.substr(0, drawn.find(' '));
    EXPECT_TRUE(drawn.ends_with(" 77s")) << drawn;
    EXPECT_TRUE(std::ranges::any_of(mix.members, [&](const auto& one) {
      return one.preset == preset;
    })) << drawn;
  }
  EXPECT_NE(error_of("nat_mix('halkes')").find("test.lua:1: nat_mix: "), std::string::npos);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
