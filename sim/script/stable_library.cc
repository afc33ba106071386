#include "sim/script/stable_library.h"

#include <cstdint>
#include <string_view>

#include "sim/script/key_order.h"
#include "sim/script/sandbox.h"
#include "sim/script/script_error.h"
#include "sim/script/stable_sort.h"

namespace natsim::script {
namespace {

int text_of(lua_State* lua) {
  luaL_checkany(lua, 1);
  push_text(lua, 1);
  return 1;
}

bool prints_address(std::string_view format) {
  for (std::size_t i = 0; i + 1 < format.size(); ++i) {
    if (format[i] != '%') continue;
    ++i;
    while (i < format.size() &&
           std::string_view("-+ #0123456789.").find(format[i]) != std::string_view::npos) {
      ++i;
    }
    if (i < format.size() && format[i] == 'p') return true;
  }
  return false;
}

// Upvalue 1: the stock function. It goes on in this call's place: then its errors name it.
int format(lua_State* lua) {
  const int count = lua_gettop(lua);
  std::size_t size = 0;
  const char* const data = luaL_checklstring(lua, 1, &size);
  if (prints_address({data, size})) {
    raise(lua, "string.format: %p would print an address, which differs between runs");
  }
  for (int i = 2; i <= count; ++i) {
    const int type = lua_type(lua, i);
    if (type <= LUA_TSTRING && type != LUA_TLIGHTUSERDATA) continue;
    push_text(lua, i);
    lua_replace(lua, i);
  }
  return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

int draw(lua_State* lua) {
  Random& random = Sandbox::of(lua).random();
  std::int64_t low = 1;
  std::int64_t high = 0;
  switch (lua_gettop(lua)) {
    case 0:
      lua_pushnumber(lua, random.unit());
      return 1;
    case 1:
      high = luaL_checkinteger(lua, 1);
      if (high == 0) {
        lua_pushinteger(lua, static_cast<std::int64_t>(random.next()));
        return 1;
      }
      break;
    case 2:
      low = luaL_checkinteger(lua, 1);
      high = luaL_checkinteger(lua, 2);
      break;
    default:
      raise(lua, "math.random: expected at most two numbers");
  }
  if (low > high) raise(lua, "math.random: there is nothing from {} to {}", low, high);
  lua_pushinteger(lua, random.between(low, high));
  return 1;
}

int refuse_seed(lua_State* lua) {
  raise(lua, "math.randomseed is not available: everything random follows the run's seed");
}

// Upvalue 1: the stock function.
int set_metatable(lua_State* lua) {
  if (lua_istable(lua, 2)) {
    for (const char* const name : {"__gc", "__mode"}) {
      lua_pushstring(lua, name);
      if (lua_rawget(lua, 2) != LUA_TNIL) {
        raise(lua, "setmetatable: {} is not available: it would follow the garbage collector",
              name);
      }
      lua_pop(lua, 1);
    }
  }
  return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

int finish_pcall(lua_State* lua, int status, lua_KContext /*context*/) {
  if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(lua);
  Sandbox& sandbox = Sandbox::of(lua);
  if (status == LUA_ERRMEM) sandbox.raise_exhausted(lua);
  if (sandbox.ending()) return lua_error(lua);
  lua_pushboolean(lua, 0);
  lua_insert(lua, -2);
  return 2;
}

int protected_call(lua_State* lua) {
  luaL_checkany(lua, 1);
  lua_pushboolean(lua, 1);  // the first result if all goes well
  lua_insert(lua, 1);
  return finish_pcall(lua, lua_pcallk(lua, lua_gettop(lua) - 2, LUA_MULTRET, 0, 0, finish_pcall),
                      0);
}

void replace(lua_State* lua, const char* library, const char* name, lua_CFunction function) {
  lua_getglobal(lua, library);
  lua_getfield(lua, -1, name);  // the stock function becomes an upvalue
  lua_pushcclosure(lua, function, 1);
  lua_setfield(lua, -2, name);
  lua_pop(lua, 1);
}

}  // namespace

void push_text(lua_State* lua, int index) {
  index = lua_absindex(lua, index);
  if (luaL_callmeta(lua, index, "__tostring") != 0) {
    if (lua_isstring(lua, -1) == 0) raise(lua, "__tostring must give a text");
    return;
  }
  const int type = lua_type(lua, index);
  if (type <= LUA_TSTRING && type != LUA_TLIGHTUSERDATA) {
    luaL_tolstring(lua, index, nullptr);
    return;
  }
  const int found = luaL_getmetafield(lua, index, "__name");
  if (found == LUA_TSTRING) return;
  if (found != LUA_TNIL) lua_pop(lua, 1);
  lua_pushstring(lua, luaL_typename(lua, index));
}

void install_stable_library(lua_State* lua) {
  replace(lua, LUA_GNAME, "pairs", ordered_pairs);
  replace(lua, LUA_GNAME, "next", ordered_next);
  replace(lua, LUA_GNAME, "tostring", text_of);
  replace(lua, LUA_GNAME, "setmetatable", set_metatable);
  replace(lua, LUA_GNAME, "pcall", protected_call);
  replace(lua, LUA_STRLIBNAME, "format", format);
  replace(lua, LUA_TABLIBNAME, "sort", stable_sort);
  replace(lua, LUA_MATHLIBNAME, "random", draw);
  replace(lua, LUA_MATHLIBNAME, "randomseed", refuse_seed);
  lua_getglobal(lua, LUA_STRLIBNAME);
  lua_pushnil(lua);
  lua_setfield(lua, -2, "dump");
  lua_pop(lua, 1);
}

}  // namespace natsim::script
