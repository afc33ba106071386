#include "sim/script/nat_settings.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sim/nat/option_names.h"
#include "sim/nat/presets.h"
#include "sim/script/nearest.h"
#include "sim/script/options.h"

namespace natsim::script {
namespace {

using nat::NatOptions;

// The value of a name or of a long name in one of nat's tables.
template <typename Option, std::size_t N>
Option named(const Value& value, const std::array<nat::OptionName<Option>, N>& table) {
  std::vector<std::string_view> names;
  for (const auto& row : table) names.push_back(row.name);
  for (const auto& row : table) {
    if (!row.long_name.empty()) names.push_back(row.long_name);
  }
  return *nat::value_in(table, names[value.index_of(names)]);
}

// `more` is what may stand in the place of a preset's name, for the error.
NatOptions preset(const Value& value, std::string_view more = {}) {
  const std::string name = value.text();
  if (const auto options = nat::find_preset(name)) return *options;
  std::vector<std::string_view> names;
  for (const nat::Preset& known : nat::presets()) names.push_back(known.name);
  if (!more.empty()) names.push_back(more);
  value.complain(fmt::format("no NAT preset is named '{}'{}", name, suggestion(name, names)));
}

nat::PortRange port_range(const Value& value) {
  if (!value.is_table() || value.length() != 2) {
    value.refuse("the first and the last port, such as { 1024, 65535 }");
  }
  const Value first = value.element(1);
  const Value last = value.element(2);
  return {first.port(), last.port()};
}

constexpr std::array<Key<NatOptions>, 12> nat_keys = {{
    {"preset", [](const Value& value, NatOptions& nat) { nat = preset(value); }},
    {"mapping",
     [](const Value& value, NatOptions& nat) { nat.mapping = named(value, nat::mapping_names); }},
    {"filtering", [](const Value& value,
                     NatOptions& nat) { nat.filtering = named(value, nat::filtering_names); }},
    {"filter_scope",
     [](const Value& value, NatOptions& nat) {
       nat.filter_scope = named(value, nat::filter_scope_names);
     }},
    {"port_allocation",
     [](const Value& value, NatOptions& nat) {
       nat.port_allocation = named(value, nat::port_allocation_names);
     }},
    {"port_range", [](const Value& value, NatOptions& nat) { nat.port_range = port_range(value); }},
    {"udp_timeout",
     [](const Value& value, NatOptions& nat) { nat.udp_timeout = value.positive_duration(); }},
    {"refresh",
     [](const Value& value, NatOptions& nat) { nat.refresh = named(value, nat::refresh_names); }},
    {"hairpin",
     [](const Value& value, NatOptions& nat) { nat.hairpin = named(value, nat::hairpin_names); }},
    {"pooling",
     [](const Value& value, NatOptions& nat) { nat.pooling = named(value, nat::pooling_names); }},
    {"max_mappings",
     [](const Value& value, NatOptions& nat) {
       nat.max_mappings = value.number<std::uint32_t>(0, UINT32_MAX);
     }},
    {"max_mappings_per_host",
     [](const Value& value, NatOptions& nat) {
       nat.max_mappings_per_host = value.number<std::uint32_t>(0, UINT32_MAX);
     }},
}};

}  // namespace

std::optional<NatOptions> read_nat(const Value& value) {
  if (value.is_text()) {
    if (value.text() == "none") return std::nullopt;
    return preset(value, "none");
  }
  if (!value.is_table()) value.refuse("a NAT preset's name, \"none\", or a table of NAT options");
  NatOptions options;
  read_options(value, nat_keys, options);
  const auto errors = nat::validate(options);
  if (!errors.empty()) {
    const nat::OptionError& error = errors.front();
    value.complain(
        fmt::format("{}: expected {}, got {}", error.field, error.expected, error.value));
  }
  return options;
}

}  // namespace natsim::script
