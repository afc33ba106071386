// Populations of homes to draw from: which NATs there are and how many of each.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sim/nat/presets.h"
#include "stack/base/random.h"

namespace natsim::nat {

struct MixMember {
  std::string_view preset;    // of presets.h
  std::string_view firewall;  // a preset of firewall_options.h in front of it; may be empty
  std::uint32_t weight;       // its share is this over the sum of all
};

struct NatMix {
  std::string_view name;
  std::string_view description;  // one clause
  std::string_view source;
  Evidence evidence;
  std::span<const MixMember> members;
  std::span<const std::string_view> assumptions;  // what the source leaves open; clauses
};

std::span<const NatMix> nat_mixes();
// Null if none has the name.
const NatMix* find_mix(std::string_view name);

std::uint32_t total_weight(const NatMix& mix);
// A member with the probability of its share. One number is drawn.
const MixMember& draw(const NatMix& mix, Random& random);

}  // namespace natsim::nat
