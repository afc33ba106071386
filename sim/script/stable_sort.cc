#include "sim/script/stable_sort.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <vector>

#include "sim/script/sandbox.h"
#include "sim/script/script_error.h"

namespace natsim::script {
namespace {

constexpr int list_index = 1;
constexpr int comparison_index = 2;
constexpr int copy_index = 3;

// Whether the element at position `a` of the copy belongs before the one at `b`.
bool before(lua_State* lua, lua_Integer a, lua_Integer b) {
  if (lua_isnil(lua, comparison_index)) {
    lua_rawgeti(lua, copy_index, a);
    lua_rawgeti(lua, copy_index, b);
    const bool less = lua_compare(lua, -2, -1, LUA_OPLT) != 0;
    lua_pop(lua, 2);
    return less;
  }
  lua_pushvalue(lua, comparison_index);
  lua_rawgeti(lua, copy_index, a);
  lua_rawgeti(lua, copy_index, b);
  lua_call(lua, 2, 1);
  const bool less = lua_toboolean(lua, -1) != 0;
  lua_pop(lua, 1);
  return less;
}

// The positions of the copy in order. Bottom-up: runs of 1, 2, 4 … are merged in pairs.
std::vector<lua_Integer> sorted_positions(lua_State* lua, std::size_t count) {
  std::vector<lua_Integer> order(count);
  for (std::size_t i = 0; i < count; ++i) order[i] = static_cast<lua_Integer>(i + 1);
  std::vector<lua_Integer> merged(count);
  for (std::size_t width = 1; width < count; width *= 2) {
    for (std::size_t start = 0; start < count; start += 2 * width) {
      const std::size_t middle = std::min(start + width, count);
      const std::size_t end = std::min(start + 2 * width, count);
      std::size_t left = start;
      std::size_t right = middle;
      for (std::size_t out = start; out < end; ++out) {
        const bool take_right =
            left == middle || (right < end && before(lua, order[right], order[left]));
        merged[out] = order[take_right ? right++ : left++];
      }
    }
    order.swap(merged);
  }
  return order;
}

}  // namespace

int stable_sort(lua_State* lua) {
  if (!lua_istable(lua, list_index)) {
    raise(lua, "table.sort: expected a table, got {}", luaL_typename(lua, list_index));
  }
  if (!lua_isnoneornil(lua, comparison_index) && !lua_isfunction(lua, comparison_index)) {
    raise(lua, "table.sort: expected a function to compare with, got {}",
          luaL_typename(lua, comparison_index));
  }
  lua_settop(lua, 2);
  const auto count = static_cast<lua_Integer>(lua_rawlen(lua, list_index));
  Sandbox::of(lua).charge_instructions(
      lua, static_cast<std::uint64_t>(count) * std::bit_width(static_cast<std::uint64_t>(count)));
  lua_createtable(lua, 0, 0);
  for (lua_Integer i = 1; i <= count; ++i) {
    lua_geti(lua, list_index, i);
    lua_rawseti(lua, copy_index, i);
  }
  const auto order =
      sorted_positions(lua, static_cast<std::size_t>(std::max<lua_Integer>(0, count)));
  for (std::size_t i = 0; i < order.size(); ++i) {
    lua_rawgeti(lua, copy_index, order[i]);
    lua_seti(lua, list_index, static_cast<lua_Integer>(i + 1));
  }
  return 0;
}

}  // namespace natsim::script
