// The presets as data: readable, sourced, and what the catalogue says.
#include "sim/nat/presets.h"

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/nat/firewall_options.h"
#include "sim/nat/knob_text.h"
#include "sim/nat/nat_mix.h"

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

std::string value_of(const NatOptions& options, std::string_view knob) {
  return value_text(*find_knob(knob), options);
}

TEST(KnobText, WhatIsPrintedIsRead) {
  for (const Knob& knob : knobs()) {
    NatOptions options;
    for (const Preset* const preset : presets()) {
      const std::string text = value_text(knob, options_of(*preset));
      EXPECT_EQ(set_from_text(knob, text, options), "") << knob.name << " = " << text;
      EXPECT_EQ(value_text(knob, options), text) << knob.name;
    }
  }
}

TEST(KnobText, SaysWhatWasExpected) {
  NatOptions options;
  const auto wrong = [&](std::string_view knob, std::string_view text) {
    return set_from_text(*find_knob(knob), text, options);
  };
  EXPECT_EQ(wrong("mapping", "EIF"), "one of EIM, ADM, APDM");
  EXPECT_EQ(wrong("mapping", "address-dependent"), "");
  EXPECT_EQ(options.mapping, Dependence::address_dependent);
  EXPECT_EQ(wrong("preserve_parity", "true"), "yes or no");
  EXPECT_EQ(wrong("port_stride", "0"), "a number from 1 to 1024");
  EXPECT_EQ(wrong("port_stride", "7x"), "a number from 1 to 1024");
  EXPECT_EQ(wrong("udp_timeout", "30"), "a duration such as \"20ms\"");
  EXPECT_EQ(wrong("udp_timeout", "0s"), "more than 0s");
  EXPECT_EQ(wrong("udp_timeout_new", "0s"), "");
  EXPECT_EQ(wrong("port_range", "5000"), "the first and the last port, such as 1024-65535");
  EXPECT_EQ(wrong("port_range", "5000-65536"), "the first and the last port, such as 1024-65535");
  EXPECT_EQ(wrong("subscribers", "10.0.0.0-10.0.0.9"), "a prefix such as 100.64.0.0/10");
  EXPECT_EQ(wrong("udp_port_timeouts", "53: 10s,123: 5s"),
            "ports with their timeouts, such as 53: 10s, 123: 5s, or none");
  EXPECT_EQ(wrong("udp_port_timeouts", "53: 10s, 123: 5s"), "");
  EXPECT_EQ(value_of(options, "udp_port_timeouts"), "53: 10s, 123: 5s");
  EXPECT_EQ(wrong("udp_port_timeouts", "none"), "");
  EXPECT_TRUE(options.udp_port_timeouts.empty());
}

TEST(Presets, EveryRowIsReadAndSourced) {
  std::set<std::string_view> names;
  for (const Preset* const preset : presets()) {
    SCOPED_TRACE(preset->name);
    EXPECT_TRUE(names.insert(preset->name).second);
    EXPECT_TRUE(preset->alias.empty() || names.insert(preset->alias).second);
    EXPECT_FALSE(preset->description.empty());
    EXPECT_TRUE(preset->base.empty() || names.contains(preset->base)) << "comes before";
    std::set<std::string_view> set;
    for (const PresetRow& row : preset->rows) {
      SCOPED_TRACE(row.knob);
      const Knob* const knob = find_knob(row.knob);
      ASSERT_NE(knob, nullptr);
      EXPECT_TRUE(set.insert(row.knob).second);
      NatOptions options;
      EXPECT_EQ(set_from_text(*knob, row.value, options), "");
      EXPECT_EQ(value_text(*knob, options), row.value);
      EXPECT_FALSE(row.source.empty());
    }
    for (const OptionError& error : validate(options_of(*preset))) {
      ADD_FAILURE() << to_string(error);
    }
  }
  EXPECT_EQ(preset_named("restricted-cone"), preset_named("restricted"));
  EXPECT_EQ(preset_named("EIM/APDF"), nullptr);
}

