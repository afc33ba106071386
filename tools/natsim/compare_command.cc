// natsim compare: which metrics differ between two sweeps.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stack/base/units.h"
#include "tools/figures/table.h"
#include "tools/natsim/columns.h"
#include "tools/natsim/commands.h"
#include "tools/natsim/report.h"
#include "tools/natsim/selection.h"
#include "tools/natsim/terminal.h"
#include "tools/results/frame.h"
#include "tools/statistics/comparison.h"

namespace natsim::cli {
namespace {

using results::Column;
using results::ColumnKind;
using results::Frame;

// The probability that noise alone moves any metric of a comparison.
constexpr double risk = 0.001;
// A text with more values than this is no category.
constexpr std::size_t most_values = 20;

struct CompareArguments {
  std::string before;
  std::string after;
  double threshold = 0.05;
  bool json = false;
};

// A metric, or the share of one of a text's values.
struct Subject {
  std::string metric;
  std::string value;  // of the text; otherwise empty
  bool share;         // of runs; its change is measured in itself, not relative to what it was
  [[nodiscard]] std::string name() const {
    return value.empty() ? metric : fmt::format("{}={}", metric, value);
  }
};

struct Judgement {
  Subject subject;
  std::string unit;
  std::optional<statistics::Comparison> comparison;  // unset if one side does not have it
  bool moved = false;
};

// By point, and there by seed.
using ValuesByPoint = std::map<std::string, std::map<double, double>>;

// The point as what is varied; of what is drawn there are many for each.
std::string point_of(const Frame& frame, std::size_t row) {
  std::string point;
  for (const Column& column : frame.columns) {
    if (column.origin == "varied") point += column.name + "=" + column.texts[row] + "\n";
  }
  return point;
}

ValuesByPoint values_of(const Frame& frame, const Subject& subject) {
  ValuesByPoint values;
  const Column* const column = frame.find(subject.metric);
  const Column* const seed = frame.find("seed");
  if (column == nullptr) return values;
  for (std::size_t row = 0; row < frame.rows; ++row) {
    if (!column->has(row)) continue;
    if (subject.value.empty() && !column->numbers[row]) continue;
    values[point_of(frame, row)][seed == nullptr ? static_cast<double>(row) : *seed->numbers[row]] =
        subject.value.empty() ? *column->numbers[row]
                              : (column->texts[row] == subject.value ? 1.0 : 0.0);
  }
  return values;
}

// Of shares the variance is that of a sample with a success and a failure more (Agresti and Caffo,
// 2000): without them a few equal values would seem to be without noise.
statistics::Moments moments_of(const std::map<double, double>& by_seed, bool share) {
  std::vector<double> values;
  for (const auto& [seed, value] : by_seed) values.push_back(value);
  statistics::Moments sample = statistics::moments(values);
  if (share && sample.count > 0) {
    const auto n = static_cast<double>(sample.count);
    const double p = (sample.mean * n + 1) / (n + 2);
    sample.variance = p * (1 - p);
  }
  return sample;
}

// Run by run, if both have the same seeds.
std::optional<statistics::Moments> differences_of(const std::map<double, double>& before,
                                                  const std::map<double, double>& after) {
  if (!std::equal(before.begin(), before.end(), after.begin(), after.end(),
                  [](const auto& a, const auto& b) { return a.first == b.first; })) {
    return std::nullopt;
  }
  std::vector<double> differences;
  for (const auto& [seed, value] : before) differences.push_back(after.at(seed) - value);
  return statistics::moments(differences);
}

std::vector<Subject> subjects_of(const Frame& before, const Frame& after) {
  std::vector<Subject> subjects;
  std::set<std::string> seen;
  for (const Frame* const frame : {&before, &after}) {
    for (const Column& column : frame->columns) {
      if (column.origin != "metric" && column.name != "passed") continue;
      if (!seen.insert(column.name).second) continue;
      if (column.kind != ColumnKind::text) {
        subjects.push_back({column.name, "", column.kind == ColumnKind::boolean});
        continue;
      }
      std::set<std::string> values(column.texts.begin(), column.texts.end());
      const Column* const other = after.find(column.name);
      if (other != nullptr) values.insert(other->texts.begin(), other->texts.end());
      values.erase("");
      if (values.size() > most_values) continue;
      for (const std::string& value : values) subjects.push_back({column.name, value, true});
    }
  }
  return subjects;
}

Judgement judge(const Frame& before, const Frame& after, const Subject& subject, double one_risk,
                double threshold) {
  const Column* const column = before.find(subject.metric);
  Judgement judgement{subject,
                      subject.share       ? "%"
                      : column == nullptr ? ""
                                          : column->unit,
                      {},
                      false};
  const ValuesByPoint old_values = values_of(before, subject);
  const ValuesByPoint new_values = values_of(after, subject);
  std::vector<statistics::Pair> points;
  for (const auto& [point, values] : old_values) {
    const auto found = new_values.find(point);
    if (found == new_values.end()) continue;
    points.push_back({moments_of(values, subject.share), moments_of(found->second, subject.share),
                      differences_of(values, found->second)});
  }
  judgement.comparison = statistics::compare(points, one_risk);
  if (!judgement.comparison) {
    judgement.moved = true;  // It is gone, or new.
    return judgement;
  }
  const statistics::Comparison& comparison = *judgement.comparison;
  const double scale = subject.share ? 1 : std::abs(comparison.before);
  judgement.moved = comparison.interval && comparison.change != 0 &&
                    (comparison.interval->low > 0 || comparison.interval->high < 0) &&
                    std::abs(comparison.change) >= threshold * scale;
  return judgement;
}

std::string change_text(const Judgement& judgement) {
  const statistics::Comparison& comparison = *judgement.comparison;
  const auto signed_text = [&judgement](double change) {
    return fmt::format("{}{}", change > 0 ? "+" : "", figures::quantity(change, judgement.unit));
  };
  std::string text = signed_text(comparison.change);
  if (comparison.interval) {
    text += fmt::format(" ({} to {})", signed_text(comparison.interval->low),
                        signed_text(comparison.interval->high));
  } else {
    text += " (one run a point: no interval)";
  }
  return text;
}

void print_text(const std::vector<Judgement>& judgements, const CompareArguments& arguments) {
  Columns table;
  table.add({{"metric"}, {arguments.before}, {arguments.after}, {"change"}, {"effect"}, {""}});
  for (const Judgement& judgement : judgements) {
    const Paint paint = judgement.moved ? Paint::red : Paint::none;
    if (!judgement.comparison) {
      table.add(
          {{judgement.subject.name(), paint}, {"only in one of them, or at no common point"}});
      continue;
    }
    const statistics::Comparison& comparison = *judgement.comparison;
    table.add({{judgement.subject.name(), paint},
               {figures::quantity(comparison.before, judgement.unit)},
               {figures::quantity(comparison.after, judgement.unit)},
               {change_text(judgement)},
               {comparison.effect ? fmt::format("{:+.2f}", *comparison.effect) : "-"},
               {judgement.moved ? "moved" : "", paint}});
  }
  table.print(colours());
}

nlohmann::ordered_json json_of_judgement(const Judgement& judgement) {
  nlohmann::ordered_json object = {{"metric", judgement.subject.name()}, {"unit", judgement.unit}};
  if (judgement.comparison) {
    const statistics::Comparison& comparison = *judgement.comparison;
    object["before"] = comparison.before;
    object["after"] = comparison.after;
    object["change"] = comparison.change;
    object["low"] = comparison.interval ? nlohmann::ordered_json(comparison.interval->low)
                                        : nlohmann::ordered_json(nullptr);
    object["high"] = comparison.interval ? nlohmann::ordered_json(comparison.interval->high)
                                         : nlohmann::ordered_json(nullptr);
    object["effect"] = comparison.effect ? nlohmann::ordered_json(*comparison.effect)
                                         : nlohmann::ordered_json(nullptr);
  }
  object["moved"] = judgement.moved;
  return object;
}

int show_comparison(const CompareArguments& arguments) {
  const auto before = results::read_frame(arguments.before);
  const auto after = results::read_frame(arguments.after);
  for (const auto* const frame : {&before, &after}) {
    if (!*frame) return refuse({frame->error(), ""}, arguments.json);
  }
  const std::vector<Subject> subjects = subjects_of(before.value(), after.value());
  std::vector<Judgement> judgements;
  std::vector<std::string> moved;
  for (const Subject& subject : subjects) {
    judgements.push_back(judge(before.value(), after.value(), subject,
                               risk / static_cast<double>(subjects.size()), arguments.threshold));
    if (judgements.back().moved) moved.push_back(subject.name());
  }
  if (arguments.json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Judgement& judgement : judgements) list.push_back(json_of_judgement(judgement));
    std::cout << list.dump(1) << '\n';
  } else {
    print_text(judgements, arguments);
    std::cout << (moved.empty() ? "\nnothing has moved\n"
                                : fmt::format("\nmoved: {}\n", fmt::join(moved, ", ")));
  }
  return moved.empty() ? exit_passed : exit_failed;
}

}  // namespace

