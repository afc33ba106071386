// NATs known by name, as data: what each preset sets, where that comes from and how sure it is.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/nat/options.h"

namespace natsim::nat {

// How well something is known.
enum class Evidence : std::uint8_t {
  confirmed,  // read in the primary source
  secondary,  // read in a source that quotes it
  derived,    // follows from something else that is known, or is a choice where nothing is said
  recalled,   // not confirmed
};
std::string_view to_string(Evidence evidence);

// One knob (knobs.h) that a preset sets, with the value as value_text prints it.
struct PresetRow {
  std::string_view knob;
  std::string_view value;
  Evidence evidence;
  std::string_view source;
};

struct Preset {
  std::string_view name;
  std::string_view alias;                     // also understood; may be empty
  std::string_view description;               // one clause
  std::string_view base;                      // the preset whose rows come first; may be empty
  std::span<const PresetRow> rows;            // each knob once
  std::span<const std::string_view> differs;  // what the real thing does otherwise; clauses
};

// All of them, the four classes of RFC 3489 §5 first.
std::vector<const Preset*> presets();
// By name or alias; null if none has it.
const Preset* preset_named(std::string_view name);

// A row and the preset that it was written for: the preset itself or one that it is based on.
struct EffectiveRow {
  const PresetRow* row;
  const Preset* preset;
};
// What the preset sets, each knob once, a preset's own rows in place of its base's.
std::vector<EffectiveRow> rows_of(const Preset& preset);
// What else the real thing does, its base's first.
std::vector<std::string_view> differences_of(const Preset& preset);
// The defaults with the preset's rows.
NatOptions options_of(const Preset& preset);

// The options of a preset, or of one of the nine kinds by mapping and filtering, "EIM/EIF" to
// "APDM/APDF", which have unpredictable ports and otherwise the default options. nullopt for any
// other name.
std::optional<NatOptions> find_preset(std::string_view name);

// Mapping and filtering as one name, such as "EIM/APDF".
std::string kind_name(const NatOptions& options);
// The class of RFC 3489 §5 with this mapping and filtering; empty if there is none.
std::string_view classic_name(const NatOptions& options);

}  // namespace natsim::nat
