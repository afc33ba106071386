#include "sim/script/nat_file.h"

#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "sim/script/duration_value.h"
#include "sim/script/nat_settings.h"
#include "sim/script/sandbox.h"
#include "sim/script/script_error.h"
#include "sim/script/script_file.h"

namespace natsim::script {
namespace {

struct Loading {
  const std::string& path;
  const std::string& source;
  std::optional<nat::NatOptions> options;
};

// Called protected, with the Loading as a light pointer.
int load(lua_State* lua) {
  auto& loading = *static_cast<Loading*>(lua_touserdata(lua, 1));
  install_durations(lua);
  if (!Sandbox::compile(lua, loading.source, loading.path)) return lua_error(lua);
  lua_call(lua, 0, 1);
  const Value table(lua, -1, "the file's value");
  if (!table.is_table()) table.refuse("a table of NAT options");
  loading.options = read_nat(table);
  return 0;
}

}  // namespace

Result<nat::NatOptions> load_nat_file(const std::string& path) {
  const auto source = read_script(path);
  if (!source) return Error{source.error()};
  const std::string folder = std::filesystem::path(path).parent_path().string();
  Sandbox sandbox(Limits{}, Random(0), folder);
  lua_State* const main = sandbox.lua();
  if (main == nullptr) return Error{fmt::format("{}: {}", path, sandbox.exhausted_text())};
  Loading loading{path, source.value(), std::nullopt};
  lua_State* const lua = lua_newthread(main);
  lua_pushcfunction(lua, load);
  lua_pushlightuserdata(lua, &loading);
  if (lua_pcall(lua, 1, 0, 0) != LUA_OK) return Error{error_text(lua, path)};
  return *loading.options;
}

}  // namespace natsim::script
