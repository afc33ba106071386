#include "sim/script/run.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "sim/net/host.h"
#include "sim/script/duration_value.h"
#include "sim/script/expect.h"
#include "sim/script/fault_object.h"
#include "sim/script/globals.h"
#include "sim/script/param.h"
#include "sim/script/script_error.h"

namespace natsim::script {
namespace {

constexpr char run_key = 0;  // of the registry, by its address

std::string folder_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

}  // namespace

Run::Run(const ScenarioFile& file, const RunOptions& options)
    : file_(file),
      options_(options),
      world_(options.seed),
      scenario_(world_, "scenario"),
      network_(world_),
      wait_(scenario_),
      sandbox_(options.limits, world_.random("scenario/math.random"), folder_of(file.path)),
      nat_draws_(world_.random("scenario/nat_mix")),
      certificates_(world_),
      tls_(world_) {
  for (core::EventListener* const listener : options.listeners) {
    world_.events().add_listener(*listener);
  }
  if (options.outside != nullptr) options.outside->open(network_);
}

Run::~Run() {
  if (options_.outside != nullptr) options_.outside->close();
  // What was built upon goes last; what is built upon the network goes before it.
  while (!objects_.empty()) objects_.pop_back();
}

Run& Run::of(lua_State* lua) {
  lua_rawgetp(lua, LUA_REGISTRYINDEX, &run_key);
  Run& run = *static_cast<Run*>(lua_touserdata(lua, -1));
  lua_pop(lua, 1);
  return run;
}

bool Run::load() {
  lua_State* const main = sandbox_.lua();
  if (main == nullptr) {
    outcome_.verdict = Verdict::error;
    outcome_.error = fmt::format("{}: {}", file_.path, sandbox_.exhausted_text());
    return false;
  }
  lua_pushlightuserdata(main, this);
  lua_rawsetp(main, LUA_REGISTRYINDEX, &run_key);
  lua_State* const lua = lua_newthread(main);
  lua_pushcfunction(lua, [](lua_State* state) {
    install_durations(state);
    install_globals(state);
    install_param(state);
    install_expect(state);
    install_faults(state);
    Run& run = of(state);
    if (!Sandbox::compile(state, run.file_.source, run.file_.path)) return lua_error(state);
    lua_call(state, 0, 0);
    return 0;
  });
  execute(lua, 0);
  lua_settop(main, 0);
  return outcome_.verdict == Verdict::pass;
}

void Run::play(std::size_t index) {
  playing_ = true;
  wait_.allow();
  lua_State* const main = sandbox_.lua();
  lua_State* const lua = lua_newthread(main);
  lua_rawgeti(lua, LUA_REGISTRYINDEX, functions_[index]);
  push(lua, net_);
  execute(lua, 1);
  outcome_.digest = world_.events().digest();
  outcome_.simulated = world_.now() - Time{};
  outcome_.events = world_.scheduler().executed();
  count_packets();
}

void Run::execute(lua_State* lua, int arguments) {
  int results = 0;
  int status = lua_resume(lua, nullptr, arguments, &results);
  while (status == LUA_YIELD) {
    if (!call_handlers(lua)) {
      status = LUA_ERRRUN;
      break;
    }
    const auto ended = wait_.run_world(options_.limits.events, options_.outside,
                                       [this] { return !calls_.empty(); });
    if (ended == Wait::Ended::by_outside) {
      sandbox_.end_script();
      lua_pushstring(lua, "the run was interrupted");
      break;
    }
    if (ended == Wait::Ended::by_limit) {
      sandbox_.end_script();
      lua_pushstring(lua, fmt::format("the simulation has executed {} events, which is its limit; "
                                      "--max-events allows more",
                                      options_.limits.events)
                              .c_str());
      break;
    }
    if (wait_.is_over()) status = lua_resume(lua, nullptr, 0, &results);
  }
  if (status == LUA_OK && open_expectation_) {
    outcome_.verdict = Verdict::error;
    outcome_.error = to_string(*open_expectation_) + ": " + std::string(undecided_expectation);
  }
  if (status == LUA_OK) return;
  if (!outcome_.failures.empty()) {
    outcome_.verdict = Verdict::fail;
    return;
  }
  outcome_.verdict = Verdict::error;
  if (status == LUA_ERRMEM) {
    const auto line = running_line(lua);
    outcome_.error =
        fmt::format("{}: {}", line ? to_string(*line) : file_.path, sandbox_.exhausted_text());
  } else {
    outcome_.error = error_text(lua, file_.path);
  }
}

bool Run::call_handlers(lua_State* lua) {
  while (!calls_.empty()) {
    const auto push = std::move(calls_.front());
    calls_.pop_front();
    // A call within a protected one cannot yield, so that a handler that waits is told so.
    lua_State* const handler = lua_newthread(lua);
    push(handler);
    if (lua_pcall(handler, 1, 0, 0) != LUA_OK) {
      lua_xmove(handler, lua, 1);
      return false;
    }
    lua_pop(lua, 1);
  }
  return true;
}

void Run::declare(lua_State* lua, int index, ScenarioInfo info) {
  lua_pushvalue(lua, index);
  functions_.push_back(luaL_ref(lua, LUA_REGISTRYINDEX));
  scenarios_.push_back(std::move(info));
}

void Run::tell(std::string_view what, std::initializer_list<core::Field> fields) {
  world_.events().emit(world_.now(), scenario_.id(), fmt::format("scenario.{}", what), fields);
}

void Run::fail(lua_State* lua, Failure failure) {
  if (const auto line = running_line(lua)) failure.at = *line;
  failure.expectation = trimmed_line(failure.at);
  tell("failed", {{"message", failure.message}});
  sandbox_.end_script();
  const std::string message = failure.message;
  outcome_.failures.push_back(std::move(failure));
  raise(lua, std::string_view(message));
}

void Run::open_expectation(lua_State* lua) {
  if (open_expectation_) {
    const Location at = *open_expectation_;
    raise(lua, "{} (it was made at line {})", undecided_expectation, at.line);
  }
  open_expectation_ = running_line(lua);
}

void Run::close_expectation() {
  open_expectation_.reset();
  ++outcome_.expectations;
}

std::string Run::trimmed_line(const Location& at) const {
  if (at.file != file_.path) return "";
  std::string_view rest = file_.source;
  for (int line = 1; line < at.line; ++line) {
    rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
  }
  rest = rest.substr(0, rest.find('\n'));
  const auto first = rest.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return "";
  return std::string(rest.substr(first, rest.find_last_not_of(" \t\r") + 1 - first));
}

void Run::count_packets() {
  for (const auto& node : network_.nodes()) {
    if (dynamic_cast<const net::Host*>(node.get()) == nullptr) continue;
    outcome_.packets += node->packets_made();
  }
}

}  // namespace natsim::script
