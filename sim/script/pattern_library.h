// string.find, match, gmatch and gsub with their work counted.
#pragma once

#include "sim/script/lua.h"

namespace natsim::script {

// Replaces the four functions in the string library of a Sandbox's state by ones that do the same
// by PatternMatch.
void install_pattern_library(lua_State* lua);

}  // namespace natsim::script
