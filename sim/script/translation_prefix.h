// How a script writes the prefix of a NAT64.
#pragma once

#include "sim/script/value.h"
#include "stack/base/address.h"

namespace natsim::script {

// True stands for the well-known prefix. Of what it gives can_embed_ipv4 is true.
Prefix read_translation_prefix(const Value& value);

}  // namespace natsim::script
