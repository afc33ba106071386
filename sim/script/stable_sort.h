// table.sort() by merging: stable, and independent of clock and addresses.
#pragma once

#include "sim/script/lua.h"

namespace natsim::script {

// sort(list, [before]): a Lua function in the place of the stock one. A comparison that
// contradicts itself gives some order, never an error.
int stable_sort(lua_State* lua);

}  // namespace natsim::script
