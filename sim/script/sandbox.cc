#include "sim/script/sandbox.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/script/native_costs.h"
#include "sim/script/nearest.h"
#include "sim/script/pattern_library.h"
#include "sim/script/script_error.h"
#include "sim/script/script_modules.h"
#include "sim/script/stable_library.h"
#include "stack/base/units.h"

namespace natsim::script {
namespace {

constexpr int hook_step = 1'000;  // instructions between two looks at the limit

struct Absent {
  std::string_view name;
  std::string_view reason;
};

// What stock Lua has and a scenario has not.
constexpr Absent absent[] = {
    {"collectgarbage", "memory is bounded by the run's limits"},
    {"coroutine", "a scenario is one coroutine already; sleep() and wait() let time pass"},
    {"debug", "it would reach outside the scenario"},
    {"dofile", "use require(\"name\") for a file of the scenario's folder"},
    {"io", "a scenario has no access to files"},
    {"load", "a scenario runs no code but its files'"},
    {"loadfile", "use require(\"name\") for a file of the scenario's folder"},
    {"os", "a scenario has no access to processes, files or the clock; its time is net:now()"},
    {"package", "use require(\"name\") for a file of the scenario's folder"},
    {"warn", "use log()"},
    {"xpcall", "use pcall()"},
};

// __index of the table of globals.
int missing_global(lua_State* lua) {
  if (lua_type(lua, 2) != LUA_TSTRING) return 0;
  const std::string_view name = lua_tostring(lua, 2);
  for (const Absent& known : absent) {
    if (name == known.name) raise(lua, "'{}' is not available: {}", name, known.reason);
  }
  std::vector<std::string_view> names;
  lua_pushnil(lua);
  while (lua_next(lua, 1) != 0) {
    lua_pop(lua, 1);
    if (lua_type(lua, -1) == LUA_TSTRING) names.emplace_back(lua_tostring(lua, -1));
  }
  std::sort(names.begin(), names.end());
  const std::string_view near = nearest(name, names);
  if (near.empty()) raise(lua, "nothing is named '{}'", name);
  raise(lua, "nothing is named '{}'; did you mean '{}'?", name, near);
}

void open_libraries(lua_State* lua) {
  constexpr std::pair<const char*, lua_CFunction> libraries[] = {
      {LUA_GNAME, luaopen_base},        {LUA_TABLIBNAME, luaopen_table},
      {LUA_STRLIBNAME, luaopen_string}, {LUA_MATHLIBNAME, luaopen_math},
      {LUA_UTF8LIBNAME, luaopen_utf8},
  };
  for (const auto& [name, open] : libraries) {
    luaL_requiref(lua, name, open, 1);
    lua_pop(lua, 1);
  }
  for (const Absent& known : absent) {
    lua_pushnil(lua);
    lua_setglobal(lua, std::string(known.name).c_str());
  }
  install_stable_library(lua);
  install_native_costs(lua);
  install_pattern_library(lua);
  install_modules(lua);

  lua_pushglobaltable(lua);
  lua_createtable(lua, 0, 2);
  lua_pushcfunction(lua, missing_global);
  lua_setfield(lua, -2, "__index");
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
  lua_setmetatable(lua, -2);
  lua_pop(lua, 1);
}

}  // namespace

Sandbox::Sandbox(const Limits& limits, Random random, std::string folder)
    : limits_(limits),
      random_(random),
      folder_(std::move(folder)),
      lua_(lua_newstate(&Sandbox::allocate, this)) {
  if (lua_ == nullptr) return;
  Sandbox* const self = this;
  // Coroutines inherit both the extra space and the hook.
  std::memcpy(lua_getextraspace(lua_), &self, sizeof self);
  lua_pushcfunction(lua_, [](lua_State* lua) {
    open_libraries(lua);
    return 0;
  });
  if (lua_pcall(lua_, 0, 0, 0) != LUA_OK) {
    lua_close(std::exchange(lua_, nullptr));
    return;
  }
  lua_sethook(lua_, &Sandbox::count_instructions, LUA_MASKCOUNT, hook_step);
}

Sandbox::~Sandbox() {
  if (lua_ != nullptr) lua_close(lua_);
}

Sandbox& Sandbox::of(lua_State* lua) {
  Sandbox* self = nullptr;
  std::memcpy(&self, lua_getextraspace(lua), sizeof self);
  return *self;
}

bool Sandbox::compile(lua_State* lua, std::string_view source, const std::string& path) {
  return luaL_loadbufferx(lua, source.data(), source.size(), ("@" + path).c_str(), "t") == LUA_OK;
}

void Sandbox::charge_instructions(lua_State* lua, std::uint64_t count) {
  if (__builtin_add_overflow(instructions_used_, count, &instructions_used_)) {
    instructions_used_ = UINT64_MAX;
  }
  if (instructions_used_ <= limits_.instructions) return;
  raise_exhausted(lua);
}

void Sandbox::charge_memory(lua_State* lua, std::uint64_t bytes) {
  memory_used_ += bytes;
  if (memory_used_ > limits_.memory) raise_exhausted(lua);
}

void Sandbox::raise_exhausted(lua_State* lua) {
  end_script();
  raise(lua, std::string_view(exhausted_text()));
}

std::string Sandbox::exhausted_text() const {
  if (instructions_used_ > limits_.instructions) {
    return fmt::format(
        "the script has run {} instructions, which is its limit; does a loop never end? Calls into "
        "the simulation and memory count as well; --max-instructions allows more",
        limits_.instructions);
  }
  return fmt::format("the script has used up its memory; its limit is {}",
                     size_text(limits_.memory));
}

void* Sandbox::allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) {
  auto& sandbox = *static_cast<Sandbox*>(self);
  if (block == nullptr) old_size = 0;  // it then tells what kind of thing is being made
  if (new_size == 0) {
    std::free(block);
    sandbox.memory_used_ -= old_size;
    return nullptr;
  }
  if (new_size > old_size) {
    if (sandbox.memory_used_ + (new_size - old_size) > sandbox.limits_.memory) return nullptr;
    sandbox.instructions_used_ += new_size / bytes_per_instruction;
    // The error that ends the script needs some memory itself.
    if (sandbox.instructions_used_ > sandbox.limits_.instructions && !sandbox.ending_) {
      return nullptr;
    }
  }
  void* const moved = std::realloc(block, new_size);
  if (moved != nullptr) sandbox.memory_used_ += new_size - old_size;
  return moved;
}

void Sandbox::count_instructions(lua_State* lua, lua_Debug* /*record*/) {
  of(lua).charge_instructions(lua, hook_step);
}

}  // namespace natsim::script
