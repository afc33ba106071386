#include "sim/nat/presets.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "sim/nat/knob_text.h"
#include "sim/nat/option_names.h"
#include "sim/nat/preset_data.h"

namespace natsim::nat {
namespace {

struct ClassicKind {
  Dependence mapping;
  Dependence filtering;
  std::string_view name;
};
constexpr ClassicKind classic_kinds[] = {
    {Dependence::endpoint_independent, Dependence::endpoint_independent, "full-cone"},
    {Dependence::endpoint_independent, Dependence::address_dependent, "restricted"},
    {Dependence::endpoint_independent, Dependence::address_and_port_dependent, "port-restricted"},
    {Dependence::address_and_port_dependent, Dependence::address_and_port_dependent, "symmetric"},
};

}  // namespace

std::string_view to_string(Evidence evidence) {
  switch (evidence) {
    case Evidence::confirmed:
      return "confirmed";
    case Evidence::secondary:
      return "secondary";
    case Evidence::derived:
      return "derived";
    case Evidence::recalled:
      return "recalled";
  }
  return {};
}

std::vector<const Preset*> presets() {
  std::vector<const Preset*> all;
  for (const auto family : {standard_presets, linux_presets, bsd_presets, vendor_presets,
                            cloud_presets, carrier_presets}) {
    for (const Preset& preset : family()) all.push_back(&preset);
  }
  return all;
}

const Preset* preset_named(std::string_view name) {
  for (const Preset* const preset : presets()) {
    if (preset->name == name || (!preset->alias.empty() && preset->alias == name)) return preset;
  }
  return nullptr;
}

std::vector<EffectiveRow> rows_of(const Preset& preset) {
  std::vector<EffectiveRow> all;
  if (!preset.base.empty()) all = rows_of(*preset_named(preset.base));
  for (const PresetRow& row : preset.rows) {
    const auto inherited = std::ranges::find_if(
        all, [&](const EffectiveRow& other) { return other.row->knob == row.knob; });
    if (inherited == all.end()) {
      all.push_back({&row, &preset});
    } else {
      *inherited = {&row, &preset};
    }
  }
  return all;
}

std::vector<std::string_view> differences_of(const Preset& preset) {
  std::vector<std::string_view> all;
  if (!preset.base.empty()) all = differences_of(*preset_named(preset.base));
  all.insert(all.end(), preset.differs.begin(), preset.differs.end());
  return all;
}

NatOptions options_of(const Preset& preset) {
  NatOptions options;
  for (const EffectiveRow& effective : rows_of(preset)) {
    // The tests see to it that every row can be read.
    static_cast<void>(
        set_from_text(*find_knob(effective.row->knob), effective.row->value, options));
  }
  return options;
}

std::optional<NatOptions> find_preset(std::string_view name) {
  if (const Preset* const preset = preset_named(name)) return options_of(*preset);
  for (const auto& mapping : mapping_names) {
    for (const auto& filtering : filtering_names) {
      const NatOptions kind{.mapping = mapping.value,
                            .filtering = filtering.value,
                            .port_allocation = PortAllocation::random};
      if (kind_name(kind) == name) return kind;
    }
  }
  return std::nullopt;
}

std::string kind_name(const NatOptions& options) {
  return fmt::format("{}/{}", name_in(mapping_names, options.mapping),
                     name_in(filtering_names, options.filtering));
}

std::string_view classic_name(const NatOptions& options) {
  const auto found = std::ranges::find_if(classic_kinds, [&](const ClassicKind& kind) {
    return kind.mapping == options.mapping && kind.filtering == options.filtering;
  });
  return found == std::end(classic_kinds) ? std::string_view{} : found->name;
}

}  // namespace natsim::nat
