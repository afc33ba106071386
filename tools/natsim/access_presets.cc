#include "tools/natsim/access_presets.h"

#include <cstdint>
#include <iostream>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "sim/nat/firewall_options.h"
#include "sim/net/link_presets.h"
#include "stack/base/time.h"
#include "stack/base/units.h"
#include "tools/natsim/columns.h"
#include "tools/natsim/terminal.h"

namespace natsim::cli {
namespace {

using Json = nlohmann::ordered_json;
using nat::FirewallPreset;
using net::LinkPreset;

// What is set for each direction, as a scenario writes it.
struct Figure {
  std::string_view key;
  std::string value;
};

std::string percentage(std::uint32_t ppm) {
  return fmt::format("{}%", static_cast<double>(ppm) / 10'000);
}

std::vector<Figure> figures_of(const LinkPreset& preset) {
  const net::LinkOptions options = net::options_of(preset);
  std::vector<Figure> figures = {{"one_way_delay", to_string(options.one_way_delay)}};
  if (options.jitter > Duration{}) figures.push_back({"jitter", to_string(options.jitter)});
  if (preset.burst != 0) {
    figures.push_back({"burst_loss", fmt::format("mean {}, burst {}", percentage(preset.loss_ppm),
                                                 preset.burst)});
  } else if (preset.loss_ppm != 0) {
    figures.push_back({"loss", percentage(preset.loss_ppm)});
  }
  if (options.rate != 0) {
    figures.push_back({"rate", rate_text(options.rate)});
    figures.push_back({"queue_bytes", size_text(options.queue_bytes)});
  }
  return figures;
}

std::string_view meaning_of(const LinkPreset& preset) {
  return preset.meaning == net::DelayMeaning::round_trip ? "round trip" : "one way";
}

Json json_of(const LinkPreset& preset) {
  Json figures = Json::object();
  for (const Figure& figure : figures_of(preset)) figures[std::string(figure.key)] = figure.value;
  return {{"name", preset.name},
          {"source", preset.source},
          {"source_delay", to_string(milliseconds(preset.delay_ms))},
          {"source_delay_is", meaning_of(preset)},
          {"each_way", std::move(figures)}};
}

std::vector<std::string> rules_of(const nat::FirewallOptions& options) {
  std::vector<std::string> rules;
  if (options.captive_portal) rules.emplace_back("outbound: before the log-in only DNS");
  for (const nat::FirewallRule& rule : options.outbound) {
    rules.push_back("outbound: " + to_string(rule, true));
  }
  rules.emplace_back(options.allow_outbound ? "outbound: allow everything else"
                                            : "outbound: deny everything else");
  for (const nat::FirewallRule& rule : options.inbound) {
    rules.push_back("inbound: " + to_string(rule, false));
  }
  rules.emplace_back(options.filtering == nat::Dependence::endpoint_independent
                         ? "inbound: from anyone to an endpoint that has sent"
                     : options.filtering == nat::Dependence::address_dependent
                         ? "inbound: from addresses that were sent to"
                         : "inbound: from addresses and ports that were sent to");
  return rules;
}

Json json_of(const FirewallPreset& preset) {
  return {
      {"name", preset.name}, {"description", preset.summary}, {"rules", rules_of(preset.make())}};
}

const FirewallPreset* find_firewall(std::string_view name) {
  for (const FirewallPreset& preset : nat::firewall_presets()) {
    if (preset.name == name) return &preset;
  }
  return nullptr;
}

void show(const LinkPreset& preset) {
  std::cout << fmt::format("{}: {}, which gives a delay of {} ({})\n\n",
                           paint(colours(), Paint::bold, preset.name), preset.source,
                           to_string(milliseconds(preset.delay_ms)), meaning_of(preset));
  Columns columns;
  columns.add({{"KNOB", Paint::bold}, {"EACH WAY", Paint::bold}});
  for (const Figure& figure : figures_of(preset)) {
    columns.add({{std::string(figure.key)}, {figure.value}});
  }
  columns.print(colours());
  std::cout << fmt::format("\nIn a scenario: wan = {{ internet, preset = \"{}\" }}\n", preset.name);
}

void show(const FirewallPreset& preset) {
  std::cout << fmt::format("{}: {}\n\n", paint(colours(), Paint::bold, preset.name),
                           preset.summary);
  for (const std::string& rule : rules_of(preset.make())) std::cout << fmt::format("- {}\n", rule);
}

}  // namespace

void print_firewall_presets() {
  Columns columns;
  columns.add({{"FIREWALL", Paint::bold}, {"WHAT IT DOES", Paint::bold}});
  for (const FirewallPreset& preset : nat::firewall_presets()) {
    columns.add({{std::string(preset.name)}, {std::string(preset.summary)}});
  }
  columns.print(colours());
}

void print_link_presets() {
  Columns columns;
  columns.add({{"LINK", Paint::bold},
               {"DELAY", Paint::bold},
               {"IS", Paint::bold},
               {"RATE", Paint::bold},
               {"LOSS", Paint::bold},
               {"SOURCE", Paint::bold}});
  for (const LinkPreset& preset : net::link_presets()) {
    columns.add({{std::string(preset.name)},
                 {to_string(milliseconds(preset.delay_ms))},
                 {std::string(meaning_of(preset))},
                 {preset.rate == 0 ? "any" : rate_text(preset.rate)},
                 {percentage(preset.loss_ppm)},
                 {std::string(preset.source)}});
  }
  columns.print(colours());
}

Json firewall_presets_json() {
  Json all = Json::array();
  for (const FirewallPreset& preset : nat::firewall_presets()) all.push_back(json_of(preset));
  return all;
}

Json link_presets_json() {
  Json all = Json::array();
  for (const LinkPreset& preset : net::link_presets()) all.push_back(json_of(preset));
  return all;
}

bool show_access_preset(std::string_view name, bool json) {
  const auto show_one = [json](const auto& preset) {
    if (json) {
      std::cout << json_of(preset).dump(1) << '\n';
    } else {
      show(preset);
    }
    return true;
  };
  if (const LinkPreset* const link = net::find_link_preset(name)) return show_one(*link);
  if (const FirewallPreset* const firewall = find_firewall(name)) return show_one(*firewall);
  return false;
}

std::vector<std::string_view> access_preset_names() {
  std::vector<std::string_view> names;
  for (const FirewallPreset& preset : nat::firewall_presets()) names.push_back(preset.name);
  for (const LinkPreset& preset : net::link_presets()) names.push_back(preset.name);
  return names;
}

}  // namespace natsim::cli
