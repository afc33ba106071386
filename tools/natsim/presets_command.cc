// natsim presets: what is known by name, and what each of it is made of.
#include <algorithm>
#include <array>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/nat/knobs.h"
#include "sim/nat/nat_mix.h"
#include "sim/nat/presets.h"
#include "sim/script/nearest.h"
#include "tools/natsim/access_presets.h"
#include "tools/natsim/columns.h"
#include "tools/natsim/commands.h"
#include "tools/natsim/ice_profiles.h"
#include "tools/natsim/selection.h"
#include "tools/natsim/terminal.h"

namespace natsim::cli {
namespace {

using nat::Evidence;
using nat::NatMix;
using nat::Preset;
using Json = nlohmann::ordered_json;

Paint colour_of(Evidence evidence) {
  return evidence == Evidence::confirmed  ? Paint::green
         : evidence == Evidence::recalled ? Paint::yellow
                                          : Paint::none;
}

// How well mapping and filtering are known: the weaker of the two.
Evidence evidence_of_kind(const Preset& preset) {
  Evidence weakest = Evidence::confirmed;
  for (const nat::EffectiveRow& effective : nat::rows_of(preset)) {
    if (effective.row->knob == "mapping" || effective.row->knob == "filtering") {
      weakest = std::max(weakest, effective.row->evidence);
    }
  }
  return weakest;
}

// A knob of a preset, with the row that sets it; null where the default stands.
struct Setting {
  const nat::Knob* knob;
  std::string value;
  const nat::EffectiveRow* row;
};
std::vector<Setting> settings_of(const Preset& preset, const std::vector<nat::EffectiveRow>& rows) {
  const nat::NatOptions options = nat::options_of(preset);
  std::vector<Setting> settings;
  for (const nat::Knob& knob : nat::knobs()) {
    const auto row = std::ranges::find_if(
        rows, [&](const nat::EffectiveRow& effective) { return effective.row->knob == knob.name; });
    settings.push_back(
        {&knob, nat::value_text(knob, options), row == rows.end() ? nullptr : &*row});
  }
  return settings;
}

std::string percentage(const NatMix& mix, std::uint32_t weight) {
  return fmt::format("{:.1f} %", 100.0 * weight / nat::total_weight(mix));
}

void print_list() {
  const bool coloured = colours();
  Columns columns;
  columns.add({{"PRESET", Paint::bold},
               {"KIND", Paint::bold},
               {"KNOWN", Paint::bold},
               {"WHAT IT IS", Paint::bold}});
  for (const Preset* const preset : nat::presets()) {
    const Evidence evidence = evidence_of_kind(*preset);
    columns.add({{std::string(preset->name)},
                 {nat::kind_name(nat::options_of(*preset))},
                 {std::string(nat::to_string(evidence)), colour_of(evidence)},
                 {std::string(preset->description)}});
  }
  columns.print(coloured);
  std::cout << '\n';
  Columns mixes;
  mixes.add({{"MIX", Paint::bold},
             {"", Paint::bold},
             {"KNOWN", Paint::bold},
             {"WHAT IS IN IT", Paint::bold}});
  for (const NatMix& mix : nat::nat_mixes()) {
    mixes.add({{std::string(mix.name)},
               {fmt::format("{} kinds", mix.members.size())},
               {std::string(nat::to_string(mix.evidence)), colour_of(mix.evidence)},
               {std::string(mix.description)}});
  }
  mixes.print(coloured);
  std::cout << '\n';
  print_firewall_presets();
  std::cout << '\n';
  print_link_presets();
  std::cout << '\n';
  print_ice_profiles();
  std::cout
      << "\nThe nine kinds, \"EIM/EIF\" to \"APDM/APDF\", are names as well. A home behind a "
         "carrier's NAT is two\nNATs: net:nat and a net:home behind it. \"natsim presets NAME\" "
         "shows every knob and where it comes from.\n";
}

void print_preset(const Preset& preset) {
  const bool coloured = colours();
  std::cout << fmt::format("{} ({}): {}\n", paint(coloured, Paint::bold, preset.name),
                           nat::kind_name(nat::options_of(preset)), preset.description);
  if (!preset.base.empty()) std::cout << fmt::format("Based on {}.\n", preset.base);
  std::cout << '\n';
  const auto rows = nat::rows_of(preset);
  Columns columns;
  columns.add({{"KNOB", Paint::bold},
               {"VALUE", Paint::bold},
               {"SET BY", Paint::bold},
               {"KNOWN", Paint::bold},
               {"SOURCE", Paint::bold}});
  for (const Setting& setting : settings_of(preset, rows)) {
    if (setting.row == nullptr) {
      columns.add({{std::string(setting.knob->name), Paint::dim},
                   {setting.value, Paint::dim},
                   {"default", Paint::dim}});
      continue;
    }
    const nat::PresetRow& row = *setting.row->row;
    columns.add({{std::string(setting.knob->name)},
                 {setting.value},
                 {std::string(setting.row->preset->name)},
                 {std::string(nat::to_string(row.evidence)), colour_of(row.evidence)},
                 {std::string(row.source)}});
  }
  columns.print(coloured);
  const auto differences = nat::differences_of(preset);
  if (!differences.empty()) std::cout << "\nThe real thing differs:\n";
  for (const std::string_view clause : differences) std::cout << fmt::format("- {}\n", clause);
}

void print_mix(const NatMix& mix) {
  const bool coloured = colours();
  std::cout << fmt::format("{}: {}\nSource: {} ({}).\n\n", paint(coloured, Paint::bold, mix.name),
                           mix.description, mix.source, nat::to_string(mix.evidence));
  Columns columns;
  columns.add({{"SHARE", Paint::bold}, {"PRESET", Paint::bold}, {"FIREWALL", Paint::bold}});
  for (const nat::MixMember& member : mix.members) {
    columns.add({{percentage(mix, member.weight)},
                 {std::string(member.preset)},
                 {std::string(member.firewall)}});
  }
  columns.print(coloured);
  std::cout << '\n';
  for (const std::string_view clause : mix.assumptions) std::cout << fmt::format("- {}\n", clause);
  std::cout << fmt::format("- in a scenario: local nat, firewall = nat_mix(\"{}\")\n", mix.name);
}

Json json_of(const Preset& preset) {
  Json json = {{"name", preset.name},
               {"kind", nat::kind_name(nat::options_of(preset))},
               {"description", preset.description},
               {"evidence", nat::to_string(evidence_of_kind(preset))}};
  json["alias"] = preset.alias.empty() ? Json(nullptr) : Json(preset.alias);
  json["base"] = preset.base.empty() ? Json(nullptr) : Json(preset.base);
  return json;
}

Json full_json_of(const Preset& preset) {
  Json json = json_of(preset);
  json["knobs"] = Json::array();
  const auto rows = nat::rows_of(preset);
  for (const Setting& setting : settings_of(preset, rows)) {
    Json knob = {
        {"name", setting.knob->name}, {"value", setting.value}, {"meaning", setting.knob->meaning},
        {"set_by", nullptr},          {"evidence", nullptr},    {"source", nullptr}};
    if (setting.row != nullptr) {
      knob["set_by"] = setting.row->preset->name;
      knob["evidence"] = nat::to_string(setting.row->row->evidence);
      knob["source"] = setting.row->row->source;
    }
    json["knobs"].push_back(std::move(knob));
  }
  json["differs"] = nat::differences_of(preset);
  return json;
}

Json json_of(const NatMix& mix) {
  Json members = Json::array();
  for (const nat::MixMember& member : mix.members) {
    members.push_back(
        {{"preset", member.preset},
         {"firewall", member.firewall.empty() ? Json(nullptr) : Json(member.firewall)},
         {"share", static_cast<double>(member.weight) / nat::total_weight(mix)}});
  }
  return {{"name", mix.name},
          {"description", mix.description},
          {"source", mix.source},
          {"evidence", nat::to_string(mix.evidence)},
          {"members", members},
          {"assumptions", std::vector(mix.assumptions.begin(), mix.assumptions.end())}};
}

struct PresetsArguments {
  std::string name;
  bool json = false;
};

int show_presets(const PresetsArguments& arguments) {
  if (arguments.name.empty()) {
    if (!arguments.json) {
      print_list();
      return exit_passed;
    }
    Json all = {{"presets", Json::array()},
                {"mixes", Json::array()},
                {"firewalls", firewall_presets_json()},
                {"links", link_presets_json()},
                {"ice_profiles", ice_profiles_json()}};
    for (const Preset* const preset : nat::presets()) all["presets"].push_back(json_of(*preset));
    for (const NatMix& mix : nat::nat_mixes()) all["mixes"].push_back(json_of(mix));
    std::cout << all.dump(1) << '\n';
    return exit_passed;
  }
  if (const Preset* const preset = nat::preset_named(arguments.name)) {
    if (arguments.json) {
      std::cout << full_json_of(*preset).dump(1) << '\n';
    } else {
      print_preset(*preset);
      if (std::ranges::count(access_preset_names(), arguments.name) != 0) {
        std::cout << "\nA firewall has the name too. ";
        show_access_preset(arguments.name, false);
      }
    }
    return exit_passed;
  }
  if (const NatMix* const mix = nat::find_mix(arguments.name)) {
    if (arguments.json) {
      std::cout << json_of(*mix).dump(1) << '\n';
    } else {
      print_mix(*mix);
    }
    return exit_passed;
  }
  if (show_access_preset(arguments.name, arguments.json)) return exit_passed;
  if (show_ice_profile(arguments.name, arguments.json)) return exit_passed;
  const std::vector<std::string_view> names = preset_names();
  return usage_error(fmt::format("no preset or mix is named '{}'{}", arguments.name,
                                 script::suggestion(arguments.name, names)));
}

}  // namespace

std::vector<std::string_view> preset_names() {
  std::vector<std::string_view> names;
  for (const Preset* const preset : nat::presets()) names.push_back(preset->name);
  for (const NatMix& mix : nat::nat_mixes()) names.push_back(mix.name);
  // A firewall may have a NAT's name.
  for (const std::string_view name : access_preset_names()) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  for (const std::string_view name : ice_profile_names()) names.push_back(name);
  return names;
}

Command add_presets(CLI::App& app) {
  auto arguments = std::make_shared<PresetsArguments>();
  CLI::App* const command = app.add_subcommand("presets",
                                               "List the NATs, firewalls and links that are known "
                                               "by name, or show every knob of one and its "
                                               "source");
  command->add_option("NAME", arguments->name, "a preset or a mix of presets; default: all");
  command->add_flag("--json", arguments->json,
                    "print {presets, mixes, firewalls, links}, or of one its {knobs, differs}, "
                    "{members}, {rules} or figures");
  command->footer(
      fmt::format("What is known is confirmed (read in the primary source), secondary (read in a "
                  "source that quotes it),\nderived (it follows, or is a choice), or recalled (not "
                  "confirmed). The list says it of the kind.\n\n"
                  "Examples:\n"
                  "  {0} presets\n"
                  "  {0} presets linux-masquerade\n"
                  "  {0} presets halkes2010\n"
                  "  {0} presets weak-4g\n"
                  "  {0} presets pf --json",
                  app.get_name()));
  return [arguments] { return show_presets(*arguments); };
}

}  // namespace natsim::cli
