// What a table holds, for people.
#pragma once

#include <string>

#include "sim/script/lua.h"

namespace natsim::script {

// The value at `index` as logs and failures show it: a table with what it holds,
// "{ 1, 2, name = \"a\" }", first the list, then the other keys in their texts' order, no more than
// a dozen of each and tables within tables to some depth; any other value as shown() gives it.
std::string contents_text(lua_State* lua, int index);

}  // namespace natsim::script
