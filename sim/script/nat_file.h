// A file that returns a table of NAT options, as natsim probe writes it.
#pragma once

#include <string>

#include "sim/nat/options.h"
#include "stack/base/result.h"

namespace natsim::script {

// Runs the file's chunk in a sandbox of its own and reads what it returns, as net:nat does. The
// error reads "FILE:LINE: message" or "FILE: message".
Result<nat::NatOptions> load_nat_file(const std::string& path);

}  // namespace natsim::script
