#include "sim/script/pattern_library.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/script/pattern_match.h"
#include "sim/script/sandbox.h"
#include "sim/script/script_error.h"

namespace natsim::script {
namespace {

constexpr std::string_view specials = "^$*+?.([%-";

std::string_view text_argument(lua_State* lua, int index) {
  std::size_t size = 0;
  const char* const data = luaL_checklstring(lua, index, &size);
  return {data, size};
}

// Where a search begins: a number at `index`, from 1, negative ones from the end. Beyond the end if
// it is past it by more than one.
std::size_t first_position(lua_State* lua, int index, std::size_t size) {
  const lua_Integer given = luaL_optinteger(lua, index, 1);
  if (given > 0) return static_cast<std::size_t>(given) - 1;
  if (given == 0) return 0;
  const auto back = std::uint64_t{0} - static_cast<std::uint64_t>(given);
  return back > size ? 0 : size - static_cast<std::size_t>(back);
}

// A pattern and whether it may match only where the search begins.
struct Anchored {
  std::string_view pattern;
  bool anchored;

  explicit Anchored(std::string_view text)
      : pattern(text), anchored(!text.empty() && text.front() == '^') {
    if (anchored) pattern.remove_prefix(1);
  }
};

int find_plain(lua_State* lua, std::string_view subject, std::string_view text, std::size_t from) {
  const std::size_t left = subject.size() - from;
  // The most that a search without preparation can compare.
  Sandbox::of(lua).charge_instructions(lua, left / 64 * (1 + text.size() / 64));
  const std::size_t found = subject.find(text, from);
  if (found == std::string_view::npos) {
    lua_pushnil(lua);
    return 1;
  }
  lua_pushinteger(lua, static_cast<lua_Integer>(found + 1));
  lua_pushinteger(lua, static_cast<lua_Integer>(found + text.size()));
  return 2;
}

int search(lua_State* lua, bool positions) {
  const std::string_view subject = text_argument(lua, 1);
  const std::string_view text = text_argument(lua, 2);
  std::size_t start = first_position(lua, 3, subject.size());
  if (start > subject.size()) {
    lua_pushnil(lua);
    return 1;
  }
  if (positions &&
      (lua_toboolean(lua, 4) != 0 || text.find_first_of(specials) == std::string_view::npos)) {
    return find_plain(lua, subject, text, start);
  }
  const Anchored pattern(text);
  PatternMatch match(lua, subject, pattern.pattern);
  do {
    if (const auto end = match.at(start)) {
      if (!positions) return match.push_captures(start, *end);
      lua_pushinteger(lua, static_cast<lua_Integer>(start + 1));
      lua_pushinteger(lua, static_cast<lua_Integer>(*end));
      return 2 + (match.captures() == 0 ? 0 : match.push_captures(start, *end));
    }
  } while (start++ < subject.size() && !pattern.anchored);
  lua_pushnil(lua);
  return 1;
}

int find(lua_State* lua) { return search(lua, true); }
int match(lua_State* lua) { return search(lua, false); }

// Upvalues: subject, pattern, where to go on, where the match before ended (-1 at first). A match
// that is empty there would be found for ever.
int next_match(lua_State* lua) {
  std::size_t size = 0;
  const char* data = lua_tolstring(lua, lua_upvalueindex(1), &size);
  const std::string_view subject{data, size};
  data = lua_tolstring(lua, lua_upvalueindex(2), &size);
  PatternMatch match(lua, subject, {data, size});
  const lua_Integer last_end = lua_tointeger(lua, lua_upvalueindex(4));
  for (auto start = static_cast<std::size_t>(lua_tointeger(lua, lua_upvalueindex(3)));
       start <= subject.size(); ++start) {
    const auto end = match.at(start);
    if (!end || static_cast<lua_Integer>(*end) == last_end) continue;
    lua_pushinteger(lua, static_cast<lua_Integer>(*end));
    lua_copy(lua, -1, lua_upvalueindex(3));
    lua_replace(lua, lua_upvalueindex(4));
    return match.push_captures(start, *end);
  }
  return 0;
}

int gmatch(lua_State* lua) {
  const std::string_view subject = text_argument(lua, 1);
  text_argument(lua, 2);
  const std::size_t start = std::min(first_position(lua, 3, subject.size()), subject.size() + 1);
  lua_settop(lua, 2);
  lua_pushinteger(lua, static_cast<lua_Integer>(start));
  lua_pushinteger(lua, -1);
  lua_pushcclosure(lua, next_match, 4);
  return 1;
}

// Pushes onto `result` what the replacement text at index 3 says for a match.
void add_template(lua_State* lua, luaL_Buffer& result, const PatternMatch& match, std::size_t start,
                  std::size_t end) {
  const std::string_view text = text_argument(lua, 3);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      luaL_addchar(&result, text[i]);
      continue;
    }
    const char escaped = ++i < text.size() ? text[i] : '\0';
    if (escaped == '%') {
      luaL_addchar(&result, '%');
    } else if (escaped == '0') {
      const std::string_view whole = text_argument(lua, 1).substr(start, end - start);
      luaL_addlstring(&result, whole.data(), whole.size());
    } else if ('1' <= escaped && escaped <= '9') {
      match.push_capture(escaped - '1', start, end);
      luaL_tolstring(lua, -1, nullptr);
      lua_remove(lua, -2);
      luaL_addvalue(&result);
    } else {
      raise(lua, "invalid use of '%' in replacement string");
    }
  }
}

