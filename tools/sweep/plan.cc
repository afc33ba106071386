#include "tools/sweep/plan.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sim/script/nearest.h"
#include "sim/script/reported_quantity.h"
#include "sim/script/script_file.h"
#include "stack/base/random.h"
#include "tools/sweep/outcome_row.h"

namespace natsim::sweep {
namespace {

constexpr std::int64_t most_runs = 1'000'000'000;

// What is wrong with giving the parameter these values; empty if nothing is.
std::string misfit(const std::vector<script::Parameter>& declared, const std::string& name,
                   const std::vector<std::string>& values) {
  const auto found =
      std::find_if(declared.begin(), declared.end(),
                   [&name](const script::Parameter& parameter) { return parameter.name == name; });
  if (found == declared.end()) {
    std::vector<std::string_view> names;
    for (const script::Parameter& parameter : declared) names.push_back(parameter.name);
    return fmt::format("the scenario has not declared the parameter '{}'{}", name,
                       script::suggestion(name, names));
  }
  for (const std::string& value : values) {
    const auto read = script::read_like(found->default_value, value);
    if (!read) return fmt::format("{}: expected {}, got '{}'", name, read.error(), value);
  }
  return {};
}

}  // namespace

Result<Plan> Plan::make(script::ScenarioFile file, std::size_t index, PlanOptions options) {
  Plan plan(std::move(file), index, std::move(options));
  for (const Axis& axis : plan.options_.axes) {
    plan.combinations_ *= static_cast<std::int64_t>(axis.values.size());
    if (plan.combinations_ > most_runs) break;
  }
  const PlanOptions& asked = plan.options_;
  if (asked.seeds > most_runs || asked.samples > most_runs || plan.combinations_ > most_runs ||
      plan.draws() > most_runs / plan.combinations_ || asked.seeds > most_runs / plan.points()) {
    return Error{fmt::format("more than {} runs", most_runs)};
  }
  if (asked.first_seed > std::numeric_limits<std::int64_t>::max() - most_runs) {
    return Error{"--seed: too large for a sweep"};
  }
  script::Outcome first = plan.play(0);
  if (first.verdict == script::Verdict::error) return Error{first.error};
  plan.declared_ = std::move(first.params);
  for (const script::Parameter& parameter : plan.declared_) {
    if (plan.role_of(parameter.name) == "drawn") plan.drawn_.push_back(parameter);
  }
  std::string complaint = plan.complaint();
  if (!complaint.empty()) return Error{std::move(complaint)};
  plan.sources_.push_back({plan.file_.path, plan.file_.source});
  for (const std::string& path : first.required) {
    auto text = script::read_script(path);
    if (!text) return Error{text.error()};
    plan.sources_.push_back({path, std::move(text.value())});
  }
  return plan;
}

std::string Plan::complaint() const {
  for (const script::Setting& setting : options_.set) {
    std::string wrong = misfit(declared_, setting.name, {setting.value});
    if (!wrong.empty()) return "--set: " + wrong;
  }
  for (std::size_t i = 0; i < options_.axes.size(); ++i) {
    const Axis& axis = options_.axes[i];
    std::string wrong = misfit(declared_, axis.name, axis.values);
    if (!wrong.empty()) return "--vary: " + wrong;
    for (std::size_t j = 0; j < i; ++j) {
      if (options_.axes[j].name == axis.name) {
        return fmt::format("--vary {}: it is varied twice", axis.name);
      }
    }
    for (const script::Setting& setting : options_.set) {
      if (setting.name == axis.name) {
        return fmt::format("--vary {0}: it is fixed by --set {0}={1}", axis.name, setting.value);
      }
    }
  }
  if (options_.samples == 0 || !drawn_.empty()) return {};
  return "--sample: the scenario declares no distribution for any parameter that is left to draw; "
         "see param() in natsim.d.lua";
}

std::string Plan::role_of(const std::string& parameter) const {
  for (const Axis& axis : options_.axes) {
    if (axis.name == parameter) return "varied";
  }
  for (const script::Setting& setting : options_.set) {
    if (setting.name == parameter) return "set";
  }
  for (const script::Parameter& each : declared_) {
    if (each.name == parameter && each.distribution && options_.samples != 0) return "drawn";
  }
  return "default";
}

std::int64_t Plan::seed_of(std::int64_t run) const {
  const std::int64_t place = run % options_.seeds;
  const std::int64_t draw = options_.samples == 0 ? 0 : point_of(run) % options_.samples;
  return options_.first_seed + draw * options_.seeds + place;
}

std::vector<script::Setting> Plan::settings_of(std::int64_t point) const {
  std::vector<script::Setting> settings(options_.axes.size());
  std::int64_t combination = point / draws();
  for (std::size_t i = options_.axes.size(); i-- > 0;) {
    const Axis& axis = options_.axes[i];
    const auto values = static_cast<std::int64_t>(axis.values.size());
    settings[i] = {axis.name, axis.values[static_cast<std::size_t>(combination % values)]};
    combination /= values;
  }
  const Random draws_of_sweep =
      Random(static_cast<std::uint64_t>(options_.first_seed)).split("sample");
  for (const script::Parameter& parameter : drawn_) {
    Random random =
        draws_of_sweep.split(parameter.name).split(static_cast<std::uint64_t>(point % draws()));
    settings.push_back({parameter.name, script::draw(*parameter.distribution, random)});
  }
  return settings;
}

script::Outcome Plan::play(std::int64_t run) const {
  script::RunOptions options;
  options.seed = static_cast<std::uint64_t>(seed_of(run));
  options.settings = settings_of(point_of(run));
  options.settings.insert(options.settings.end(), options_.set.begin(), options_.set.end());
  options.limits = options_.limits;
  return script::run_scenario(file_, index_, options);
}

results::RunRow Plan::execute(std::int64_t run) const {
  results::RunRow row = row_of(play(run));
  row.run = run;
  row.point = point_of(run);
  row.seed = seed_of(run);
  return row;
}

results::Charter Plan::charter(const std::string& version) const {
  results::Charter charter;
  const auto fact = [&charter](std::string key, std::string value) {
    charter.facts.push_back({std::move(key), std::move(value)});
  };
  fact("natsim", version);
  fact("scenario", file_.scenarios[index_].name);
  fact("seeds", fmt::format("{}", options_.seeds));
  fact("seed", fmt::format("{}", options_.first_seed));
  fact("sample", fmt::format("{}", options_.samples));
  fact("max-memory", fmt::format("{}", options_.limits.memory));
  fact("max-instructions", fmt::format("{}", options_.limits.instructions));
  fact("max-events", fmt::format("{}", options_.limits.events));
  for (std::size_t i = 0; i < options_.axes.size(); ++i) {
    const Axis& axis = options_.axes[i];
    fact(fmt::format("vary {}", axis.name), fmt::format("{}", fmt::join(axis.values, ",")));
    fact(fmt::format("axis {}", i + 1), axis.name);
  }
  for (const script::Setting& setting : options_.set) {
    fact(fmt::format("set {}", setting.name), setting.value);
  }
  charter.sources = sources_;
  for (const script::Parameter& parameter : declared_) {
    const std::string role = role_of(parameter.name);
    const bool fixed = role == "set" || role == "default";
    charter.parameters.push_back(
        {parameter.name, role, fixed ? script::to_string(parameter.value) : "",
         std::string(unit_of(script::quantity_of(parameter.default_value)))});
  }
  for (std::int64_t point = 0; point < points(); ++point) {
    for (const script::Setting& setting : settings_of(point)) {
      const auto like = std::find_if(
          declared_.begin(), declared_.end(),
          [&setting](const script::Parameter& each) { return each.name == setting.name; });
      const auto value = script::read_like(like->default_value, setting.value);
      charter.settings.push_back({point, setting.name, setting.value,
                                  value ? script::number_in(value.value()) : std::nullopt});
    }
  }
  return charter;
}

}  // namespace natsim::sweep
