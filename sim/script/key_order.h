// pairs() and next() in an order that depends on the keys alone.
#pragma once

#include "sim/script/lua.h"

namespace natsim::script {

// Lua functions in the places of the stock ones. Keys come in this order: numbers by value,
// strings by their bytes, false before true, objects of the simulator by their making. A table
// with any other key cannot be walked. pairs() takes the keys when it is called: what is added
// meanwhile is not visited, what is removed is not visited either; a __pairs metamethod counts as
// in stock Lua.
int ordered_pairs(lua_State* lua);
int ordered_next(lua_State* lua);

}  // namespace natsim::script
