#include "sim/script/script_modules.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "sim/script/run.h"
#include "sim/script/sandbox.h"
#include "sim/script/script_error.h"
#include "sim/script/script_file.h"

namespace natsim::script {
namespace {

namespace fs = std::filesystem;

// "lib.mobile" becomes "lib/mobile.lua"; nullopt if the name holds anything but words and dots.
std::optional<std::string> relative_path(std::string_view name) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  std::string path;
  char before = '.';
  for (const char c : name) {
    if (c == '.' ? before == '.' : !is_word(c)) return std::nullopt;
    path += c == '.' ? '/' : c;
    before = c;
  }
  if (before == '.') return std::nullopt;
  return path + ".lua";
}

// Upvalue 1: the table of modules that have been loaded, by name.
int require(lua_State* lua) {
  if (lua_type(lua, 1) != LUA_TSTRING) raise(lua, "require: expected a module's name");
  lua_settop(lua, 1);
  lua_pushvalue(lua, 1);
  if (lua_rawget(lua, lua_upvalueindex(1)) != LUA_TNIL) return 1;
  const std::string name = lua_tostring(lua, 1);
  const auto relative = relative_path(name);
  if (!relative) {
    raise(lua,
          "require: '{}' is not a module's name: words joined by dots, of the scenario's folder",
          name);
  }
  const fs::path& folder = Sandbox::of(lua).folder();
  const fs::path path = folder.empty() ? fs::path(*relative) : folder / *relative;
  if (fs::exists(path) && !lies_inside(folder, path)) {
    raise(lua, "require: {} lies outside the scenario's folder", path.string());
  }
  const auto source = read_script(path.string());
  if (!source) raise(lua, "require: there is no module '{}': {}", name, source.error());
  Run::of(lua).outcome().required.push_back(path.string());
  if (!Sandbox::compile(lua, source.value(), path.string())) lua_error(lua);
  lua_call(lua, 0, 1);
  if (lua_isnil(lua, -1)) {
    lua_pop(lua, 1);
    lua_pushboolean(lua, 1);
  }
  lua_pushvalue(lua, 1);
  lua_pushvalue(lua, -2);
  lua_rawset(lua, lua_upvalueindex(1));
  return 1;
}

}  // namespace

void install_modules(lua_State* lua) {
  lua_newtable(lua);
  lua_pushcclosure(lua, require, 1);
  lua_setglobal(lua, "require");
}

}  // namespace natsim::script
