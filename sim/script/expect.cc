#include "sim/script/expect.h"

#include <array>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "sim/script/duration_value.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/table_text.h"
#include "sim/script/value.h"

namespace natsim::script {
namespace {

constexpr const char* expectation_type = "expectation";
constexpr int value_index = 1;     // of an assertion's stack: the value, then the arguments
constexpr int first_argument = 2;  // and all of them as they were given, but texts for durations

// What the userdata holds; the value is its user value 1.
struct Expectation {
  bool denied;
};

bool is_list(lua_State* lua, int index) { return lua_istable(lua, index); }

bool equal(lua_State* lua, int a, int b, int depth) {
  constexpr int deepest = 8;  // lists within lists; a list may hold itself
  if (const auto duration = to_duration(lua, a)) return duration == to_duration(lua, b);
  if (!is_list(lua, a) || !is_list(lua, b)) return lua_rawequal(lua, a, b) != 0;
  const lua_Integer count = luaL_len(lua, a);
  if (depth == deepest || count != luaL_len(lua, b)) return false;
  for (lua_Integer i = 1; i <= count; ++i) {
    const StackMark mark(lua);
    luaL_checkstack(lua, 2, nullptr);
    lua_rawgeti(lua, a, i);
    lua_rawgeti(lua, b, i);
    const int top = lua_gettop(lua);
    if (!equal(lua, top - 1, top, depth + 1)) return false;
  }
  return true;
}

// Less than, equal to or greater than 0 as the value is less than, equal to or greater than the
// argument.
int compare(lua_State* lua, int argument) {
  const auto value = to_duration(lua, value_index);
  const auto other = to_duration(lua, argument);
  if (value && other) return *value < *other ? -1 : *other < *value ? 1 : 0;
  if (lua_type(lua, value_index) != LUA_TNUMBER || lua_type(lua, argument) != LUA_TNUMBER) {
    raise(lua, "expect: {} cannot be compared with {}: both must be numbers, or both durations",
          shown(lua, value_index), shown(lua, argument));
  }
  if (lua_compare(lua, value_index, argument, LUA_OPLT) != 0) return -1;
  return lua_compare(lua, value_index, argument, LUA_OPEQ) != 0 ? 0 : 1;
}

bool finds(lua_State* lua, int argument, bool plain) {
  if (lua_type(lua, argument) != LUA_TSTRING) {
    raise(lua, "expect: expected a text to look for, got {}", shown(lua, argument));
  }
  lua_getglobal(lua, LUA_STRLIBNAME);
  lua_getfield(lua, -1, "find");
  lua_pushvalue(lua, value_index);
  lua_pushvalue(lua, argument);
  lua_pushinteger(lua, 1);
  lua_pushboolean(lua, plain);
  lua_call(lua, 4, 1);
  const bool found = !lua_isnil(lua, -1);
  lua_pop(lua, 2);
  return found;
}

bool holds_equals(lua_State* lua) { return equal(lua, value_index, first_argument, 0); }
bool holds_at_most(lua_State* lua) { return compare(lua, first_argument) <= 0; }
bool holds_at_least(lua_State* lua) { return compare(lua, first_argument) >= 0; }
bool holds_between(lua_State* lua) {
  return compare(lua, first_argument) >= 0 && compare(lua, first_argument + 1) <= 0;
}
bool holds_matches(lua_State* lua) {
  if (lua_type(lua, value_index) != LUA_TSTRING) {
    raise(lua, "expect: only a text can match, this is {}", shown(lua, value_index));
  }
  return finds(lua, first_argument, false);
}
bool holds_contains(lua_State* lua) {
  if (lua_type(lua, value_index) == LUA_TSTRING) return finds(lua, first_argument, true);
  if (!is_list(lua, value_index)) {
    raise(lua, "expect: only a text or a list can contain something, this is {}",
          shown(lua, value_index));
  }
  const lua_Integer count = luaL_len(lua, value_index);
  for (lua_Integer i = 1; i <= count; ++i) {
    const StackMark mark(lua);
    lua_rawgeti(lua, value_index, i);
    if (equal(lua, lua_gettop(lua), first_argument, 0)) return true;
  }
  return false;
}

struct Assertion {
  std::string_view name;
  int arguments;
  bool (*holds)(lua_State* lua);
  const char* phrase;  // "expected …", of the arguments' texts
};

constexpr std::array<Assertion, 6> assertions = {{
    {"equals", 1, holds_equals, "{}"},
    {"at_most", 1, holds_at_most, "at most {}"},
    {"at_least", 1, holds_at_least, "at least {}"},
    {"between", 2, holds_between, "from {} to {}"},
    {"matches", 1, holds_matches, "a match of {}"},
    {"contains", 1, holds_contains, "something that contains {}"},
}};

// Where the value is a duration, texts among the arguments become durations.
void read_durations(lua_State* lua, const Assertion& assertion) {
  if (!to_duration(lua, value_index)) return;
  for (int i = first_argument; i < first_argument + assertion.arguments; ++i) {
    if (lua_type(lua, i) != LUA_TSTRING) continue;
    push_duration(lua, Value(lua, i, "expect").duration());
    lua_replace(lua, i);
  }
}

// Upvalues: the expectation, the index of the assertion. Called with '.' or with ':'.
int decide(lua_State* lua) {
  const Assertion& assertion =
      assertions[static_cast<std::size_t>(lua_tointeger(lua, lua_upvalueindex(2)))];
  if (lua_rawequal(lua, 1, lua_upvalueindex(1)) != 0) lua_remove(lua, 1);
  if (lua_gettop(lua) != assertion.arguments) {
    raise(lua, "expect: {} takes {}, not {}", assertion.name,
          assertion.arguments == 1 ? "one value" : "two values", lua_gettop(lua));
  }
  const bool denied =
      static_cast<const Expectation*>(lua_touserdata(lua, lua_upvalueindex(1)))->denied;
  lua_getiuservalue(lua, lua_upvalueindex(1), 1);
  lua_insert(lua, value_index);
  read_durations(lua, assertion);

  Run& run = Run::of(lua);
  const bool missing = lua_isnil(lua, value_index) && assertion.holds != holds_equals;
  const bool good = !missing && assertion.holds(lua) != denied;
  run.close_expectation();
  if (good) return 0;

  const std::string first = contents_text(lua, first_argument);
  const std::string second = assertion.arguments == 2 ? contents_text(lua, first_argument + 1) : "";
  Failure failure;
  failure.expected =
      (denied ? "not " : "") + fmt::format(fmt::runtime(assertion.phrase), first, second);
  failure.actual = contents_text(lua, value_index);
  failure.message = fmt::format("expected {}, got {}", failure.expected, failure.actual);
  run.fail(lua, std::move(failure));
}

// Makes an expectation of the value on top of the stack, in its place.
void push_expectation(lua_State* lua, bool denied) {
  auto* const expectation =
      static_cast<Expectation*>(lua_newuserdatauv(lua, sizeof(Expectation), 1));
  expectation->denied = denied;
  lua_insert(lua, -2);
  lua_setiuservalue(lua, -2, 1);
  luaL_setmetatable(lua, expectation_type);
}

int assertion_named(lua_State* lua) {
  const std::string_view name = lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : "";
  const bool denied = static_cast<const Expectation*>(lua_touserdata(lua, 1))->denied;
  if (name == "never" && !denied) {
    lua_getiuservalue(lua, 1, 1);
    push_expectation(lua, true);
    return 1;
  }
  std::array<std::string_view, assertions.size() + 1> names;
  for (std::size_t i = 0; i < assertions.size(); ++i) {
    names[i] = assertions[i].name;
    if (name != names[i]) continue;
    lua_pushvalue(lua, 1);
    lua_pushinteger(lua, static_cast<lua_Integer>(i));
    lua_pushcclosure(lua, decide, 2);
    return 1;
  }
  names.back() = "never";
  raise(lua, "expect has no assertion '{}'{}", name, suggestion(name, names));
}

int expect(lua_State* lua) {
  if (lua_gettop(lua) > 1) {
    raise(lua,
          "expect: expected one value, got {}; of a call that gives several, parentheses take the "
          "first: expect((f()))",
          lua_gettop(lua));
  }
  if (lua_gettop(lua) == 0) raise(lua, "expect: expected a value, got none");
  Run::of(lua).open_expectation(lua);
  push_expectation(lua, false);
  return 1;
}

}  // namespace

void install_expect(lua_State* lua) {
  luaL_newmetatable(lua, expectation_type);
  lua_pushcfunction(lua, assertion_named);
  lua_setfield(lua, -2, "__index");
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
  lua_pop(lua, 1);
  lua_register(lua, "expect", expect);
}

}  // namespace natsim::script
