#include "sim/script/runner.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "sim/script/nearest.h"
#include "sim/script/run.h"
#include "sim/script/script_file.h"

namespace natsim::script {

Result<ScenarioFile> load_file(const std::string& path, const Limits& limits) {
  auto source = read_script(path);
  if (!source) return Error{source.error()};
  return load_text(path, std::move(source.value()), limits);
}

Result<ScenarioFile> load_text(const std::string& path, std::string source, const Limits& limits) {
  ScenarioFile file{.path = path, .source = std::move(source), .scenarios = {}};
  RunOptions options;
  options.limits = limits;
  Run run(file, options);
  if (!run.load()) return Error{run.outcome().error};
  if (run.scenarios().empty()) {
    return Error{fmt::format("{}: it declares no scenario(name, function(net) … end)", path)};
  }
  file.scenarios = run.scenarios();
  return file;
}

Outcome run_scenario(const ScenarioFile& file, std::size_t index, const RunOptions& options) {
  Run run(file, options);
  if (options.at_start) options.at_start(run.network());
  if (run.load()) {
    if (index < run.scenarios().size()) {
      run.play(index);
    } else {
      run.outcome().verdict = Verdict::error;
      run.outcome().error =
          fmt::format("{}: it declares fewer scenarios than when it was read", file.path);
    }
  }
  if (options.at_end) options.at_end(run.network(), run.outcome());
  return std::move(run.outcome());
}

std::optional<std::string> undeclared_setting(std::span<const Setting> settings,
                                              std::span<const Outcome> outcomes) {
  std::vector<std::string_view> declared;
  for (const Outcome& outcome : outcomes) {
    for (const Parameter& parameter : outcome.params) declared.push_back(parameter.name);
  }
  std::sort(declared.begin(), declared.end());
  declared.erase(std::unique(declared.begin(), declared.end()), declared.end());
  // A run that has ended by an error may not have come to all of its parameters.
  if (std::any_of(outcomes.begin(), outcomes.end(),
                  [](const Outcome& outcome) { return outcome.verdict == Verdict::error; })) {
    return std::nullopt;
  }
  for (const Setting& setting : settings) {
    if (std::binary_search(declared.begin(), declared.end(), setting.name)) continue;
    return fmt::format("no scenario has declared the parameter '{}'{}", setting.name,
                       suggestion(setting.name, declared));
  }
  return std::nullopt;
}

}  // namespace natsim::script
