// Objects of the simulator as a script sees them: `host:stun_server()`, `call.ice_time`.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sim/script/lua.h"
#include "sim/script/value.h"

namespace natsim::script {

class Scripted;

// A method or a field. A method finds its arguments from index 2 on; a field pushes its value.
struct Member {
  std::string_view name;
  lua_CFunction function;
};

// What scripts can do with one kind of object.
struct Class {
  std::string_view name;     // "host"
  std::string_view article;  // "a host"
  std::span<const Member> methods;
  std::span<const Member> fields;
};

// Contract:
// 1. A scripted object lives until its run has ended. Pushed twice it is the same value in Lua.
// 2. Naming a method or field that its class does not have, or setting a field, is an error.
class Scripted {
 public:
  Scripted() = default;
  Scripted(const Scripted&) = delete;  // Lua refers to it
  Scripted& operator=(const Scripted&) = delete;
  virtual ~Scripted() = default;

  [[nodiscard]] virtual const Class& script_class() const = 0;
  // "host 'alice'"; the class's name alone unless there is more to say.
  [[nodiscard]] virtual std::string shown() const { return std::string(script_class().name); }
};

void push(lua_State* lua, Scripted& object);

// Null if the value is not an object of the simulator.
Scripted* to_scripted(lua_State* lua, int index);

// The object at `index`, which must be of T's class; an error naming `T::lua_class` otherwise.
template <typename T>
T& object_at(const Value& value) {
  auto* const object = dynamic_cast<T*>(to_scripted(value.lua(), value.index()));
  if (object == nullptr) value.refuse(T::lua_class.article);
  return *object;
}

// The object that gave nil for its field `name` when the script last looked at a field that was
// nil, as errors show it; empty if that was another field, or none.
std::string owner_of_absent(lua_State* lua, std::string_view name);

// Raises that a method was called with '.' in place of ':'.
[[noreturn]] void raise_no_self(lua_State* lua, const Class& expected);

// Makes a Lua function of a member function `int T::f(lua_State*)`.
template <typename T, int (T::*function)(lua_State*)>
int call_member(lua_State* lua) {
  auto* const object = dynamic_cast<T*>(to_scripted(lua, 1));
  if (object == nullptr) raise_no_self(lua, T::lua_class);
  return (object->*function)(lua);
}

}  // namespace natsim::script
