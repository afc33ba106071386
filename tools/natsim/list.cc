#include "tools/natsim/list.h"

#include <iostream>

#include <fmt/format.h>

#include "tools/natsim/progress.h"
#include "tools/natsim/report.h"
#include "tools/natsim/shell.h"

namespace natsim::cli {
namespace {

std::string text_of(const Chosen& scenario, const script::Outcome& outcome) {
  std::string text =
      fmt::format("{}:{}: {}\n", scenario.file.path, scenario.info().line, scenario.info().name);
  for (const script::Parameter& parameter : outcome.params) {
    const std::string value = script::to_string(parameter.default_value);
    text += fmt::format("    --set {}\n", shell_word(parameter.name + "=" + value));
  }
  if (!outcome.error.empty()) text += fmt::format("    {}\n", outcome.error);
  return text;
}

nlohmann::ordered_json json_of(const Chosen& scenario, const script::Outcome& outcome) {
  nlohmann::ordered_json params = nlohmann::ordered_json::object();
  for (const auto& parameter : outcome.params) {
    params[parameter.name] = to_json(parameter.default_value);
  }
  nlohmann::ordered_json object = {{"file", scenario.file.path},
                                   {"line", scenario.info().line},
                                   {"scenario", scenario.info().name},
                                   {"params", std::move(params)}};
  if (!outcome.error.empty()) {
    object["outcome"] = script::to_string(outcome.verdict);
    object["error"] = json_of_error(outcome.error, scenario.file.path);
  }
  return object;
}

}  // namespace

int list_scenarios(const std::vector<Chosen>& chosen, const Selection& selection, bool json) {
  int worst = exit_passed;
  for (const Chosen& scenario : chosen) {
    const Progress progress(scenario.info().name);
    const script::Outcome outcome =
        run_scenario(scenario.file, scenario.index,
                     {.seed = selection.seed, .settings = {}, .limits = selection.limits});
    if (outcome.verdict == script::Verdict::error) worst = exit_error;
    std::cout << (json ? json_of(scenario, outcome).dump() + "\n" : text_of(scenario, outcome))
              << std::flush;
  }
  return worst;
}

}  // namespace natsim::cli
