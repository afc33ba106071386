#include "sim/script/native_costs.h"

#include <cstdint>

#include "sim/script/sandbox.h"

namespace natsim::script {
namespace {

// How many rounds a call with the arguments on the stack goes. Arguments of a wrong type count
// nothing: the function itself complains of them.
using Cost = std::uint64_t (*)(lua_State* lua);

std::uint64_t span(lua_Integer first, lua_Integer last) {
  return first > last ? 0 : static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first);
}

// Repeating nothing makes no string that the limit of memory would stop.
std::uint64_t cost_of_rep(lua_State* lua) {
  const bool nothing = lua_isstring(lua, 1) != 0 && lua_rawlen(lua, 1) == 0 &&
                       (lua_isstring(lua, 3) == 0 || lua_rawlen(lua, 3) == 0);
  return nothing ? span(0, lua_tointeger(lua, 2)) : 0;
}

std::uint64_t cost_of_move(lua_State* lua) {
  return span(lua_tointeger(lua, 2), lua_tointeger(lua, 3));
}

// A __len metamethod may give any length.
std::uint64_t cost_of_shift(lua_State* lua) {
  return lua_istable(lua, 1) ? span(0, luaL_len(lua, 1)) : 0;
}
std::uint64_t cost_of_insert(lua_State* lua) {
  return lua_gettop(lua) == 3 ? cost_of_shift(lua) : 0;
}
std::uint64_t cost_of_remove(lua_State* lua) {
  return lua_gettop(lua) == 2 ? cost_of_shift(lua) : 0;
}

// Upvalue 1: the stock function. It goes on in this call's place: then its errors name it.
template <Cost cost>
int charged(lua_State* lua) {
  Sandbox::of(lua).charge_instructions(lua, cost(lua));
  return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

template <Cost cost>
void charge(lua_State* lua, const char* library, const char* name) {
  lua_getglobal(lua, library);
  lua_getfield(lua, -1, name);
  lua_pushcclosure(lua, charged<cost>, 1);
  lua_setfield(lua, -2, name);
  lua_pop(lua, 1);
}

}  // namespace

void install_native_costs(lua_State* lua) {
  charge<cost_of_rep>(lua, LUA_STRLIBNAME, "rep");
  charge<cost_of_move>(lua, LUA_TABLIBNAME, "move");
  charge<cost_of_insert>(lua, LUA_TABLIBNAME, "insert");
  charge<cost_of_remove>(lua, LUA_TABLIBNAME, "remove");
}

}  // namespace natsim::script
