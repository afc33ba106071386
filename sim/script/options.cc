#include "sim/script/options.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace natsim::script {

void check_keys(const Value& table, std::span<const std::string_view> names, int positions) {
  table.require_table();
  lua_State* const lua = table.lua();
  const StackMark mark(lua);
  std::vector<std::string> unknown;
  lua_pushnil(lua);
  while (lua_next(lua, table.index()) != 0) {
    lua_pop(lua, 1);
    if (lua_type(lua, -1) == LUA_TSTRING) {
      const std::string_view key = lua_tostring(lua, -1);
      if (std::find(names.begin(), names.end(), key) == names.end()) unknown.emplace_back(key);
    } else if (lua_isinteger(lua, -1) == 0 || lua_tointeger(lua, -1) < 1 ||
               lua_tointeger(lua, -1) > positions) {
      const std::string key = shown(lua, -1);
      table.complain(fmt::format("a value without a key is not expected here (at {})", key));
    }
  }
  if (unknown.empty()) return;
  // The table's own order differs between runs.
  const std::string& first = *std::min_element(unknown.begin(), unknown.end());
  table.complain(fmt::format("unknown key '{}'{}", first, suggestion(first, names)));
}

}  // namespace natsim::script
