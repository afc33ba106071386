#include "sim/script/key_order.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "sim/script/sandbox.h"
#include "sim/script/script_error.h"
#include "sim/script/stable_library.h"

namespace natsim::script {
namespace {

enum class KeyKind : std::uint8_t { number, text, boolean, object };

// A key of a table, without a hold on it: good while the table has it.
struct TableKey {
  KeyKind kind = KeyKind::number;
  // Whole numbers, the whole part of other numbers, booleans and objects' serial numbers.
  std::int64_t whole = 0;
  double fraction = 0;    // what a number has above its whole part; whole numbers have 0
  std::string_view text;  // of strings

  bool operator<(const TableKey& other) const {
    return std::tie(kind, whole, fraction, text) <
           std::tie(other.kind, other.whole, other.fraction, other.text);
  }
};

// A number that is not an integer for Lua. Beyond the integers' range all sort at its ends, by
// size.
TableKey float_key(double value) {
  constexpr double range = 0x1.0p63;
  if (value >= range) return {.whole = INT64_MAX, .fraction = value};
  if (value < -range) return {.whole = INT64_MIN, .fraction = value};
  const double whole = std::floor(value);
  return {.whole = static_cast<std::int64_t>(whole), .fraction = value - whole};
}

TableKey key_at(lua_State* lua, int index) {
  switch (lua_type(lua, index)) {
    case LUA_TNUMBER:
      if (lua_isinteger(lua, index) == 0) return float_key(lua_tonumber(lua, index));
      return {.whole = lua_tointeger(lua, index)};
    case LUA_TSTRING: {
      std::size_t size = 0;
      const char* const data = lua_tolstring(lua, index, &size);
      return {.kind = KeyKind::text, .text = {data, size}};
    }
    case LUA_TBOOLEAN:
      return {.kind = KeyKind::boolean, .whole = lua_toboolean(lua, index)};
    case LUA_TUSERDATA:
      if (lua_getiuservalue(lua, index, serial_uservalue) == LUA_TNUMBER) {
        const TableKey key{.kind = KeyKind::object, .whole = lua_tointeger(lua, -1)};
        lua_pop(lua, 1);
        return key;
      }
      lua_pop(lua, 1);
      break;
    default:
      break;
  }
  raise(lua,
        "a table with a {} as a key has no order that is the same in every run; walk it by keys of "
        "your own",
        luaL_typename(lua, index));
}

// Calls `use(key)` for each key of the table at `table`, with the key on top of the stack.
template <typename Use>
void for_each_key(lua_State* lua, int table, Use&& use) {
  std::uint64_t count = 0;
  lua_pushnil(lua);
  while (lua_next(lua, table) != 0) {
    lua_pop(lua, 1);
    use(key_at(lua, -1));
    ++count;
  }
  Sandbox::of(lua).charge_instructions(lua, count);
}

void require_table(lua_State* lua, const char* function) {
  if (lua_istable(lua, 1)) return;
  raise(lua, "{}: expected a table, got {}", function,
        lua_isnone(lua, 1) ? "nothing" : luaL_typename(lua, 1));
}

// Upvalues: the list of keys, how many have been visited.
int visit_next(lua_State* lua) {
  lua_Integer visited = lua_tointeger(lua, lua_upvalueindex(2));
  while (lua_rawgeti(lua, lua_upvalueindex(1), ++visited) != LUA_TNIL) {
    lua_pushvalue(lua, -1);
    if (lua_rawget(lua, 1) != LUA_TNIL) {
      lua_pushinteger(lua, visited);
      lua_replace(lua, lua_upvalueindex(2));
      return 2;
    }
    lua_pop(lua, 2);
  }
  return 1;
}

}  // namespace

int ordered_pairs(lua_State* lua) {
  if (luaL_getmetafield(lua, 1, "__pairs") != LUA_TNIL) {
    lua_pushvalue(lua, 1);
    lua_call(lua, 1, 3);
    return 3;
  }
  require_table(lua, "pairs");
  lua_settop(lua, 1);

  // The stack holds on to every key by a list in the table's own order, position by position.
  lua_newtable(lua);
  std::vector<std::pair<TableKey, lua_Integer>> order;
  for_each_key(lua, 1, [&](const TableKey& key) {
    order.emplace_back(key, static_cast<lua_Integer>(order.size() + 1));
    lua_pushvalue(lua, -1);
    lua_rawseti(lua, 2, order.back().second);
  });
  std::sort(order.begin(), order.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });

  lua_createtable(lua, static_cast<int>(order.size()), 0);
  for (std::size_t i = 0; i < order.size(); ++i) {
    lua_rawgeti(lua, 2, order[i].second);
    lua_rawseti(lua, 3, static_cast<lua_Integer>(i + 1));
  }
  lua_pushinteger(lua, 0);
  lua_pushcclosure(lua, visit_next, 2);
  lua_pushvalue(lua, 1);
  return 2;
}

int ordered_next(lua_State* lua) {
  require_table(lua, "next");
  lua_settop(lua, 2);
  const bool first = lua_isnil(lua, 2);
  const TableKey after = first ? TableKey{} : key_at(lua, 2);
  std::optional<TableKey> least;
  for_each_key(lua, 1, [&](const TableKey& key) {
    if ((!first && !(after < key)) || (least && !(key < *least))) return;
    least = key;
    lua_pushvalue(lua, -1);
    lua_replace(lua, 2);
  });
  if (!least) {
    lua_pushnil(lua);
    return 1;
  }
  lua_pushvalue(lua, 2);
  lua_pushvalue(lua, 2);
  lua_rawget(lua, 1);
  return 2;
}

}  // namespace natsim::script
