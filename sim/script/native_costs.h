// Counting the loops inside Lua's library, which run no instructions of the script.
#pragma once

#include "sim/script/lua.h"

namespace natsim::script {

// Makes string.rep, table.move, table.insert and table.remove of a Sandbox's state count what they
// are about to do as instructions, so that none can be made to run for ever.
void install_native_costs(lua_State* lua);

}  // namespace natsim::script
