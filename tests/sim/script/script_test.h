// Running a script's text in a test.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "sim/script/runner.h"

namespace natsim::script {

// The outcome of the first scenario of `source`, a file named "test.lua".
inline Outcome run_file(std::string source, const RunOptions& options = {}) {
  auto file = load_text("test.lua", std::move(source), options.limits);
  if (file) return run_scenario(file.value(), 0, options);
  Outcome outcome;
  outcome.verdict = Verdict::error;
  outcome.error = file.error();
  return outcome;
}

// The outcome of a scenario whose function has this body. Its first line is line 1.
inline Outcome run_body(std::string_view body, const RunOptions& options = {}) {
  return run_file("scenario('test', function(net) " + std::string(body) + "\nend)\n", options);
}

// The error that a scenario with this body ends with.
inline std::string error_of(std::string_view body, const RunOptions& options = {}) {
  const Outcome outcome = run_body(body, options);
  EXPECT_EQ(outcome.verdict, Verdict::error) << body;
  return outcome.error;
}

// The value of the metric `name`, as text.
inline std::string metric_of(const Outcome& outcome, std::string_view name) {
  for (const Metric& metric : outcome.metrics) {
    if (metric.name == name) return to_string(metric.value);
  }
  return "no such metric; error: " + outcome.error +
         (outcome.failures.empty() ? "" : "; failure: " + outcome.failures.front().message);
}

using Names = std::set<std::string>;

// The texts in single quotes behind `mark`.
inline Names quoted_behind(const std::string& mark, const std::string& text) {
  Names names;
  std::size_t from = text.find(mark);
  EXPECT_NE(from, std::string::npos) << text;
  while ((from = text.find('\'', from + 1)) != std::string::npos) {
    const std::size_t to = text.find('\'', from + 1);
    names.insert(text.substr(from + 1, to - from - 1));
    from = to;
  }
  return names;
}

// What a scenario's expression gives, as text.
inline std::string value_of(std::string_view expression, const RunOptions& options = {}) {
  return metric_of(run_body("metric('value', tostring(" + std::string(expression) + "))", options),
                   "value");
}

}  // namespace natsim::script
