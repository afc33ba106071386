// What a message of NAT-PMP or PCP says, for people.
#pragma once

#include <string>

#include "stack/base/bytes.h"

namespace natsim::record {

// One clause: "PCP maps port 5000, suggests 192.0.2.1:5000, for 7200 s". Empty if it is neither's.
std::string describe_portmap(ByteView payload);

}  // namespace natsim::record
