#include "sim/script/reported_value.h"

#include "sim/script/duration_value.h"

namespace natsim::script {

std::optional<ReportedValue> to_reported(lua_State* lua, int index) {
  switch (lua_type(lua, index)) {
    case LUA_TBOOLEAN:
      return lua_toboolean(lua, index) != 0;
    case LUA_TNUMBER:
      if (lua_isinteger(lua, index) != 0) return std::int64_t{lua_tointeger(lua, index)};
      return lua_tonumber(lua, index);
    case LUA_TSTRING: {
      std::size_t size = 0;
      const char* const data = lua_tolstring(lua, index, &size);
      return std::string(data, size);
    }
    default:
      break;
  }
  if (const auto duration = to_duration(lua, index)) return *duration;
  return std::nullopt;
}

void push_reported(lua_State* lua, const ReportedValue& value) {
  if (const auto* const boolean = std::get_if<bool>(&value)) {
    lua_pushboolean(lua, *boolean);
  } else if (const auto* const integer = std::get_if<std::int64_t>(&value)) {
    lua_pushinteger(lua, *integer);
  } else if (const auto* const number = std::get_if<double>(&value)) {
    lua_pushnumber(lua, *number);
  } else if (const auto* const text = std::get_if<std::string>(&value)) {
    lua_pushlstring(lua, text->data(), text->size());
  } else {
    push_duration(lua, std::get<Duration>(value));
  }
}

}  // namespace natsim::script