TEST(Presets, OwnRowsReplaceThoseOfTheBase) {
  const Preset& random = *preset_named("linux-random");
  for (const EffectiveRow& effective : rows_of(random)) {
    const bool own = effective.row->knob == "mapping" || effective.row->knob == "port_allocation";
    EXPECT_EQ(effective.preset->name, own ? "linux-random" : "linux-masquerade")
        << effective.row->knob;
  }
  EXPECT_EQ(rows_of(random).size(), rows_of(*preset_named("linux-masquerade")).size());
  EXPECT_EQ(differences_of(random).size(),
            differences_of(*preset_named("linux-masquerade")).size() + 1);
}

// The catalogue, written down once more: kind, ports, the three phases of UDP, refresh, hairpin.
struct Line {
  const char* name;
  const char* kind;
  const char* ports;
  const char* udp;
  const char* refresh;
  const char* hairpin;
};
constexpr Line catalogue[] = {
    {"rfc4787-strict", "EIM/ADF", "preserve", "300s 300s 300s", "outbound", "external_source"},
    {"rfc4787-open", "EIM/EIF", "preserve", "300s 300s 300s", "outbound", "external_source"},
    {"full-cone", "EIM/EIF", "preserve", "60s 60s 60s", "both", "external_source"},
    {"restricted-cone", "EIM/ADF", "preserve", "60s 60s 60s", "both", "external_source"},
    {"port-restricted", "EIM/APDF", "preserve", "60s 60s 60s", "both", "off"},
    {"symmetric", "APDM/APDF", "random", "60s 60s 60s", "both", "off"},
    {"symmetric-seq", "APDM/APDF", "sequential", "60s 60s 60s", "both", "off"},
    {"symmetric-open", "APDM/EIF", "random", "60s 60s 60s", "both", "off"},
    {"linux-masquerade", "EIM/APDF", "preserve_overload", "30s 30s 120s", "both", "off"},
    {"linux-masquerade-drop", "EIM/APDF", "preserve_overload", "30s 30s 120s", "both", "off"},
    {"linux-random", "APDM/APDF", "random_overload", "30s 30s 120s", "both", "off"},
    {"openwrt", "EIM/APDF", "preserve_overload", "60s 60s 180s", "both", "off"},
    {"linux-fullcone", "EIM/EIF", "preserve", "30s 30s 120s", "both", "off"},
    {"mikrotik-v6", "EIM/APDF", "preserve_overload", "10s 10s 180s", "both", "off"},
    {"mikrotik-v7", "EIM/APDF", "preserve_overload", "30s 30s 180s", "both", "off"},
    {"docker-bridge", "EIM/APDF", "preserve_overload", "30s 30s 120s", "both", "off"},
    {"pf", "APDM/APDF", "random_overload", "60s 60s 60s", "both", "off"},
    {"pf-static-port", "EIM/APDF", "preserve_overload", "60s 60s 60s", "both", "off"},
    {"pf-eim", "EIM/EIF", "random", "60s 60s 60s", "both", "off"},
    {"libalias", "APDM/APDF", "random", "60s 60s 60s", "both", "off"},
    {"libalias-eim", "EIM/APDF", "random", "60s 60s 60s", "both", "off"},
    {"realtek-cheap", "EIM/APDF", "preserve", "15s 15s 15s", "both", "off"},
    {"winnat", "EIM/ADF", "random", "120s 120s 120s", "outbound", "off"},
    {"asa", "EIM/APDF", "preserve", "120s 120s 120s", "both", "off"},
    {"srx-persistent-any", "EIM/EIF", "random", "300s 300s 300s", "both", "off"},
    {"srx-persistent-host", "EIM/ADF", "random", "300s 300s 300s", "both", "off"},
    {"srx-persistent-hostport", "EIM/APDF", "random", "300s 300s 300s", "both", "off"},
    {"slirp", "EIM/EIF", "random", "240s 240s 240s", "both", "off"},
    {"passt", "APDM/APDF", "preserve", "180s 180s 180s", "both", "off"},
    {"aws-natgw", "APDM/APDF", "random_overload", "350s 350s 350s", "both", "off"},
    {"gcp-cloudnat-eim", "EIM/APDF", "random", "30s 30s 30s", "both", "off"},
    {"gcp-cloudnat-dpa", "APDM/APDF", "random_overload", "30s 30s 30s", "both", "off"},
    {"azure-natgw", "APDM/APDF", "random", "240s 240s 240s", "per_direction", "off"},
    {"cgn-fixed", "EIM/EIF", "random", "35s 35s 35s", "outbound", "external_source"},
    {"cgn-fixed-hard", "APDM/APDF", "random", "35s 35s 35s", "outbound", "external_source"},
    {"cgn-cellular-easy", "EIM/APDF", "random", "65s 65s 65s", "outbound", "off"},
    {"cgn-cellular-hard", "APDM/APDF", "random", "65s 65s 65s", "outbound", "off"},
    {"ds-lite-aftr", "EIM/EIF", "preserve", "300s 300s 300s", "outbound", "external_source"},
    {"nat64-plat", "EIM/EIF", "preserve", "300s 300s 300s", "outbound", "external_source"},
};

