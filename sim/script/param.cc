#include "sim/script/param.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>

#include "sim/script/param_distribution.h"
#include "sim/script/reported_quantity.h"
#include "sim/script/reported_value.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/table_writer.h"
#include "sim/script/value.h"

namespace natsim::script {
namespace {

// Gives the script the value: of a draw from a mix of NATs the NAT's preset, and the firewall's in
// front of it if there is one.
int give(lua_State* lua, const Parameter& parameter) {
  const auto* const choice =
      parameter.distribution ? std::get_if<ValueChoice>(&*parameter.distribution) : nullptr;
  if (choice != nullptr && choice->of_nats) {
    const auto& text = std::get<std::string>(parameter.value);
    const auto plus = text.find('+');
    push_string(lua, std::string_view(text).substr(0, plus));
    if (plus == std::string::npos) return 1;
    push_string(lua, std::string_view(text).substr(plus + 1));
    return 2;
  }
  push_reported(lua, parameter.value);
  return 1;
}

int param(lua_State* lua) {
  Run& run = Run::of(lua);
  const std::string name = Value(lua, 1, "param").text();
  const auto default_value = to_reported(lua, 2);
  if (!default_value) {
    raise(lua,
          "param: expected a default for '{}' that is a text, a number, a duration or a "
          "boolean, got {}",
          name, shown(lua, 2));
  }
  auto& params = run.outcome().params;
  const auto known = std::find_if(params.begin(), params.end(), [&](const Parameter& parameter) {
    return parameter.name == name;
  });
  if (known != params.end()) {
    if (known->default_value != *default_value) {
      raise(lua, "param: '{}' was declared before with the default {}, now with {}", name,
            to_string(known->default_value), to_string(*default_value));
    }
    return give(lua, *known);
  }
  params.push_back({name, *default_value, *default_value, {}});
  if (!lua_isnoneornil(lua, 3)) {
    params.back().distribution = read_distribution(lua, 3, *default_value);
  }
  for (const Setting& setting : run.options().settings) {
    if (setting.name != name) continue;
    const auto given = read_like(*default_value, setting.value);
    if (!given) {
      raise(lua, "param: '{}' is set to \"{}\", expected {}", name, setting.value, given.error());
    }
    params.back().value = given.value();
  }
  return give(lua, params.back());
}

}  // namespace

void install_param(lua_State* lua) {
  lua_pushcfunction(lua, param);
  lua_setglobal(lua, "param");
}

}  // namespace natsim::script
