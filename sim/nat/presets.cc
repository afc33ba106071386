#include "sim/nat/presets.h"

#include <array>

#include <fmt/format.h>

#include "sim/nat/option_names.h"

namespace natsim::nat {
namespace {

using enum Dependence;

constexpr std::array<Preset, 4> table = {{
    {"full-cone",
     "endpoint-independent mapping, no filter",
     {.mapping = endpoint_independent,
      .filtering = endpoint_independent,
      .udp_timeout = seconds(60),
      .hairpin = Hairpin::external_source}},
    {"restricted",
     "endpoint-independent mapping, filter by remote address",
     {.mapping = endpoint_independent,
      .filtering = address_dependent,
      .udp_timeout = seconds(60),
      .hairpin = Hairpin::external_source}},
    {"port-restricted",
     "endpoint-independent mapping, filter by remote address and port",
     {.mapping = endpoint_independent,
      .filtering = address_and_port_dependent,
      .udp_timeout = seconds(60),
      .hairpin = Hairpin::off}},
    {"symmetric",
     "a mapping with a random port for each remote endpoint, filter by that endpoint",
     {.mapping = address_and_port_dependent,
      .filtering = address_and_port_dependent,
      .port_allocation = PortAllocation::random,
      .udp_timeout = seconds(60),
      .hairpin = Hairpin::off}},
}};

}  // namespace

std::span<const Preset> presets() { return table; }

std::optional<NatOptions> find_preset(std::string_view name) {
  for (const Preset& preset : table) {
    if (preset.name == name) return preset.options;
  }
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

}  // namespace natsim::nat
