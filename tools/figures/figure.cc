#include "tools/figures/figure.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "tools/figures/filter.h"
#include "tools/figures/measure.h"

namespace natsim::figures {
namespace {

using Rows = std::vector<std::size_t>;

struct Group {
  std::string name;
  std::optional<double> number;
  Rows rows;
};

// Rows by the value of a column: numbers in their order, texts in that of their first run.
std::vector<Group> groups_of(const results::Column& column, const Rows& rows) {
  std::vector<Group> groups;
  std::map<std::string_view, std::size_t> places;
  for (const std::size_t row : rows) {
    if (!column.has(row)) continue;
    const auto [place, is_new] = places.try_emplace(column.texts[row], groups.size());
    if (is_new) groups.push_back({column.texts[row], column.numbers[row], {}});
    groups[place->second].rows.push_back(row);
  }
  if (column.kind == results::ColumnKind::number) {
    std::stable_sort(groups.begin(), groups.end(),
                     [](const Group& a, const Group& b) { return a.number < b.number; });
  }
  if (column.kind == results::ColumnKind::boolean) {
    for (Group& group : groups) {
      group.name = fmt::format("{}{}", group.number == 0 ? "not " : "", plain(column.name));
    }
  }
  return groups;
}

// A group for each combination of the columns' values, named "symmetric, 1 %".
std::vector<Group> combinations(const std::vector<const results::Column*>& columns,
                                const Rows& rows) {
  std::vector<Group> all{{"", std::nullopt, rows}};
  for (const results::Column* const column : columns) {
    std::vector<Group> finer;
    for (const Group& group : all) {
      for (Group& part : groups_of(*column, group.rows)) {
        if (column->kind == results::ColumnKind::number) {
          part.name = fmt::format("{} {}", plain(column->name), part.name);
        }
        if (!group.name.empty()) part.name = fmt::format("{}, {}", group.name, part.name);
        finer.push_back(std::move(part));
      }
    }
    all = std::move(finer);
  }
  return all;
}

std::string unit_of(const results::Column& column) {
  const bool share = std::any_of(column.texts.begin(), column.texts.end(),
                                 [](const std::string& text) { return text.ends_with('%'); });
  return share ? "%" : column.unit;
}

std::string interval_text(const std::vector<Measure>& measures) {
  switch (measures.front().kind) {
    case Measure::Kind::share:
      return "95 % intervals by Wilson";
    case Measure::Kind::quantile:
      return "95 % intervals by bootstrap";
    case Measure::Kind::mean:
      return "95 % intervals by Student";
    case Measure::Kind::least:
    case Measure::Kind::greatest:
      break;
  }
  return {};
}

std::vector<Mark> marks_of(const results::Column& x, const Measure& measure, const Rows& rows) {
  std::vector<Mark> marks;
  for (const Group& group : groups_of(x, rows)) {
    const Measure::Answer answer = measure.of(group.rows);
    if (answer.count == 0) continue;
    marks.push_back({group.number.value_or(0), group.name, answer.estimate.value,
                     answer.estimate.interval, answer.count});
  }
  return marks;
}

void label_y(const std::vector<Measure>& measures, Figure& figure) {
  figure.y.unit = measures.front().unit();
  const bool one = measures.size() == 1;
  figure.y.label = one                                             ? measures.front().label
                   : measures.front().kind == Measure::Kind::share ? "share of the runs"
                   : figure.y.unit == "s"                          ? "time"
                                                                   : "value";
  figure.interval = interval_text(measures);
}

// The measures of one figure have one unit, and so one axis.
std::optional<Error> parse_measures(const results::Frame& frame, const Request& request,
                                    std::vector<Measure>& measures) {
  for (const std::string& text : request.y) {
    auto measure = parse_measure(frame, text);
    if (!measure) return Error{fmt::format("--y {}", measure.error())};
    measures.push_back(std::move(measure.value()));
    if (measures.back().unit() != measures.front().unit()) {
      return Error{fmt::format("--y {} and --y {} have different units", request.y.front(), text)};
    }
  }
  return std::nullopt;
}

void add_theory(const Measure& theory, const std::vector<Group>& groups, const results::Column& x,
                Figure& figure) {
  for (const Group& group : groups) {
    Series series{group.name, marks_of(x, theory, group.rows)};
    for (Mark& mark : series.marks) mark.interval.reset();
    figure.theory.push_back(std::move(series));
  }
  // One line where the groups do not differ.
  const auto same = [&](const Series& each) {
    const auto& first = figure.theory.front().marks;
    return std::equal(
        each.marks.begin(), each.marks.end(), first.begin(), first.end(),
        [](const Mark& a, const Mark& b) { return a.x == b.x && a.value == b.value; });
  };
  if (std::all_of(figure.theory.begin(), figure.theory.end(), same)) {
    figure.theory.resize(1);
    figure.theory.front().name.clear();
  }
}

Result<Figure> distribution(const results::Column& x, const std::vector<Group>& groups,
                            Figure figure) {
  if (x.kind != results::ColumnKind::number) {
    return Error{
        fmt::format("--x {}: a distribution is of numbers; give a measure with --y", x.name)};
  }
  figure.kind = Kind::distribution;
  figure.y = {"share of the runs", "%"};
  for (const Group& group : groups) {
    Series series{group.name, {}};
    const std::vector<Group> values = groups_of(x, group.rows);
    std::int64_t total = 0;
    for (const Group& value : values) total += static_cast<std::int64_t>(value.rows.size());
    std::int64_t below = 0;
    for (const Group& value : values) {
      below += static_cast<std::int64_t>(value.rows.size());
      const statistics::Estimate share = statistics::share(below, total);
      series.marks.push_back({*value.number, value.name, share.value, share.interval, total});
    }
    figure.series.push_back(std::move(series));
  }
  figure.interval = "95 % intervals by Wilson";
  return figure;
}

Result<Figure> heat_map(const results::Frame& frame, const Request& request,
                        const results::Column& x, const Rows& rows, Figure figure) {
  if (request.y.size() != 1 || !request.by.empty() || !request.theory.empty()) {
    return Error{"--heat: a heat map has one --y, a parameter, and neither --by nor --theory"};
  }
  const auto y = frame.column(request.y.front());
  if (!y) return Error{fmt::format("--y {}", y.error())};
  const auto measure = parse_measure(frame, request.heat);
  if (!measure) return Error{fmt::format("--heat {}", measure.error())};
  figure.kind = Kind::heat;
  figure.y = {plain(y.value()->name), unit_of(*y.value())};
  figure.colour = {measure.value().label, measure.value().unit()};
  for (const Group& row : groups_of(*y.value(), rows)) {
    figure.series.push_back({row.name, marks_of(x, measure.value(), row.rows)});
  }
  return figure;
}

}  // namespace

const char* to_string(Kind kind) {
  switch (kind) {
    case Kind::lines:
      return "lines";
    case Kind::bars:
      return "bars";
    case Kind::stacked:
      return "stacked";
    case Kind::distribution:
      return "distribution";
    case Kind::heat:
      break;
  }
  return "heat";
}

Result<Figure> make_figure(const results::Frame& frame, const Request& request) {
  const auto rows = rows_where(frame, request.where);
  if (!rows) return Error{rows.error()};
  const auto x = frame.column(request.x);
  if (!x) return Error{fmt::format("--x {}", x.error())};
  std::vector<const results::Column*> by;
  for (const std::string& name : request.by) {
    const auto column = frame.column(name);
    if (!column) return Error{fmt::format("--by {}", column.error())};
    by.push_back(column.value());
  }
  Figure figure;
  figure.title = frame.scenario;
  figure.x = {plain(x.value()->name), unit_of(*x.value())};
  if (!request.heat.empty()) return heat_map(frame, request, *x.value(), rows.value(), figure);
  const std::vector<Group> groups = combinations(by, rows.value());
  if (groups.empty()) return Error{"--by: no run has a value of it"};
  if (request.y.empty()) return distribution(*x.value(), groups, figure);
  std::vector<Measure> measures;
  if (auto error = parse_measures(frame, request, measures)) return std::move(*error);
  label_y(measures, figure);
  figure.kind = x.value()->kind == results::ColumnKind::number ? Kind::lines : Kind::bars;
  if (request.stacked && !request.by.empty()) {
    return Error{"--stacked: the measures are stacked; choose by --where instead of --by"};
  }
  if (request.stacked) {
    figure.kind = Kind::stacked;
    figure.interval.clear();
  }
  for (const Group& group : groups) {
    for (const Measure& measure : measures) {
      std::string name = group.name;
      if (measures.size() > 1) {
        name =
            group.name.empty() ? measure.label : fmt::format("{}, {}", group.name, measure.label);
      }
      figure.series.push_back({std::move(name), marks_of(*x.value(), measure, group.rows)});
    }
  }
  if (request.theory.empty()) return figure;
  auto theory = parse_measure(frame, fmt::format("mean({})", request.theory));
  if (!theory) return Error{fmt::format("--theory {}", theory.error())};
  add_theory(theory.value(), groups, *x.value(), figure);
  return figure;
}

nlohmann::ordered_json to_json(const Figure& figure) {
  using Json = nlohmann::ordered_json;
  const auto axis = [](const Axis& each) {
    return Json{{"label", each.label}, {"unit", each.unit}};
  };
  const auto lines = [](const std::vector<Series>& all) {
    Json list = Json::array();
    for (const Series& series : all) {
      Json marks = Json::array();
      for (const Mark& mark : series.marks) {
        Json object = {{"x", mark.x}, {"place", mark.place}, {"value", mark.value}};
        object["low"] = mark.interval ? Json(mark.interval->low) : Json(nullptr);
        object["high"] = mark.interval ? Json(mark.interval->high) : Json(nullptr);
        object["runs"] = mark.runs;
        marks.push_back(std::move(object));
      }
      list.push_back({{"name", series.name}, {"marks", std::move(marks)}});
    }
    return list;
  };
  return {{"kind", to_string(figure.kind)},
          {"title", figure.title},
          {"interval", figure.interval},
          {"x", axis(figure.x)},
          {"y", axis(figure.y)},
          {"colour", axis(figure.colour)},
          {"series", lines(figure.series)},
          {"theory", lines(figure.theory)}};
}

}  // namespace natsim::figures
