#include "tools/figures/table.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace natsim::figures {
namespace {

struct Prefix {
  double factor;
  std::string_view text;
};

constexpr Prefix seconds[] = {{60, " min"}, {1, " s"}, {1e-3, " ms"}, {1e-6, " µs"}, {1e-9, " ns"}};
constexpr Prefix thousands[] = {{1e9, " G"}, {1e6, " M"}, {1e3, " k"}, {1, " "}};
constexpr double longest_in_seconds = 300;

// Four significant digits, without an exponent below a million.
std::string digits(double value) {
  const double size = std::abs(value);
  if (size != 0 && (size < 1e-4 || size >= 1e7)) return fmt::format("{:.3g}", value);
  const int whole = size < 1 ? 1 : static_cast<int>(std::floor(std::log10(size))) + 1;
  std::string text = fmt::format("{:.{}f}", value, std::max(0, 4 - whole));
  if (text.find('.') != std::string::npos) {
    while (text.ends_with('0')) text.pop_back();
    if (text.ends_with('.')) text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

using Row = std::vector<std::string>;

std::string cell(const Mark& mark, const std::string& unit) {
  std::string text = quantity(mark.value, unit);
  if (mark.interval) {
    text += fmt::format(" ({} to {})", quantity(mark.interval->low, unit),
                        quantity(mark.interval->high, unit));
  }
  return text;
}

const Mark* mark_at(const Series& series, const std::string& place) {
  const auto found = std::find_if(series.marks.begin(), series.marks.end(),
                                  [&place](const Mark& mark) { return mark.place == place; });
  return found == series.marks.end() ? nullptr : &*found;
}

std::vector<std::string> places_of(const Figure& figure) {
  std::vector<std::string> places;
  for (const Series& series : figure.series) {
    for (const Mark& mark : series.marks) {
      if (std::find(places.begin(), places.end(), mark.place) == places.end()) {
        places.push_back(mark.place);
      }
    }
  }
  return places;
}

// A distribution has as many marks as runs; people read its quantiles.
std::vector<Row> quantile_rows(const Figure& figure) {
  std::vector<Row> rows{{"share of the runs"}};
  for (const Series& series : figure.series) {
    rows.front().push_back(series.name.empty() ? figure.x.label : series.name);
  }
  for (const double share : {0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0}) {
    Row row{quantity(share, "%")};
    for (const Series& series : figure.series) {
      const auto found =
          std::find_if(series.marks.begin(), series.marks.end(),
                       [share](const Mark& mark) { return mark.value >= share - 1e-12; });
      row.push_back(found == series.marks.end() ? "" : quantity(found->x, figure.x.unit));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Row> rows_of(const Figure& figure) {
  if (figure.kind == Kind::distribution) return quantile_rows(figure);
  const bool heat = figure.kind == Kind::heat;
  const std::string& unit = heat ? figure.colour.unit : figure.y.unit;
  std::vector<Row> rows{{figure.x.label}};
  for (const Series& series : figure.series) {
    rows.front().push_back(heat                  ? fmt::format("{} {}", figure.y.label, series.name)
                           : series.name.empty() ? figure.y.label
                                                 : series.name);
  }
  for (const Series& series : figure.theory) {
    rows.front().push_back(series.name.empty() ? "theory" : series.name + ", theory");
  }
  for (const std::string& place : places_of(figure)) {
    Row row{place};
    for (const auto* const all : {&figure.series, &figure.theory}) {
      for (const Series& series : *all) {
        const Mark* const mark = mark_at(series, place);
        row.push_back(mark == nullptr ? "" : cell(*mark, unit));
      }
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

// In characters, not bytes: what is shown is UTF-8.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::vector<std::size_t> widths_of(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  return widths;
}

std::string padded(const std::string& text, std::size_t columns) {
  return text + std::string(columns - width(text), ' ');
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string field = "\"";
  for (const char c : text) field += c == '"' ? "\"\"" : std::string(1, c);
  return field + "\"";
}

}  // namespace

std::string quantity(double value, const std::string& unit) {
  if (unit == "%") return digits(value * 100) + " %";
  if (unit.empty()) return digits(value);
  if (value == 0) return "0 " + unit;
  if (unit == "s") {
    for (const Prefix& prefix : seconds) {
      if (prefix.factor == 60 && std::abs(value) < longest_in_seconds) continue;
      if (std::abs(value) >= prefix.factor) {
        return digits(value / prefix.factor) + std::string(prefix.text);
      }
    }
    return digits(value) + " s";
  }
  if (unit == "bit/s" || unit == "B") {
    for (const Prefix& prefix : thousands) {
      if (std::abs(value) >= prefix.factor) {
        return digits(value / prefix.factor) + std::string(prefix.text) + unit;
      }
    }
  }
  return digits(value) + " " + unit;
}

std::string text_table(const Figure& figure) {
  const std::vector<Row> rows = rows_of(figure);
  const std::vector<std::size_t> widths = widths_of(rows);
  std::string text = figure.title + "\n";
  if (figure.kind == Kind::heat) text += figure.colour.label + "\n";
  if (!figure.interval.empty() && figure.kind != Kind::distribution) {
    text += fmt::format("({})\n", figure.interval);
  }
  text += "\n";
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += padded(row[i], widths[i]) + "  ";
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string markdown_table(const Figure& figure) {
  const std::vector<Row> rows = rows_of(figure);
  const std::vector<std::size_t> widths = widths_of(rows);
  std::string text;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    text += "|";
    for (std::size_t i = 0; i < rows[r].size(); ++i) {
      text += fmt::format(" {} |", padded(rows[r][i], widths[i]));
    }
    text += "\n";
    if (r != 0) continue;
    text += "|";
    for (const std::size_t columns : widths)
      text += fmt::format(" {} |", std::string(columns, '-'));
    text += "\n";
  }
  return text;
}

std::string csv_table(const Figure& figure) {
  std::string text = "x,series,value,low,high,runs\n";
  const auto lines = [&text](const std::vector<Series>& all, const char* theory) {
    for (const Series& series : all) {
      for (const Mark& mark : series.marks) {
        text += fmt::format("{},{},{},{},{},{}\n", csv_field(mark.place),
                            csv_field(series.name + theory), mark.value,
                            mark.interval ? fmt::format("{}", mark.interval->low) : "",
                            mark.interval ? fmt::format("{}", mark.interval->high) : "", mark.runs);
      }
    }
  };
  lines(figure.series, "");
  lines(figure.theory, " (theory)");
  return text;
}

}  // namespace natsim::figures
