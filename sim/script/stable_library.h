// Lua's library made the same in every run.
//
// Stock Lua lets addresses and the clock show: the order of pairs() follows a seed made of both,
// tostring() and "%p" print addresses, sort() of large tables picks its pivots by the clock,
// math.random starts from both, and weak tables and finalisers follow the garbage collector.
#pragma once

#include "sim/script/lua.h"

namespace natsim::script {

// Replaces in the globals of a state that is a Sandbox's:
// - pairs, next: keys in the order numbers, strings by their bytes, booleans, objects of the
//   simulator by their making. Other keys have no such order and are refused.
// - tostring, string.format: no address shows; %p is refused.
// - table.sort: stable, by merging.
// - math.random: draws from the sandbox's stream; math.randomseed is refused.
// - setmetatable: refuses __gc and __mode.
// - pcall: passes on the error of a script that is to end.
// Takes away string.dump.
void install_stable_library(lua_State* lua);

// Pushes what tostring gives for the value at `index`.
void push_text(lua_State* lua, int index);

// The user value of a userdata that holds its number in the order of making; see object.h.
inline constexpr int serial_uservalue = 1;

}  // namespace natsim::script