// Adds what stands for a match; false if it stays as it was.
bool add_replacement(lua_State* lua, luaL_Buffer& result, const PatternMatch& match,
                     std::size_t start, std::size_t end) {
  switch (lua_type(lua, 3)) {
    case LUA_TFUNCTION: {
      lua_pushvalue(lua, 3);
      lua_call(lua, match.push_captures(start, end), 1);
      break;
    }
    case LUA_TTABLE:
      match.push_capture(0, start, end);
      lua_gettable(lua, 3);
      break;
    default:
      add_template(lua, result, match, start, end);
      return true;
  }
  if (lua_toboolean(lua, -1) == 0) {
    lua_pop(lua, 1);
    return false;
  }
  if (lua_isstring(lua, -1) == 0) {
    raise(lua, "invalid replacement value (a {})", luaL_typename(lua, -1));
  }
  luaL_addvalue(&result);
  return true;
}

int gsub(lua_State* lua) {
  const std::string_view subject = text_argument(lua, 1);
  const Anchored pattern(text_argument(lua, 2));
  const int type = lua_type(lua, 3);
  luaL_argexpected(
      lua,
      type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TTABLE || type == LUA_TFUNCTION, 3,
      "string/function/table");
  const lua_Integer most = luaL_optinteger(lua, 4, static_cast<lua_Integer>(subject.size()) + 1);
  lua_settop(lua, 3);
  PatternMatch match(lua, subject, pattern.pattern);
  luaL_Buffer result;
  luaL_buffinit(lua, &result);
  std::size_t start = 0;
  std::optional<std::size_t> last_end;
  lua_Integer count = 0;
  while (count < most) {
    const auto end = match.at(start);
    if (end && end != last_end) {
      ++count;
      if (!add_replacement(lua, result, match, start, *end)) {
        luaL_addlstring(&result, subject.data() + start, *end - start);
      }
      start = *end;
      last_end = end;
    } else if (start < subject.size()) {
      luaL_addchar(&result, subject[start]);
      ++start;
    } else {
      break;
    }
    if (pattern.anchored) break;
  }
  luaL_addlstring(&result, subject.data() + start, subject.size() - start);
  luaL_pushresult(&result);
  lua_pushinteger(lua, count);
  return 2;
}

}  // namespace

void install_pattern_library(lua_State* lua) {
  constexpr luaL_Reg functions[] = {
      {"find", find}, {"match", match}, {"gmatch", gmatch}, {"gsub", gsub}, {nullptr, nullptr}};
  lua_getglobal(lua, LUA_STRLIBNAME);
  luaL_setfuncs(lua, functions, 0);
  lua_pop(lua, 1);
}

}  // namespace natsim::script
