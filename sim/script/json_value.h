// Tables of a script as JSON, and back.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "sim/script/value.h"

namespace natsim::script {

// The value as JSON: a table with positions from 1 alone is an array, one with text keys alone an
// object with its keys in alphabetical order, an empty table an object; a duration is its number of
// seconds. Raises for what JSON has no form of, and for tables within more than 32 others.
nlohmann::json read_json(const Value& value);

// Pushes what JSON says: null is nil, which a table does not hold.
void push_json(lua_State* lua, const nlohmann::json& json);

}  // namespace natsim::script
