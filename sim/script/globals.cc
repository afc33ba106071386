#include "sim/script/globals.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sim/nat/nat_mix.h"
#include "sim/script/duration_value.h"
#include "sim/script/nearest.h"
#include "sim/script/options.h"
#include "sim/script/reported_value.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/stable_library.h"
#include "sim/script/table_text.h"
#include "sim/script/table_writer.h"
#include "sim/script/value.h"

namespace natsim::script {
namespace {

int scenario(lua_State* lua) {
  Run& run = Run::of(lua);
  if (run.playing()) raise(lua, "scenario: a scenario cannot be declared inside another");
  const Value name(lua, 1, "scenario");
  ScenarioInfo info{.name = name.text(), .line = 0};
  if (info.name.empty()) name.refuse("a name");
  if (!lua_isfunction(lua, 2)) {
    raise(lua, "scenario: expected a function after the name, got {}", shown(lua, 2));
  }
  for (const ScenarioInfo& other : run.scenarios()) {
    if (other.name == info.name) {
      raise(lua, "scenario: '{}' is declared at line {} already", info.name, other.line);
    }
  }
  if (const auto line = running_line(lua)) info.line = line->line;
  run.declare(lua, 2, std::move(info));
  return 0;
}

int nothing_more(lua_State* /*lua*/, int /*status*/, lua_KContext /*context*/) { return 0; }

int sleep(lua_State* lua) {
  const Duration duration = Value(lua, 1, "sleep").duration();
  return Run::of(lua).wait().begin(lua, duration, {}, nothing_more);
}

int log(lua_State* lua) {
  Run& run = Run::of(lua);
  std::string text;
  for (int i = 1, count = lua_gettop(lua); i <= count; ++i) {
    text += i == 1 ? "" : " ";
    if (lua_istable(lua, i)) {
      text += contents_text(lua, i);
      continue;
    }
    push_text(lua, i);
    std::size_t size = 0;
    const char* const data = lua_tolstring(lua, -1, &size);
    text.append(data, size);
    lua_pop(lua, 1);
  }
  run.sandbox().charge_memory(lua, text.size() + sizeof(LogLine));
  run.tell("log", {{"text", text}});
  run.outcome().logs.push_back({run.world().now(), std::move(text)});
  return 0;
}

int metric(lua_State* lua) {
  Run& run = Run::of(lua);
  const std::string name = Value(lua, 1, "metric").text();
  const auto value = to_reported(lua, 2);
  if (!value) {
    raise(lua,
          "metric: expected a value for '{}' that is a number, a duration, a text or a "
          "boolean, got {}",
          name, shown(lua, 2));
  }
  if (const auto* const number = std::get_if<double>(&*value); number && !std::isfinite(*number)) {
    raise(lua, "metric: the value of '{}' is not a finite number", name);
  }
  auto& metrics = run.outcome().metrics;
  if (std::any_of(metrics.begin(), metrics.end(),
                  [&](const Metric& other) { return other.name == name; })) {
    raise(lua, "metric: '{}' has been reported already", name);
  }
  std::string unit;
  // Behind the value there may be what else a function gives: metric("got", socket:receive("1s")).
  if (const Value options(lua, 3, "metric"); options.is_table()) {
    constexpr std::array keys = {Key<std::string>{
        "unit", [](const Value& given, std::string& into) { into = given.text(); }}};
    read_options(options, keys, unit);
    if (!std::holds_alternative<double>(*value) && !std::holds_alternative<std::int64_t>(*value)) {
      raise(lua, "metric: '{}' has a unit, and its value is not a number", name);
    }
  }
  run.sandbox().charge_memory(lua, name.size() + unit.size() + sizeof(Metric));
  run.tell("metric", {{"name", name}, {"value", to_string(*value)}});
  metrics.push_back({name, *value, std::move(unit)});
  return 0;
}

int golden(lua_State* lua) {
  Run& run = Run::of(lua);
  if (run.outcome().golden) raise(lua, "golden: it has been given already");
  const Value value(lua, 1, "golden");
  Golden given;
  if (value.is_table()) {
    constexpr std::array<Key<Golden>, 2> keys = {
        {{"text", [](const Value& text, Golden& into) { into.text = text.text(); }},
         {"digest", [](const Value& wanted, Golden& into) { into.digest = wanted.boolean(); }}}};
    read_options(value, keys, given);
  } else {
    given.text = value.text();
  }
  if (given.text.empty() && !given.digest) value.complain("there is nothing to compare");
  if (given.text.ends_with('\n')) given.text.pop_back();
  if (given.text.starts_with("=== ") || given.text.find("\n=== ") != std::string::npos) {
    value.complain(
        "no line can begin with \"=== \", which begins a scenario's section in the file");
  }
  run.sandbox().charge_memory(lua, given.text.size());
  run.outcome().golden = std::move(given);
  return 0;
}

int fail(lua_State* lua) {
  Failure failure;
  failure.message = Value(lua, 1, "fail").text();
  Run::of(lua).fail(lua, std::move(failure));
}

// The preset's name, and the firewall's if there is one.
int nat_mix(lua_State* lua) {
  const Value given(lua, 1, "nat_mix");
  const std::string name = given.text();
  const nat::NatMix* const mix = nat::find_mix(name);
  if (mix == nullptr) {
    std::vector<std::string_view> names;
    for (const nat::NatMix& known : nat::nat_mixes()) names.push_back(known.name);
    given.complain(fmt::format("no mix of NATs is named '{}'{}", name, suggestion(name, names)));
  }
  const nat::MixMember& member = nat::draw(*mix, Run::of(lua).nat_draws());
  push_string(lua, member.preset);
  if (member.firewall.empty()) return 1;
  push_string(lua, member.firewall);
  return 2;
}

}  // namespace

void install_globals(lua_State* lua) {
  lua_register(lua, "scenario", scenario);
  lua_register(lua, "sleep", sleep);
  lua_register(lua, "log", log);
  lua_register(lua, "print", log);
  lua_register(lua, "metric", metric);
  lua_register(lua, "golden", golden);
  lua_register(lua, "fail", fail);
  lua_register(lua, "nat_mix", nat_mix);
}

}  // namespace natsim::script
