#include "sim/script/table_text.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/script/sandbox.h"
#include "sim/script/stable_library.h"
#include "sim/script/value.h"

namespace natsim::script {
namespace {

constexpr lua_Integer most_shown = 12;  // of a list, and of the other keys
constexpr int deepest = 3;              // tables within tables

std::string text_within(lua_State* lua, int index, int depth);

void append_part(std::string& text, const std::string& part) {
  text += (text.empty() ? "" : ", ") + part;
}

// The other keys than those of the list with `length` elements, with their values.
std::vector<std::pair<std::string, std::string>> entries_of(lua_State* lua, int table,
                                                            lua_Integer length, int depth) {
  std::vector<std::pair<std::string, std::string>> entries;
  std::uint64_t count = 0;
  lua_pushnil(lua);
  for (; lua_next(lua, table) != 0; lua_pop(lua, 1), ++count) {
    const int key = lua_gettop(lua) - 1;
    const bool listed = lua_isinteger(lua, key) != 0 && lua_tointeger(lua, key) >= 1 &&
                        lua_tointeger(lua, key) <= length;
    if (listed) continue;
    entries.emplace_back(lua_type(lua, key) == LUA_TSTRING ? std::string(lua_tostring(lua, key))
                                                           : "[" + shown(lua, key) + "]",
                         text_within(lua, key + 1, depth + 1));
  }
  Sandbox::of(lua).charge_instructions(lua, count);
  // The table's own order differs between runs.
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::string text_within(lua_State* lua, int index, int depth) {
  luaL_checkstack(lua, 6, nullptr);
  const StackMark mark(lua);
  if (!lua_istable(lua, index)) return shown(lua, index);
  if (luaL_getmetafield(lua, index, "__tostring") != LUA_TNIL) {
    push_text(lua, index);
    return lua_tostring(lua, -1);
  }
  const auto length = static_cast<lua_Integer>(lua_rawlen(lua, index));
  if (depth == deepest) return "{ … }";
  std::string text;
  for (lua_Integer i = 1; i <= std::min(length, most_shown); ++i) {
    const StackMark element(lua);
    lua_rawgeti(lua, index, i);
    append_part(text, text_within(lua, lua_gettop(lua), depth + 1));
  }
  if (length > most_shown) append_part(text, "…");
  const auto entries = entries_of(lua, index, length, depth);
  const auto shown_entries = std::min(entries.size(), static_cast<std::size_t>(most_shown));
  for (std::size_t i = 0; i < shown_entries; ++i) {
    append_part(text, fmt::format("{} = {}", entries[i].first, entries[i].second));
  }
  if (entries.size() > shown_entries) append_part(text, "…");
  return text.empty() ? "{}" : "{ " + text + " }";
}

}  // namespace

std::string contents_text(lua_State* lua, int index) {
  return text_within(lua, lua_absindex(lua, index), 0);
}

}  // namespace natsim::script
