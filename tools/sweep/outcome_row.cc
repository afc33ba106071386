#include "tools/sweep/outcome_row.h"

#include <string>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "sim/script/reported_quantity.h"

namespace natsim::sweep {
namespace {

results::MetricRow metric_row(const script::Metric& metric) {
  results::MetricRow row{metric.name, "number", metric.unit, std::monostate()};
  const script::Quantity quantity = script::quantity_of(metric.value);
  if (row.unit.empty()) row.unit = script::unit_of(quantity);
  const auto number = script::number_in(metric.value);
  if (quantity == script::Quantity::boolean) {
    row.kind = "boolean";
    row.value = std::int64_t{std::get<bool>(metric.value)};
  } else if (const auto* const whole = std::get_if<std::int64_t>(&metric.value)) {
    row.value = *whole;
  } else if (number) {
    row.value = *number;
  } else {
    row.kind = "text";
    row.unit.clear();
    row.value = script::to_string(metric.value);
  }
  return row;
}

}  // namespace

results::RunRow row_of(const script::Outcome& outcome) {
  results::RunRow row{};
  row.outcome = script::to_string(outcome.verdict);
  row.reason = outcome.error;
  if (outcome.verdict == script::Verdict::fail && !outcome.failures.empty()) {
    const script::Failure& failure = outcome.failures.front();
    row.reason = fmt::format("{}: {}", to_string(failure.at), failure.message);
  }
  row.digest = outcome.digest;
  row.simulated = outcome.simulated.to_seconds();
  row.events = static_cast<std::int64_t>(outcome.events);
  row.packets = static_cast<std::int64_t>(outcome.packets);
  for (const script::Metric& metric : outcome.metrics) row.metrics.push_back(metric_row(metric));
  return row;
}

}  // namespace natsim::sweep
