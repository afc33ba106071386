#include "tools/figures/filter.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "sim/script/reported_quantity.h"

namespace natsim::figures {
namespace {

struct Operator {
  std::string_view sign;
  bool (*of_numbers)(double left, double right);
  bool orders;  // and so has no meaning for texts
};

// The longer ones first, as they begin alike.
constexpr Operator operators[] = {
    {"!=", [](double a, double b) { return a != b; }, false},
    {"<=", [](double a, double b) { return a <= b; }, true},
    {">=", [](double a, double b) { return a >= b; }, true},
    {"=", [](double a, double b) { return a == b; }, false},
    {"<", [](double a, double b) { return a < b; }, true},
    {">", [](double a, double b) { return a > b; }, true},
};

std::optional<double> number_of(const std::string& text) {
  if (text == "true") return 1;
  if (text == "false") return 0;
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec == std::errc() && read.ptr == end) return number;
  return script::number_in(text);
}

struct Condition {
  const results::Column* column;
  const Operator* how;
  std::string text;
  std::optional<double> number;

  [[nodiscard]] bool met_by(std::size_t row) const {
    if (!column->has(row)) return false;
    if (column->kind != results::ColumnKind::text) {
      return how->of_numbers(*column->numbers[row], *number);
    }
    return (column->texts[row] == text) == (how->sign == "=");
  }
};

Result<Condition> parse(const results::Frame& frame, const std::string& text) {
  const auto at = text.find_first_of("!<>=");
  const auto* const found =
      at == std::string::npos
          ? std::end(operators)
          : std::find_if(std::begin(operators), std::end(operators), [&](const Operator& each) {
              return text.compare(at, each.sign.size(), each.sign) == 0;
            });
  if (found == std::end(operators) || at == 0) {
    return Error{fmt::format("--where {}: expected NAME=VALUE, or !=, <, <=, > or >=", text)};
  }
  const auto column = frame.column(text.substr(0, at));
  if (!column) return Error{fmt::format("--where {}: {}", text, column.error())};
  Condition condition{column.value(), found, text.substr(at + found->sign.size()), std::nullopt};
  condition.number = number_of(condition.text);
  const bool is_text = column.value()->kind == results::ColumnKind::text;
  if (is_text && found->orders) {
    return Error{fmt::format("--where {}: {} is a text", text, column.value()->name)};
  }
  if (!is_text && !condition.number) {
    return Error{fmt::format("--where {}: '{}' is no number", text, condition.text)};
  }
  return condition;
}

}  // namespace

Result<std::vector<std::size_t>> rows_where(const results::Frame& frame,
                                            const std::vector<std::string>& conditions) {
  std::vector<Condition> all;
  for (const std::string& text : conditions) {
    auto condition = parse(frame, text);
    if (!condition) return Error{condition.error()};
    all.push_back(std::move(condition.value()));
  }
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < frame.rows; ++row) {
    if (std::all_of(all.begin(), all.end(),
                    [row](const Condition& condition) { return condition.met_by(row); })) {
      rows.push_back(row);
    }
  }
  if (rows.empty()) return Error{"no run meets all conditions of --where"};
  return rows;
}

}  // namespace natsim::figures
