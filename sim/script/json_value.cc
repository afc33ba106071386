#include "sim/script/json_value.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "sim/script/duration_value.h"
#include "sim/script/table_writer.h"
#include "stack/stun/utf8.h"

namespace natsim::script {
namespace {

constexpr int deepest_table = 32;  // tables in one another, so that one that holds itself ends

nlohmann::json read(const Value& value, int depth);

nlohmann::json read_table(const Value& value, int depth) {
  if (depth == deepest_table) value.complain("its tables are more than 32 deep");
  lua_State* const lua = value.lua();
  luaL_checkstack(lua, 4, nullptr);
  nlohmann::json object = nlohmann::json::object();
  nlohmann::json array = nlohmann::json::array();
  const StackMark mark(lua);
  for (int position = 1; lua_rawgeti(lua, value.index(), position) != LUA_TNIL; ++position) {
    lua_pop(lua, 1);
    const StackMark entry(lua);
    array.push_back(read(value.element(position), depth + 1));
  }
  lua_pop(lua, 1);
  std::size_t entries = 0;
  lua_pushnil(lua);
  while (lua_next(lua, value.index()) != 0) {
    ++entries;
    lua_pop(lua, 1);
    if (lua_type(lua, -1) != LUA_TSTRING) continue;
    const StackMark entry(lua);
    const std::string key = lua_tostring(lua, -1);
    object[key] = read(value.field(key), depth + 1);
  }
  if (entries == array.size() && !array.empty()) return array;
  if (entries != object.size()) value.complain("its keys are neither all texts nor 1, 2, 3, …");
  return object;
}

nlohmann::json read(const Value& value, int depth) {
  lua_State* const lua = value.lua();
  const int index = value.index();
  switch (lua_type(lua, index)) {
    case LUA_TBOOLEAN:
      return lua_toboolean(lua, index) != 0;
    case LUA_TNUMBER:
      if (lua_isinteger(lua, index) != 0) return lua_tointeger(lua, index);
      if (!std::isfinite(lua_tonumber(lua, index))) value.refuse("a number that JSON has");
      return lua_tonumber(lua, index);
    case LUA_TSTRING: {
      const std::string text = value.text();
      // What is no UTF-8 cannot be written as JSON.
      if (!stun::utf8_length(text)) value.refuse("text in UTF-8");
      return text;
    }
    case LUA_TTABLE:
      return read_table(value, depth);
    default:
      break;
  }
  if (const auto duration = to_duration(lua, index)) return duration->to_seconds();
  value.refuse("a boolean, a number, a text, a duration or a table of them");
}

}  // namespace

nlohmann::json read_json(const Value& value) { return read(value, 0); }

void push_json(lua_State* lua, const nlohmann::json& json) {
  luaL_checkstack(lua, 4, nullptr);
  switch (json.type()) {
    case nlohmann::json::value_t::boolean:
      lua_pushboolean(lua, json.get<bool>());
      return;
    case nlohmann::json::value_t::number_integer:
    case nlohmann::json::value_t::number_unsigned:
      lua_pushinteger(lua, json.get<lua_Integer>());
      return;
    case nlohmann::json::value_t::number_float:
      lua_pushnumber(lua, json.get<lua_Number>());
      return;
    case nlohmann::json::value_t::string:
      push_string(lua, json.get_ref<const std::string&>());
      return;
    case nlohmann::json::value_t::array:
      push_list(lua, json, [lua](const nlohmann::json& each) { push_json(lua, each); });
      return;
    case nlohmann::json::value_t::object:
      lua_newtable(lua);
      for (const auto& [key, entry] : json.items()) {
        if (entry.is_null()) continue;
        push_string(lua, key);
        push_json(lua, entry);
        lua_rawset(lua, -3);
      }
      return;
    default:
      lua_pushnil(lua);
  }
}

}  // namespace natsim::script
