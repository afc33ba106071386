#include "tools/natsim/selection.h"

#include <algorithm>
#include <charconv>
#include <iostream>
#include <limits>

#include <fmt/format.h>

#include "stack/base/units.h"

namespace natsim::cli {
namespace {

// What CLI11 reads as an unsigned number by itself may be negative.
CLI::Validator whole_number() {
  return CLI::Validator(
      [](const std::string& text) -> std::string {
        std::uint64_t number = 0;
        const char* const end = text.data() + text.size();
        const auto result = std::from_chars(text.data(), end, number);
        if (result.ec == std::errc() && result.ptr == end) return {};
        return fmt::format("expected a whole number from 0 to {}, got '{}'",
                           std::numeric_limits<std::uint64_t>::max(), text);
      },
      "");
}

// The scenario that a recording is of.
Result<Chosen> choose_recorded(const std::string& path, const Selection& selection) {
  if (!selection.set.empty() || !selection.only.empty() || selection.seed != Selection().seed) {
    return Error{fmt::format(
        "{}: --set, --only and --seed have no effect on a recording, which has its own", path)};
  }
  auto recording = live::read_recording(path);
  if (!recording) return Error{recording.error()};
  const live::RecordedRun& run = recording.value().run;
  auto file = script::load_text(run.path, run.source, selection.limits);
  if (!file) return Error{file.error()};
  const auto& scenarios = file.value().scenarios;
  const auto found = std::find_if(scenarios.begin(), scenarios.end(),
                                  [&](const auto& each) { return each.name == run.scenario; });
  if (found == scenarios.end()) {
    return Error{fmt::format("{}: its script has no scenario '{}'", path, run.scenario)};
  }
  const auto index = static_cast<std::size_t>(found - scenarios.begin());
  return Chosen{std::move(file.value()), index,
                std::make_shared<live::Recording>(std::move(recording.value()))};
}

}  // namespace

int usage_error(std::string_view message) {
  std::cerr << "natsim: " << message << '\n';
  return exit_error;
}

void add_seed(CLI::App& command, std::uint64_t& seed) {
  command.add_option("--seed", seed, "seed of all randomness")
      ->check(whole_number())
      ->capture_default_str();
}

void Selection::add_to(CLI::App& command) {
  command.add_option("FILE", files, "Lua scenario files")->required();
  add_seed(command, seed);
  command
      .add_option("--set", set,
                  "name=value for a parameter that the scenario declares with param()")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  command.add_option("--only", only, "only scenarios whose name contains this text");
  command
      .add_option_function<std::string>(
          "--max-memory",
          [this](const std::string& text) {
            const auto size = parse_size(text);
            if (!size) throw CLI::ValidationError("--max-memory", size.error());
            limits.memory = size.value();
          },
          "memory that a script may use")
      ->type_name("SIZE")
      ->default_str(size_text(limits.memory));
  command
      .add_option("--max-instructions", limits.instructions,
                  "Lua instructions that a script may execute")
      ->check(whole_number())
      ->capture_default_str();
  command.add_option("--max-events", limits.events, "events that a world may run")
      ->check(whole_number())
      ->capture_default_str();
}

Result<std::vector<script::Setting>> settings_of(const Selection& selection) {
  std::vector<script::Setting> settings;
  for (const std::string& text : selection.set) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return Error{fmt::format("--set {}: expected name=value", text)};
    }
    const script::Setting setting{text.substr(0, equals), text.substr(equals + 1)};
    const auto before = std::find_if(
        settings.begin(), settings.end(),
        [&setting](const script::Setting& other) { return other.name == setting.name; });
    if (before != settings.end()) {
      return Error{fmt::format("--set {}: it is set twice, to '{}' and to '{}'", setting.name,
                               before->value, setting.value)};
    }
    settings.push_back(setting);
  }
  return settings;
}

std::variant<std::vector<Chosen>, Refusal> choose(const Selection& selection) {
  std::vector<Chosen> chosen;
  std::string names;
  for (const std::string& path : selection.files) {
    if (live::is_recording(path)) {
      auto recorded = choose_recorded(path, selection);
      if (!recorded) return Refusal{recorded.error(), path};
      chosen.push_back(std::move(recorded.value()));
      continue;
    }
    auto file = script::load_file(path, selection.limits);
    if (!file) return Refusal{file.error(), path};
    for (std::size_t i = 0; i < file.value().scenarios.size(); ++i) {
      const std::string& name = file.value().scenarios[i].name;
      names += fmt::format("\n  {}", name);
      if (name.find(selection.only) != std::string::npos)
        chosen.push_back({file.value(), i, nullptr});
    }
  }
  if (chosen.empty()) {
    return Refusal{
        fmt::format("--only {}: expected a part of one of these names:{}", selection.only, names),
        ""};
  }
  return chosen;
}

}  // namespace natsim::cli