TEST(Presets, AreThoseOfTheCatalogue) {
  std::set<const Preset*> listed;
  for (const Line& line : catalogue) {
    SCOPED_TRACE(line.name);
    const Preset* const preset = preset_named(line.name);
    ASSERT_NE(preset, nullptr);
    listed.insert(preset);
    const NatOptions options = options_of(*preset);
    EXPECT_EQ(kind_name(options), line.kind);
    EXPECT_EQ(value_of(options, "port_allocation"), line.ports);
    std::string udp;
    for (const char* const phase :
         {"udp_timeout_new", "udp_timeout_replied", "udp_timeout_stream"}) {
      const std::string own = value_of(options, phase);
      udp += (udp.empty() ? "" : " ") + (own == "0s" ? value_of(options, "udp_timeout") : own);
    }
    EXPECT_EQ(udp, line.udp);
    EXPECT_EQ(value_of(options, "refresh"), line.refresh);
    EXPECT_EQ(value_of(options, "hairpin"), line.hairpin);
  }
  EXPECT_EQ(listed.size(), presets().size());
}

TEST(NatMix, IsMadeOfPresets) {
  for (const NatMix& mix : nat_mixes()) {
    SCOPED_TRACE(mix.name);
    EXPECT_EQ(find_mix(mix.name), &mix);
    EXPECT_FALSE(mix.source.empty());
    for (const MixMember& member : mix.members) {
      EXPECT_NE(preset_named(member.preset), nullptr) << member.preset;
      EXPECT_GT(member.weight, 0U);
      EXPECT_TRUE(member.firewall.empty() || find_firewall_preset(member.firewall));
    }
  }
  EXPECT_EQ(find_mix("halkes"), nullptr);
  EXPECT_EQ(total_weight(*find_mix("cellular2011")), 72U) << "carriers";
}

// 100 000 draws: within five standard deviations of n p.
TEST(NatMix, DrawsByShare) {
  constexpr int draws = 100'000;
  for (const NatMix& mix : nat_mixes()) {
    SCOPED_TRACE(mix.name);
    Random random(7);
    std::vector<int> drawn(mix.members.size());
    for (int i = 0; i < draws; ++i) {
      ++drawn[static_cast<std::size_t>(&draw(mix, random) - mix.members.data())];
    }
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      const double p = static_cast<double>(mix.members[i].weight) / total_weight(mix);
      EXPECT_NEAR(drawn[i], draws * p, 5 * std::sqrt(draws * p * (1 - p))) << mix.members[i].preset;
    }
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
