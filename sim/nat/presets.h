// NATs known by name.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sim/nat/options.h"

namespace natsim::nat {

struct Preset {
  std::string_view name;
  std::string_view description;  // one clause
  NatOptions options;
};

// The four classes of RFC 3489 §5.
std::span<const Preset> presets();

// The options of a preset, or of one of the nine kinds by mapping and filtering, "EIM/EIF" to
// "APDM/APDF", which have unpredictable ports and otherwise the default options. nullopt for any
// other name.
std::optional<NatOptions> find_preset(std::string_view name);

// Mapping and filtering as one name, such as "EIM/APDF".
std::string kind_name(const NatOptions& options);

}  // namespace natsim::nat
