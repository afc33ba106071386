#include "tools/natsim/selection.h"

#include <iostream>

#include <fmt/format.h>

namespace natsim::cli {

int usage_error(std::string_view message) {
  std::cerr << "natsim: " << message << '\n';
  return exit_error;
}

void Selection::add_to(CLI::App& command) {
  command.add_option("FILE", files, "Lua scenario files")->required();
  command.add_option("--seed", seed, "seed of all randomness")->capture_default_str();
  command
      .add_option("--set", set,
                  "name=value for a parameter that the scenario declares with param()")
      ->take_last()
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  command.add_option("--only", only, "only scenarios whose name contains this text");
  command.add_option("--max-memory", limits.memory, "bytes that a script may use")
      ->capture_default_str();
  command
      .add_option("--max-instructions", limits.instructions,
                  "Lua instructions that a script may execute")
      ->capture_default_str();
  command.add_option("--max-events", limits.events, "events that a world may run")
      ->capture_default_str();
}

Result<std::vector<script::Setting>> settings_of(const Selection& selection) {
  std::vector<script::Setting> settings;
  for (const std::string& text : selection.set) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return Error{fmt::format("--set {}: expected name=value", text)};
    }
    settings.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  return settings;
}

Result<std::vector<Chosen>> choose(const Selection& selection) {
  std::vector<Chosen> chosen;
  std::string names;
  for (const std::string& path : selection.files) {
    auto file = script::load_file(path, selection.limits);
    if (!file) return Error{file.error()};
    for (std::size_t i = 0; i < file.value().scenarios.size(); ++i) {
      const std::string& name = file.value().scenarios[i].name;
      names += fmt::format("\n  {}", name);
      if (name.find(selection.only) != std::string::npos) chosen.push_back({file.value(), i});
    }
  }
  if (chosen.empty()) {
    return Error{
        fmt::format("--only {}: expected a part of one of these names:{}", selection.only, names)};
  }
  return chosen;
}

}  // namespace natsim::cli
