// Giving a script a table of results.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "sim/script/duration_value.h"
#include "sim/script/lua.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::script {

// Pushes a new table and fills it. Instants are given as durations since the world began; what has
// not happened (Time::never(), an endpoint that is not set) is left out.
class TableWriter {
 public:
  explicit TableWriter(lua_State* lua) : lua_(lua) {
    luaL_checkstack(lua, 4, nullptr);
    lua_newtable(lua);
  }

  void set(const char* key, std::string_view text) {
    lua_pushlstring(lua_, text.data(), text.size());
    lua_setfield(lua_, -2, key);
  }
  void set(const char* key, std::same_as<bool> auto value) {
    lua_pushboolean(lua_, value);
    lua_setfield(lua_, -2, key);
  }
  template <std::integral Number>
  requires(!std::same_as<Number, bool>) void set(const char* key, Number value) {
    lua_pushinteger(lua_, static_cast<lua_Integer>(value));
    lua_setfield(lua_, -2, key);
  }
  void set(const char* key, Duration duration) {
    push_duration(lua_, duration);
    lua_setfield(lua_, -2, key);
  }
  void set(const char* key, Time instant) {
    if (!instant.is_never()) set(key, instant - Time{});
  }
  void set(const char* key, const Endpoint& endpoint) {
    if (endpoint.is_set()) set(key, to_string(endpoint));
  }
  // Takes what is on top of the stack, above this table, as the value.
  void set_top(const char* key) { lua_setfield(lua_, -2, key); }

 private:
  lua_State* lua_;
};

// Pushes a list; `push_one(item)` pushes an item's value.
template <typename Items, typename Push>
void push_list(lua_State* lua, const Items& items, Push&& push_one) {
  luaL_checkstack(lua, 2, nullptr);
  lua_newtable(lua);
  lua_Integer position = 0;
  for (const auto& item : items) {
    push_one(item);
    lua_rawseti(lua, -2, ++position);
  }
}

inline void push_string(lua_State* lua, std::string_view text) {
  lua_pushlstring(lua, text.data(), text.size());
}

}  // namespace natsim::script
