// What a sweep runs: every combination of the varied parameters' values, each with some seeds.
//
// 1. Points are numbered from 0; the first axis changes last, then come the draws of each
//    combination. Runs are numbered from 0, a point's seeds one after the other.
// 2. Without draws every point has the same seeds, the first one and those that follow it. With
//    draws each draw has seeds of its own, the same in every combination.
// 3. A draw's values depend on the first seed, the parameter's name and the draw's number alone.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/script/runner.h"
#include "stack/base/result.h"
#include "tools/results/store.h"
#include "tools/sweep/axis.h"

namespace natsim::sweep {

struct PlanOptions {
  std::vector<Axis> axes;
  std::vector<script::Setting> set;  // the same in every point
  std::int64_t samples = 0;          // draws of each combination; 0: nothing is drawn
  std::int64_t seeds = 1;            // of each point
  std::int64_t first_seed = 1;
  script::Limits limits;
};

class Plan {
 public:
  // Runs the first point once to learn which parameters there are. The error says which option does
  // not fit the scenario, or which error it ended by.
  static Result<Plan> make(script::ScenarioFile file, std::size_t index, PlanOptions options);

  [[nodiscard]] std::int64_t points() const { return combinations_ * draws(); }
  [[nodiscard]] std::int64_t runs() const { return points() * options_.seeds; }
  [[nodiscard]] std::int64_t point_of(std::int64_t run) const { return run / options_.seeds; }
  [[nodiscard]] std::int64_t seed_of(std::int64_t run) const;
  // What is varied and drawn, in this order.
  [[nodiscard]] std::vector<script::Setting> settings_of(std::int64_t point) const;

  // One run; may be called on several threads at once.
  [[nodiscard]] results::RunRow execute(std::int64_t run) const;
  // What the database of this sweep says about it; `version` is natsim's.
  [[nodiscard]] results::Charter charter(const std::string& version) const;

 private:
  Plan(script::ScenarioFile file, std::size_t index, PlanOptions options)
      : file_(std::move(file)), index_(index), options_(std::move(options)) {}

  [[nodiscard]] std::int64_t draws() const { return options_.samples == 0 ? 1 : options_.samples; }
  // Why the options do not fit; empty if they do.
  [[nodiscard]] std::string complaint() const;
  [[nodiscard]] script::Outcome play(std::int64_t run) const;
  [[nodiscard]] std::string role_of(const std::string& parameter) const;

  script::ScenarioFile file_;
  std::size_t index_;
  PlanOptions options_;
  std::int64_t combinations_ = 1;
  std::vector<script::Parameter> declared_;
  std::vector<script::Parameter> drawn_;  // of those
  std::vector<results::SourceText> sources_;
};

}  // namespace natsim::sweep
