#include "sim/script/script_error.h"

#include <cstring>

#include "sim/script/object.h"

namespace natsim::script {
namespace {

// The file of a chunk that was loaded under its path with '@' in front.
std::string_view file_of(const lua_Debug& record) {
  return record.source[0] == '@' ? record.source + 1 : record.source;
}

// Calls `use(record)` for the Lua functions on the stack, innermost first, until it returns true.
template <typename Use>
void for_each_line(lua_State* lua, Use&& use) {
  lua_Debug record;
  for (int level = 0; lua_getstack(lua, level, &record) != 0; ++level) {
    lua_getinfo(lua, "Sl", &record);
    if (record.currentline > 0 && use(record)) return;
  }
}

// Lua's message about a nil value that the script has used as if it were something, in words that
// say where the nil comes from.
std::string with_origin_of_nil(lua_State* lua, std::string text) {
  // What Lua calls the elements of a list.
  for (const std::string_view jargon : {"(field 'integer index')", "(field '?')"}) {
    const std::size_t found = text.find(jargon);
    if (found != std::string::npos) text.replace(found, jargon.size(), "(an element of a table)");
  }
  constexpr std::string_view before = "a nil value (field '";
  const std::size_t found = text.rfind(before);
  if (found == std::string::npos || !text.ends_with("')")) return text;
  const std::size_t start = found + before.size();
  const std::string field = text.substr(start, text.size() - 2 - start);
  const std::string owner = owner_of_absent(lua, field);
  return owner.empty() ? text : fmt::format("{}: {} has no {}", text, owner, field);
}

}  // namespace

std::optional<Location> running_line(lua_State* lua) {
  std::optional<Location> line;
  for_each_line(lua, [&line](const lua_Debug& record) {
    line = Location{std::string(file_of(record)), record.currentline};
    return true;
  });
  return line;
}

void raise(lua_State* lua, std::string_view message) {
  const auto line = running_line(lua);
  const std::string text =
      line ? fmt::format("{}: {}", to_string(*line), message) : std::string(message);
  lua_pushlstring(lua, text.data(), text.size());
  lua_error(lua);
  __builtin_unreachable();
}

std::string error_text(lua_State* lua, std::string_view path) {
  std::string text = "the script raised a value that is not a text";
  if (lua_type(lua, -1) == LUA_TSTRING) {
    std::size_t size = 0;
    const char* const data = lua_tolstring(lua, -1, &size);
    text = with_origin_of_nil(lua, std::string(data, size));
  }
  lua_pop(lua, 1);
  // A raised message begins with the file; Lua's own messages with a shortened one.
  bool located = text.starts_with(std::string(path) + ":");
  for_each_line(lua, [&](const lua_Debug& record) {
    const std::string_view file = file_of(record);
    const std::size_t shown = std::strlen(record.short_src);
    if (located || text.starts_with(std::string(file) + ":")) return located = true;
    if (!text.starts_with(record.short_src) || text[shown] != ':') return false;
    text.replace(0, shown, file);
    return located = true;
  });
  if (!located && text.starts_with("...")) {  // a shortened file that was not running
    const std::string_view tail = std::string_view(text).substr(3, text.find(':') - 3);
    located = path.ends_with(tail);
    if (located) text.replace(0, 3 + tail.size(), path);
  }
  if (located) return text;
  const auto line = running_line(lua);
  return line ? fmt::format("{}: {}", to_string(*line), text) : fmt::format("{}: {}", path, text);
}

}  // namespace natsim::script
