// How a script says what a firewall lets through.
#pragma once

#include "sim/nat/firewall_options.h"
#include "sim/script/value.h"

namespace natsim::script {

// The options in `value`: a preset's name, or a table with the fields of nat::FirewallOptions and
// perhaps `preset`, whose options the others replace.
nat::FirewallOptions read_firewall(const Value& value);

}  // namespace natsim::script
