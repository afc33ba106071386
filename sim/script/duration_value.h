// Durations as values of a script: `call.ice_time + "20ms"`.
#pragma once

#include <optional>

#include "sim/script/lua.h"
#include "stack/base/time.h"

namespace natsim::script {

// Makes the type known to a state and installs `duration(text)`. A duration adds to, subtracts
// from and compares with durations and with texts of units.h; it is multiplied and divided by
// numbers, to the nearest nanosecond; divided by a duration it gives a number. Its fields are
// `seconds`, `milliseconds` (numbers) and `nanoseconds` (an integer). As text it is "85ms".
void install_durations(lua_State* lua);

void push_duration(lua_State* lua, Duration duration);

// The duration at `index`; nullopt if the value there is none (a text is none).
std::optional<Duration> to_duration(lua_State* lua, int index);

}  // namespace natsim::script
