#include "sim/script/param.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "sim/script/reported_value.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/value.h"
#include "stack/base/units.h"

namespace natsim::script {
namespace {

template <typename Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return number;
}

struct Quantity {
  std::string_view expected;
  bool (*reads)(std::string_view text);
};

constexpr Quantity quantities[] = {
    {a_duration, [](std::string_view text) { return parse_duration(text).ok(); }},
    {a_rate, [](std::string_view text) { return parse_rate(text).ok(); }},
    {a_size, [](std::string_view text) { return parse_size(text).ok(); }},
    {a_share, [](std::string_view text) { return parse_share(text).ok(); }},
};

// The setting as a value of the default's type; nullopt with `expected` set if it is none.
std::optional<ReportedValue> typed_like(const ReportedValue& default_value, const std::string& text,
                                        std::string_view& expected) {
  if (std::holds_alternative<bool>(default_value)) {
    expected = "true or false";
    if (text == "true") return true;
    if (text == "false") return false;
    return std::nullopt;
  }
  if (std::holds_alternative<std::int64_t>(default_value)) {
    expected = "a whole number";
    if (const auto number = number_in<std::int64_t>(text)) return *number;
    return std::nullopt;
  }
  if (std::holds_alternative<double>(default_value)) {
    expected = "a number";
    const auto number = number_in<double>(text);
    if (number && std::isfinite(*number)) return *number;
    return std::nullopt;
  }
  if (std::holds_alternative<Duration>(default_value)) {
    expected = a_duration;
    const auto duration = parse_duration(text);
    if (duration) return duration.value();
    return std::nullopt;
  }
  for (const Quantity& quantity : quantities) {
    if (!quantity.reads(std::get<std::string>(default_value))) continue;
    expected = quantity.expected;
    if (!quantity.reads(text)) return std::nullopt;
    break;
  }
  return text;
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
    push_reported(lua, known->value);
    return 1;
  }
  params.push_back({name, *default_value, *default_value});
  for (const Setting& setting : run.options().settings) {
    if (setting.name != name) continue;
    std::string_view expected;
    const auto given = typed_like(*default_value, setting.value, expected);
    if (!given) {
      raise(lua, "param: '{}' is set to \"{}\", expected {}", name, setting.value, expected);
    }
    params.back().value = *given;
  }
  push_reported(lua, params.back().value);
  return 1;
}

}  // namespace

void install_param(lua_State* lua) {
  lua_pushcfunction(lua, param);
  lua_setglobal(lua, "param");
}

}  // namespace natsim::script
