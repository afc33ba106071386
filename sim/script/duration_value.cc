#include "sim/script/duration_value.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "sim/script/script_error.h"
#include "sim/script/value.h"
#include "stack/base/units.h"

namespace natsim::script {
namespace {

constexpr const char* duration_type = "duration";

// An operand: a duration, or a text that is read as one.
Duration operand(lua_State* lua, int index) {
  if (const auto held = to_duration(lua, index)) return *held;
  return Value(lua, index, "duration").duration();
}

[[noreturn]] void raise_too_large(lua_State* lua) { raise(lua, "the duration is too large"); }

int add(lua_State* lua) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(operand(lua, 1).ns, operand(lua, 2).ns, &sum)) raise_too_large(lua);
  push_duration(lua, {sum});
  return 1;
}

int subtract(lua_State* lua) {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(operand(lua, 1).ns, operand(lua, 2).ns, &difference)) {
    raise_too_large(lua);
  }
  push_duration(lua, {difference});
  return 1;
}

void push_rounded(lua_State* lua, double nanoseconds) {
  if (!(std::fabs(nanoseconds) < 0x1.0p63)) raise_too_large(lua);
  push_duration(lua, {static_cast<std::int64_t>(std::nearbyint(nanoseconds))});
}

int multiply(lua_State* lua) {
  const int factor = lua_type(lua, 1) == LUA_TNUMBER ? 1 : 2;
  const Duration duration = operand(lua, 3 - factor);
  if (lua_isinteger(lua, factor) != 0) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(duration.ns, lua_tointeger(lua, factor), &product)) {
      raise_too_large(lua);
    }
    push_duration(lua, {product});
  } else if (lua_type(lua, factor) == LUA_TNUMBER) {
    push_rounded(lua, static_cast<double>(duration.ns) * lua_tonumber(lua, factor));
  } else {
    raise(lua, "a duration is multiplied by a number, not by {}", shown(lua, factor));
  }
  return 1;
}

int divide(lua_State* lua) {
  const auto dividend = static_cast<double>(operand(lua, 1).ns);
  if (lua_type(lua, 2) == LUA_TNUMBER) {
    push_rounded(lua, dividend / lua_tonumber(lua, 2));
  } else {
    lua_pushnumber(lua, dividend / static_cast<double>(operand(lua, 2).ns));
  }
  return 1;
}

int negate(lua_State* lua) {
  const Duration duration = operand(lua, 1);
  if (duration.ns == INT64_MIN) raise_too_large(lua);
  push_duration(lua, -duration);
  return 1;
}

int equal(lua_State* lua) {
  const auto a = to_duration(lua, 1);
  const auto b = to_duration(lua, 2);
  lua_pushboolean(lua, a && b && *a == *b);
  return 1;
}

int less(lua_State* lua) {
  lua_pushboolean(lua, operand(lua, 1) < operand(lua, 2));
  return 1;
}

int at_most(lua_State* lua) {
  lua_pushboolean(lua, operand(lua, 1) <= operand(lua, 2));
  return 1;
}

int concatenate(lua_State* lua) {
  for (const int index : {1, 2}) {
    if (const auto held = to_duration(lua, index)) {
      lua_pushstring(lua, natsim::to_string(*held).c_str());
      lua_replace(lua, index);
    }
  }
  if (lua_isstring(lua, 1) == 0 || lua_isstring(lua, 2) == 0) {
    raise(lua, "a duration is joined with a text or a number, not with {}",
          shown(lua, lua_isstring(lua, 1) == 0 ? 1 : 2));
  }
  lua_concat(lua, 2);
  return 1;
}

int duration_text(lua_State* lua) {
  lua_pushstring(lua, natsim::to_string(operand(lua, 1)).c_str());
  return 1;
}

int field(lua_State* lua) {
  constexpr std::array<std::string_view, 3> names = {"seconds", "milliseconds", "nanoseconds"};
  const Duration duration = operand(lua, 1);
  const std::string_view name = lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : "";
  if (name == names[0]) {
    lua_pushnumber(lua, static_cast<double>(duration.ns) / 1e9);
  } else if (name == names[1]) {
    lua_pushnumber(lua, static_cast<double>(duration.ns) / 1e6);
  } else if (name == names[2]) {
    lua_pushinteger(lua, duration.ns);
  } else {
    raise(lua, "a duration has no field '{}'{}", name, suggestion(name, names));
  }
  return 1;
}

int make(lua_State* lua) {
  push_duration(lua, Value(lua, 1, "duration").duration());
  return 1;
}

}  // namespace

void install_durations(lua_State* lua) {
  constexpr luaL_Reg metamethods[] = {
      {"__add", add},
      {"__sub", subtract},
      {"__mul", multiply},
      {"__div", divide},
      {"__unm", negate},
      {"__eq", equal},
      {"__lt", less},
      {"__le", at_most},
      {"__concat", concatenate},
      {"__tostring", duration_text},
      {"__index", field},
      {nullptr, nullptr},
  };
  luaL_newmetatable(lua, duration_type);
  luaL_setfuncs(lua, metamethods, 0);
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
  lua_pop(lua, 1);
  lua_pushcfunction(lua, make);
  lua_setglobal(lua, "duration");
}

void push_duration(lua_State* lua, Duration duration) {
  *static_cast<Duration*>(lua_newuserdatauv(lua, sizeof(Duration), 0)) = duration;
  luaL_setmetatable(lua, duration_type);
}

std::optional<Duration> to_duration(lua_State* lua, int index) {
  const void* const held = luaL_testudata(lua, index, duration_type);
  if (held == nullptr) return std::nullopt;
  return *static_cast<const Duration*>(held);
}

}  // namespace natsim::script