Command add_compare(CLI::App& app) {
  auto arguments = std::make_shared<CompareArguments>();
  CLI::App* const command =
      app.add_subcommand("compare", "Tell which metrics differ between two sweeps' results");
  command->add_option("BEFORE", arguments->before, "database of natsim sweep")->required();
  command->add_option("AFTER", arguments->after, "another one, with the same --vary")->required();
  command
      ->add_option_function<std::string>(
          "--threshold",
          [arguments](const std::string& text) {
            const auto share = parse_share(text);
            if (!share) throw CLI::ValidationError("--threshold", share.error());
            arguments->threshold = share.value();
          },
          "the least change that counts: of a share in itself, else relative to what it was")
      ->type_name("SHARE")
      ->default_str("5%");
  command->add_flag("--json", arguments->json, "print it as data");
  command->footer(fmt::format(
      "Means over the points that both have. Intervals hold every true change at once with a "
      "probability of\n99.9 %: noise alone moves something once in a thousand comparisons. The "
      "effect is the change over\nthe deviation within a point (Cohen's d).\n\n"
      "Exit codes: 0 nothing has moved, 1 something has, 2 usage error.\n\n"
      "Examples:\n"
      "  {0} compare keepalive.db keepalive.db\n"
      "  {0} compare keepalive.db keepalive.db --threshold 1% --json",
      app.get_name()));
  return [arguments] { return show_comparison(*arguments); };
}

}  // namespace natsim::cli
