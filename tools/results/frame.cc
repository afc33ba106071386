#include "tools/results/frame.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "sim/script/nearest.h"
#include "tools/results/schema.h"
#include "tools/results/sqlite.h"

namespace natsim::results {
namespace {

std::string shown(double number) { return fmt::format("{}", number); }

Column empty_column(std::string name, std::string origin, std::string unit, std::size_t rows) {
  Column column{.name = std::move(name), .origin = std::move(origin), .unit = std::move(unit)};
  column.numbers.resize(rows);
  column.texts.resize(rows);
  return column;
}

// A column of which some values are no numbers is one of texts.
void decide_kind(Column& column) {
  const bool numbers = std::equal(
      column.numbers.begin(), column.numbers.end(), column.texts.begin(),
      [](const auto& number, const auto& text) { return number.has_value() || text.empty(); });
  if (numbers) {
    column.kind = ColumnKind::number;
    return;
  }
  column.unit.clear();
  column.numbers.assign(column.numbers.size(), std::nullopt);
}

// The parameters that have a value of their own in each point.
struct PointSettings {
  std::map<std::int64_t, std::pair<std::optional<double>, std::string>> of_point;
};

std::map<std::string, PointSettings> read_settings(const Database& database) {
  std::map<std::string, PointSettings> settings;
  Statement all(database, "SELECT name, point, number, value FROM settings");
  while (all.step()) {
    const Stored number = all.value(2);
    const auto* const held = std::get_if<double>(&number);
    settings[all.text(0)].of_point[all.whole(1)] = {
        held == nullptr ? std::nullopt : std::optional(*held), all.text(3)};
  }
  return settings;
}

void add_parameters(const Database& database, Frame& frame) {
  const auto settings = read_settings(database);
  Statement all(database, "SELECT name, role, value, unit FROM parameters ORDER BY position");
  while (all.step()) {
    Column column = empty_column(all.text(0), all.text(1), all.text(3), frame.rows);
    const auto own = settings.find(column.name);
    for (std::size_t row = 0; row < frame.rows; ++row) {
      if (own == settings.end()) {
        column.texts[row] = all.text(2);
        continue;
      }
      const auto value = own->second.of_point.find(frame.points[row]);
      if (value == own->second.of_point.end()) continue;
      column.numbers[row] = value->second.first;
      column.texts[row] = value->second.second;
    }
    decide_kind(column);
    frame.columns.push_back(std::move(column));
  }
}

void add_metrics(const Database& database, const std::map<std::int64_t, std::size_t>& row_of,
                 Frame& frame) {
  Statement all(database, "SELECT name, run, kind, value, unit FROM metrics ORDER BY name, run");
  Column* column = nullptr;
  std::size_t booleans = 0;
  std::size_t others = 0;
  const auto finish = [&] {
    if (column == nullptr) return;
    decide_kind(*column);
    if (others == 0 && booleans > 0) column->kind = ColumnKind::boolean;
    booleans = others = 0;
  };
  while (all.step()) {
    const auto row = row_of.find(all.whole(1));
    if (row == row_of.end()) continue;
    if (column == nullptr || column->name != all.text(0)) {
      finish();
      frame.columns.push_back(empty_column(all.text(0), "metric", all.text(4), frame.rows));
      column = &frame.columns.back();
    }
    const std::string kind = all.text(2);
    ++(kind == "boolean" ? booleans : others);
    if (kind != "text") column->numbers[row->second] = all.number(3);
    column->texts[row->second] = all.text(3);
  }
  finish();
}

void add_run_columns(const Database& database, Frame& frame) {
  Column passed = empty_column("passed", "run", "", frame.rows);
  Column outcome = empty_column("outcome", "run", "", frame.rows);
  Column seed = empty_column("seed", "run", "", frame.rows);
  Column simulated = empty_column("simulated", "run", "s", frame.rows);
  Column events = empty_column("events", "run", "", frame.rows);
  Column packets = empty_column("packets", "run", "", frame.rows);
  Statement all(database,
                "SELECT outcome, seed, simulated, events, packets FROM runs ORDER BY run");
  for (std::size_t row = 0; row < frame.rows && all.step(); ++row) {
    outcome.texts[row] = all.text(0);
    passed.numbers[row] = outcome.texts[row] == "pass" ? 1 : 0;
    passed.texts[row] = shown(*passed.numbers[row]);
    int position = 1;
    for (Column* const column : {&seed, &simulated, &events, &packets}) {
      column->numbers[row] = all.number(position);
      column->texts[row] = all.text(position++);
    }
  }
  passed.kind = ColumnKind::boolean;
  for (Column* const column : {&seed, &simulated, &events, &packets}) {
    column->kind = ColumnKind::number;
  }
  for (Column* const column : {&passed, &outcome, &seed, &simulated, &events, &packets}) {
    // A metric or a parameter of that name is what its scenario means by it.
    if (frame.find(column->name) == nullptr) frame.columns.push_back(std::move(*column));
  }
}

}  // namespace

const Column* Frame::find(std::string_view name) const {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [name](const Column& column) { return column.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

Result<const Column*> Frame::column(std::string_view name) const {
  if (const Column* const found = find(name)) return found;
  std::vector<std::string_view> names;
  for (const Column& each : columns) names.push_back(each.name);
  return Error{fmt::format("{} has no parameter and no metric '{}'{}", path, name,
                           script::suggestion(name, names))};
}

Result<Frame> read_frame(const std::string& path) {
  if (!std::filesystem::exists(path)) return Error{fmt::format("{}: no such file", path)};
  try {
    const Database database(path, Database::Access::read);
    Statement id(database, "PRAGMA application_id");
    id.step();
    if (id.whole(0) != application_id) {
      return Error{fmt::format("{}: it holds no results of a sweep", path)};
    }
    Frame frame{.path = path};
    Statement scenario(database, "SELECT value FROM sweep WHERE key = 'scenario'");
    if (scenario.step()) frame.scenario = scenario.text(0);
    std::map<std::int64_t, std::size_t> row_of;
    Statement runs(database, "SELECT run, point FROM runs ORDER BY run");
    while (runs.step()) {
      row_of[runs.whole(0)] = frame.points.size();
      frame.points.push_back(runs.whole(1));
    }
    frame.rows = frame.points.size();
    if (frame.rows == 0) return Error{fmt::format("{}: no run has ended yet", path)};
    add_parameters(database, frame);
    add_metrics(database, row_of, frame);
    add_run_columns(database, frame);
    return frame;
  } catch (const DatabaseError& error) {
    return Error{error.what()};
  }
}

}  // namespace natsim::results
