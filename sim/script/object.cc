#include "sim/script/object.h"

#include <vector>

#include <fmt/format.h>

#include "sim/script/nearest.h"
#include "sim/script/script_error.h"
#include "sim/script/stable_library.h"

namespace natsim::script {
namespace {

// Marks the metatables of scripted objects, under itself as key, by its address alone.
constexpr char scripted_mark = 0;
// Where the registry keeps the last field that was nil, and whose it was.
constexpr char absent_field = 0;
constexpr char absent_owner = 0;
// Where the registry counts the objects that have been pushed.
constexpr char serial_count = 0;

const Member* find(std::span<const Member> members, std::string_view name) {
  for (const Member& member : members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

[[noreturn]] void raise_no_member(lua_State* lua, const Scripted& object, std::string_view name) {
  const Class& type = object.script_class();
  std::vector<std::string_view> names;
  for (const Member& member : type.methods) names.push_back(member.name);
  for (const Member& member : type.fields) names.push_back(member.name);
  raise(lua, "{} has no method or field '{}'{}", object.shown(), name, suggestion(name, names));
}

int object_index(lua_State* lua) {
  Scripted& object = *to_scripted(lua, 1);
  if (lua_type(lua, 2) != LUA_TSTRING) {
    raise(lua, "{} has no field {}", object.shown(), shown(lua, 2));
  }
  const std::string_view name = lua_tostring(lua, 2);
  if (const Member* const method = find(object.script_class().methods, name)) {
    lua_pushcfunction(lua, method->function);
    return 1;
  }
  const Member* const field = find(object.script_class().fields, name);
  if (field == nullptr) raise_no_member(lua, object, name);
  lua_settop(lua, 2);
  if (const int given = field->function(lua); given != 0) return given;
  // What a script does with it next is an error that only knows the field's name.
  lua_pushvalue(lua, 2);
  lua_rawsetp(lua, LUA_REGISTRYINDEX, &absent_field);
  lua_pushvalue(lua, 1);
  lua_rawsetp(lua, LUA_REGISTRYINDEX, &absent_owner);
  return 0;
}

int new_index(lua_State* lua) {
  raise(lua, "{}: its fields are not set by assignment", to_scripted(lua, 1)->shown());
}

int object_text(lua_State* lua) {
  const std::string text = to_scripted(lua, 1)->shown();
  lua_pushlstring(lua, text.data(), text.size());
  return 1;
}

void push_metatable(lua_State* lua, const Class& type) {
  if (lua_rawgetp(lua, LUA_REGISTRYINDEX, &type) != LUA_TNIL) return;
  lua_pop(lua, 1);
  constexpr luaL_Reg metamethods[] = {{"__index", object_index},
                                      {"__newindex", new_index},
                                      {"__tostring", object_text},
                                      {nullptr, nullptr}};
  lua_createtable(lua, 0, 6);
  luaL_setfuncs(lua, metamethods, 0);
  lua_pushlstring(lua, type.name.data(), type.name.size());
  lua_setfield(lua, -2, "__name");
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
  lua_pushboolean(lua, 1);
  lua_rawsetp(lua, -2, &scripted_mark);
  lua_pushvalue(lua, -1);
  lua_rawsetp(lua, LUA_REGISTRYINDEX, &type);
}

lua_Integer next_serial(lua_State* lua) {
  lua_rawgetp(lua, LUA_REGISTRYINDEX, &serial_count);
  const lua_Integer serial = lua_tointeger(lua, -1) + 1;
  lua_pop(lua, 1);
  lua_pushinteger(lua, serial);
  lua_rawsetp(lua, LUA_REGISTRYINDEX, &serial_count);
  return serial;
}

}  // namespace

void push(lua_State* lua, Scripted& object) {
  if (lua_rawgetp(lua, LUA_REGISTRYINDEX, &object) != LUA_TNIL) return;
  lua_pop(lua, 1);
  *static_cast<Scripted**>(lua_newuserdatauv(lua, sizeof(Scripted*), 1)) = &object;
  lua_pushinteger(lua, next_serial(lua));
  lua_setiuservalue(lua, -2, serial_uservalue);
  push_metatable(lua, object.script_class());
  lua_setmetatable(lua, -2);
  lua_pushvalue(lua, -1);
  lua_rawsetp(lua, LUA_REGISTRYINDEX, &object);
}

Scripted* to_scripted(lua_State* lua, int index) {
  if (lua_type(lua, index) != LUA_TUSERDATA || lua_getmetatable(lua, index) == 0) return nullptr;
  const bool scripted = lua_rawgetp(lua, -1, &scripted_mark) != LUA_TNIL;
  lua_pop(lua, 2);
  return scripted ? *static_cast<Scripted**>(lua_touserdata(lua, index)) : nullptr;
}

std::string owner_of_absent(lua_State* lua, std::string_view name) {
  const StackMark mark(lua);
  luaL_checkstack(lua, 2, nullptr);
  if (lua_rawgetp(lua, LUA_REGISTRYINDEX, &absent_field) != LUA_TSTRING) return {};
  if (name != lua_tostring(lua, -1)) return {};
  lua_rawgetp(lua, LUA_REGISTRYINDEX, &absent_owner);
  return to_scripted(lua, -1)->shown();
}

void raise_no_self(lua_State* lua, const Class& expected) {
  lua_Debug record;
  const bool known = lua_getstack(lua, 0, &record) != 0 && lua_getinfo(lua, "n", &record) != 0 &&
                     record.name != nullptr;
  const std::string method = known ? record.name : "method";
  raise(lua, "{} needs {} in front of a colon: write {}:{}(…)", method, expected.article,
        expected.name, method);
}

}  // namespace natsim::script
