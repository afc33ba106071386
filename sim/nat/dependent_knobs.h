// Knobs that mean nothing without another.
#pragma once

#include <string_view>

#include "sim/nat/options.h"

namespace natsim::nat {

// What would have to stand beside the knob, for example, for it to have an effect with these
// options, as a scenario writes it: `port_blocks = "dynamic"`. Empty if it has one.
std::string_view missing_beside(std::string_view knob, const NatOptions& options);

}  // namespace natsim::nat
