// What a script says of a call's media: `net:call(a, b, { media = { audio = true } })`.
#pragma once

#include "sim/agents/call.h"
#include "sim/script/value.h"

namespace natsim::script {

// true for both, or a table with at least one of "audio" and "video".
agents::CallMedia read_call_media(const Value& value);

}  // namespace natsim::script
