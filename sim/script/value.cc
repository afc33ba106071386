#include "sim/script/value.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "sim/script/duration_value.h"
#include "sim/script/script_error.h"
#include "sim/script/stable_library.h"
#include "stack/base/units.h"

namespace natsim::script {
namespace {

// The parsed text, or the error with the value's name.
template <typename Parse>
auto parsed(const Value& value, std::string_view expected, Parse&& parse) {
  if (lua_type(value.lua(), value.index()) == LUA_TNUMBER) {
    value.complain(fmt::format("expected {}, got {}: it needs a unit", expected, value.shown()));
  }
  if (!value.is_text()) value.refuse(expected);
  auto result = parse(value.text());
  if (!result) value.complain(result.error());
  return result.value();
}

}  // namespace

Value Value::field(std::string_view key) const {
  luaL_checkstack(lua_, 2, nullptr);
  lua_pushlstring(lua_, key.data(), key.size());
  lua_rawget(lua_, index_);
  return {this, key, 0};
}

Value Value::element(int position) const {
  luaL_checkstack(lua_, 1, nullptr);
  lua_rawgeti(lua_, index_, position);
  return {this, {}, position};
}

Duration Value::duration() const {
  if (const auto held = to_duration(lua_, index_)) {
    if (held->ns < 0) refuse("a duration that is not negative");
    return *held;
  }
  return parsed(*this, a_duration, parse_duration);
}

Duration Value::timeout() const {
  if (!present()) complain("needs a timeout such as \"5s\"");
  return duration();
}

Duration Value::positive_duration() const {
  const Duration read = duration();
  if (read.ns == 0) refuse("a duration greater than zero");
  return read;
}

std::uint64_t Value::rate() const { return parsed(*this, a_rate, parse_rate); }
std::uint64_t Value::size() const { return parsed(*this, a_size, parse_size); }
double Value::share() const { return parsed(*this, a_share, parse_share); }

bool Value::boolean() const {
  if (!lua_isboolean(lua_, index_)) refuse("true or false");
  return lua_toboolean(lua_, index_) != 0;
}

std::int64_t Value::integer(std::int64_t low, std::int64_t high) const {
  const lua_Integer value = is_integer() ? lua_tointeger(lua_, index_) : 0;
  if (!is_integer() || value < low || value > high) {
    refuse(fmt::format("a whole number from {} to {}", low, high));
  }
  return value;
}

std::string Value::text() const {
  if (!is_text()) refuse("a text");
  std::size_t size = 0;
  const char* const data = lua_tolstring(lua_, index_, &size);
  return {data, size};
}

IpAddress Value::address() const {
  constexpr std::string_view expected = "an IP address such as \"203.0.113.10\"";
  if (!is_text()) refuse(expected);
  const auto address = IpAddress::parse(text());
  if (!address) refuse(expected);
  return *address;
}

Prefix Value::prefix() const {
  constexpr std::string_view expected = "an address block such as \"192.168.1.0/24\"";
  if (!is_text()) refuse(expected);
  const auto prefix = Prefix::parse(text());
  if (!prefix) refuse(expected);
  return *prefix;
}

std::vector<IpAddress> Value::addresses() const {
  if (!is_table()) return {address()};
  std::vector<IpAddress> list;
  for (int i = 1; i <= length(); ++i) {
    const StackMark mark(lua_);
    list.push_back(element(i).address());
  }
  if (list.empty()) refuse("at least one IP address");
  return list;
}

int Value::length() const {
  check_is_list();
  return static_cast<int>(lua_rawlen(lua_, index_));
}

std::size_t Value::index_of(std::span<const std::string_view> names) const {
  const std::string given = is_text() ? text() : std::string();
  const auto found = std::find(names.begin(), names.end(), given);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  if (!is_text()) {
    std::string list;
    for (const std::string_view name : names) {
      list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", name);
    }
    refuse("one of " + list);
  }
  complain(fmt::format("unknown value '{}'{}", given, suggestion(given, names)));
}

void Value::require_table() const {
  if (!is_table()) refuse("a table");
}

void Value::check_is_list() const {
  require_table();
  const auto length = static_cast<lua_Integer>(lua_rawlen(lua_, index_));
  lua_pushnil(lua_);
  while (lua_next(lua_, index_) != 0) {
    lua_pop(lua_, 1);
    const bool counts = lua_isinteger(lua_, -1) != 0 && lua_tointeger(lua_, -1) >= 1 &&
                        lua_tointeger(lua_, -1) <= length;
    if (!counts) refuse("a list without keys");
  }
}

void Value::refuse(std::string_view expected) const {
  complain(fmt::format("expected {}, got {}", expected, shown()));
}

void Value::complain(std::string_view what) const { raise(lua_, "{}: {}", name(), what); }

std::string Value::name() const {
  if (parent_ == nullptr) return std::string(key_);
  const std::string before = parent_->name();
  if (position_ != 0) return fmt::format("{}[{}]", before, position_);
  return fmt::format("{}{}{}", before, parent_->parent_ == nullptr ? ": " : ".", key_);
}

std::string Value::shown() const { return script::shown(lua_, index_); }

std::string shown(lua_State* lua, int index) {
  constexpr std::size_t longest = 80;
  index = lua_absindex(lua, index);
  const StackMark mark(lua);
  switch (lua_type(lua, index)) {
    case LUA_TNONE:
    case LUA_TNIL:
      return "nothing";
    case LUA_TTABLE:
      return "a table";
    case LUA_TFUNCTION:
      return "a function";
    default:
      break;
  }
  push_text(lua, index);
  std::size_t size = 0;
  const char* const data = lua_tolstring(lua, -1, &size);
  std::string text(data, std::min(size, longest));
  if (size > longest) text += "…";
  return lua_type(lua, index) == LUA_TSTRING ? "\"" + text + "\"" : text;
}

}  // namespace natsim::script
