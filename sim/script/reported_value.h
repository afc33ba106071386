// Between Lua's values and those that a run reports.
#pragma once

#include <optional>

#include "sim/script/lua.h"
#include "sim/script/scenario.h"

namespace natsim::script {

// nullopt for nil, tables, functions and objects.
std::optional<ReportedValue> to_reported(lua_State* lua, int index);

void push_reported(lua_State* lua, const ReportedValue& value);

}  // namespace natsim::script
