// How a script says what a NAT does.
#pragma once

#include <optional>

#include "sim/nat/options.h"
#include "sim/script/value.h"

namespace natsim::script {

// The options in `value`: a preset's name, or a table with the fields of nat::NatOptions by their
// own names and perhaps `preset`, whose options the others replace. nullopt for "none".
std::optional<nat::NatOptions> read_nat(const Value& value);

// `options` with the changes in the table `value`, which is read in the same way.
nat::NatOptions read_nat_changes(const Value& value, nat::NatOptions options);

}  // namespace natsim::script
