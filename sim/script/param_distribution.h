// The third argument of param(): how a sweep draws the parameter.
#pragma once

#include "sim/script/distribution.h"
#include "sim/script/lua.h"
#include "sim/script/scenario.h"

namespace natsim::script {

// Reads a table with one key, `uniform`, `log_uniform`, `choice` or `nat_mix`, for a parameter with
// the default `like`. Raises if it is none, or holds what the parameter cannot be.
Distribution read_distribution(lua_State* lua, int index, const ReportedValue& like);

}  // namespace natsim::script
