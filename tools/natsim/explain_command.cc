// natsim explain: why candidate pairs failed, in sentences.
#include <iostream>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/net/network.h"
#include "sim/record/explain.h"
#include "tools/natsim/commands.h"
#include "tools/natsim/progress.h"
#include "tools/natsim/reality.h"
#include "tools/natsim/report.h"
#include "tools/natsim/selection.h"
#include "tools/natsim/terminal.h"

namespace natsim::cli {
namespace {

struct ExplainArguments {
  Selection selection;
  bool json = false;
};

int explain(const ExplainArguments& arguments) {
  const Selection& selection = arguments.selection;
  const auto settings = settings_of(selection);
  if (!settings) return refuse({settings.error(), ""}, arguments.json);
  const auto choice = choose(selection);
  if (const auto* const refusal = std::get_if<Refusal>(&choice)) {
    return refuse(*refusal, arguments.json);
  }
  std::vector<script::Outcome> outcomes;
  int worst = exit_passed;
  for (const Chosen& scenario : std::get<std::vector<Chosen>>(choice)) {
    std::unique_ptr<record::Explainer> explainer;
    script::RunOptions options{.limits = selection.limits};
    Reality reality(scenario, nullptr, selection.seed, settings.value());
    reality.prepare(options);
    options.at_start = [&](net::Network& network) {
      explainer = std::make_unique<record::Explainer>(network.world());
      network.world().events().add_listener(*explainer);
    };
    options.at_end = [&](net::Network& network, const script::Outcome& /*outcome*/) {
      network.world().events().remove_listener(*explainer);
    };
    {
      const Progress progress(scenario.info().name);
      outcomes.push_back(script::run_scenario(scenario.file, scenario.index, options));
    }
    const script::Outcome& outcome = outcomes.back();
    if (outcome.verdict == script::Verdict::error) worst = exit_error;
    if (arguments.json) {
      nlohmann::ordered_json object = {{"file", scenario.file.path},
                                       {"scenario", scenario.info().name},
                                       {"seed", options.seed},
                                       {"outcome", script::to_string(outcome.verdict)}};
      if (!outcome.error.empty()) {
        object["error"] = json_of_error(outcome.error, scenario.file.path);
      }
      if (explainer != nullptr) object.update(explainer->to_json());
      std::cout << object.dump() << '\n';
      continue;
    }
    std::cout << fmt::format("{} ({})\n", paint(colours(), Paint::bold, scenario.info().name),
                             script::to_string(outcome.verdict));
    if (!outcome.error.empty()) std::cout << outcome.error << '\n';
    if (explainer != nullptr) std::cout << explainer->text();
    std::cout << '\n' << std::flush;
  }
  if (const auto complaint = script::undeclared_setting(settings.value(), outcomes)) {
    return refuse({"--set: " + *complaint, ""}, arguments.json);
  }
  return worst;
}

}  // namespace

Command add_explain(CLI::App& app) {
  auto arguments = std::make_shared<ExplainArguments>();
  CLI::App* const command = app.add_subcommand(
      "explain",
      "Run scenarios and tell for each failed candidate pair which packet died where and why");
  arguments->selection.add_to(*command);
  command->add_flag("--json", arguments->json, "print one JSON object a line instead of text");
  command->footer(
      fmt::format("Exit codes: 0 whatever the scenarios' verdicts, 2 usage or script error.\n\n"
                  "Examples:\n"
                  "  {0} explain scenarios/symmetric_nat.lua --only 'without a relay'\n"
                  "  {0} explain scenarios/double_nat.lua --json",
                  app.get_name()));
  return [arguments] { return explain(*arguments); };
}

}  // namespace natsim::cli
