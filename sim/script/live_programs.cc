// The real programs that a script can run on a host, where the run has an outside.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "sim/script/host_object.h"
#include "sim/script/options.h"
#include "sim/script/outside.h"
#include "sim/script/program_object.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"

namespace natsim::script {
namespace {

struct SpawnOptions {
  ProgramOptions program;
  std::optional<AttachmentOptions> attachment;
  std::string name;
};

// A host with a DNS server, or an address; or a list of them.
AttachmentOptions read_name_servers(const Value& value) {
  AttachmentOptions options;
  const auto read_one = [&options](const Value& server) {
    const auto* const host = dynamic_cast<HostObject*>(to_scripted(server.lua(), server.index()));
    options.name_servers.push_back(host != nullptr ? host->address() : server.address());
  };
  if (!value.is_table()) {
    read_one(value);
    return options;
  }
  for (int i = 1; i <= value.length(); ++i) {
    const StackMark mark(value.lua());
    read_one(value.element(i));
  }
  return options;
}

void read_environment(const Value& value, SpawnOptions& options) {
  value.require_table();
  lua_State* const lua = value.lua();
  const StackMark mark(lua);
  std::vector<std::string> names;
  lua_pushnil(lua);
  while (lua_next(lua, value.index()) != 0) {
    lua_pop(lua, 1);
    if (lua_type(lua, -1) != LUA_TSTRING) value.complain("its keys are the variables' names");
    names.emplace_back(lua_tostring(lua, -1));
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    if (name.empty() || name.find('=') != std::string::npos) {
      value.complain(fmt::format("'{}' cannot be the name of a variable", name));
    }
    const StackMark entry(lua);
    options.program.environment.emplace_back(name, value.field(name).text());
  }
}

constexpr std::array<Key<SpawnOptions>, 4> spawn_keys = {{
    {"env", read_environment},
    {"folder",
     [](const Value& value, SpawnOptions& options) { options.program.folder = value.text(); }},
    {"dns", [](const Value& value,
               SpawnOptions& options) { options.attachment = read_name_servers(value); }},
    {"name", [](const Value& value, SpawnOptions& options) { options.name = value.text(); }},
}};

constexpr std::array<Key<AttachmentOptions>, 1> attachment_keys = {{
    {"dns",
     [](const Value& value, AttachmentOptions& options) { options = read_name_servers(value); }},
}};

// The last part of a path.
std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

void HostObject::begin_program(lua_State* lua, std::string_view function) {
  require_address(lua, function);
  if (attached_) {
    raise(lua, "{}: {} is a real machine now, and natsim's own programs cannot run on it", function,
          shown());
  }
  simulated_ = true;
}

void HostObject::attach_to_outside(lua_State* lua, std::string_view function,
                                   const AttachmentOptions& options) {
  Outside* const outside = Run::of(lua).options().outside;
  if (outside == nullptr) {
    Run::of(lua).outcome().needs_outside = true;
    raise(lua, "{}: real programs run in `natsim live` alone", function);
  }
  require_address(lua, function);
  if (simulated_) {
    raise(lua, "{}: natsim's own programs run on {} already", function, shown());
  }
  if (const auto error = outside->attach(host_, options)) {
    raise(lua, "{}: {}", function, error->message);
  }
  attached_ = true;
}

int HostObject::attach(lua_State* lua) {
  lua_settop(lua, 2);
  if (attached_) raise(lua, "host:attach: {} is a real machine already", shown());
  const Value table(lua, 2, "host:attach");
  AttachmentOptions options;
  if (table.present()) read_options(table, attachment_keys, options);
  options.announced = true;
  attach_to_outside(lua, "host:attach", options);
  return 0;
}

int HostObject::spawn(lua_State* lua) {
  lua_settop(lua, 2);  // what is read along the way goes above the arguments
  const Value table(lua, 2, "host:spawn");
  table.require_table();
  SpawnOptions options;
  const int words = static_cast<int>(lua_rawlen(lua, 2));
  read_options(table, spawn_keys, options, words);
  if (words == 0) table.complain("expected a program and its arguments");
  for (int i = 1; i <= words; ++i) {
    const StackMark mark(lua);
    options.program.command.push_back(table.element(i).text());
  }
  if (!attached_) {
    attach_to_outside(lua, "host:spawn", options.attachment.value_or(AttachmentOptions()));
  } else if (options.attachment) {
    table.complain("'dns' is told with the host's first program, or its host:attach");
  }
  Run& run = Run::of(lua);
  if (options.name.empty()) {
    options.name = fmt::format("{}/{}", host_.name(), base_name(options.program.command.front()));
  }
  auto& program =
      run.make<ProgramObject>(lua, lua, run.world(), run.world().unique_name(options.name));
  const std::string reason = program.start(*run.options().outside, host_, options.program);
  if (!reason.empty()) raise(lua, "host:spawn: {}", reason);
  push(lua, program);
  return 1;
}

}  // namespace natsim::script
