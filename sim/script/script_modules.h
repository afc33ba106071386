// require(): the other files of a scenario's folder.
#pragma once

#include "sim/script/lua.h"

namespace natsim::script {

// Installs `require(name)`, which runs name.lua of the scenario's folder once and gives what it
// returns. A dot in the name leads into a subfolder. Nothing outside the folder can be named, and
// links that lead outside are refused.
void install_modules(lua_State* lua);

}  // namespace natsim::script
