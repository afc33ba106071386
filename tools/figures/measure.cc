#include "tools/figures/measure.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace natsim::figures {
namespace {

constexpr std::array<std::string_view, 14> acronyms = {"dns",  "dtls", "ice",  "ip",  "mos",
                                                       "nat",  "rtp",  "rtt",  "sdp", "srtp",
                                                       "stun", "tcp",  "turn", "udp"};

struct Function {
  Measure::Kind kind;
  double quantile;
};

std::optional<Function> function_named(std::string_view name) {
  if (name == "median") return Function{Measure::Kind::quantile, 0.5};
  if (name == "mean") return Function{Measure::Kind::mean, 0};
  if (name == "min") return Function{Measure::Kind::least, 0};
  if (name == "max") return Function{Measure::Kind::greatest, 0};
  if (!name.starts_with('p')) return std::nullopt;
  double percent = 0;
  const char* const end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + 1, end, percent);
  if (read.ec != std::errc() || read.ptr != end || percent <= 0 || percent > 100) {
    return std::nullopt;
  }
  return Function{Measure::Kind::quantile, percent / 100};
}

Result<Measure> share_of(const results::Frame& frame, const std::string& text, std::size_t equals) {
  const auto column = frame.column(text.substr(0, equals));
  if (!column) return Error{column.error()};
  Measure measure{.column = column.value(), .value = text.substr(equals + 1)};
  if (measure.value.empty()) return Error{fmt::format("'{}': a value is missing", text)};
  measure.label = fmt::format("{} {}", plain(column.value()->name), measure.value);
  return measure;
}

}  // namespace

std::string plain(std::string name) {
  std::string text;
  std::size_t from = 0;
  while (from <= name.size()) {
    const std::size_t to = std::min(name.find('_', from), name.size());
    std::string word = name.substr(from, to - from);
    if (std::find(acronyms.begin(), acronyms.end(), word) != acronyms.end()) {
      std::transform(word.begin(), word.end(), word.begin(),
                     [](char c) { return static_cast<char>(c - 'a' + 'A'); });
    }
    text += (from == 0 ? "" : " ") + word;
    from = to + 1;
  }
  return text;
}

std::string Measure::unit() const { return kind == Kind::share ? "%" : column->unit; }

Measure::Answer Measure::of(const std::vector<std::size_t>& rows) const {
  std::vector<double> values;
  std::int64_t count = 0;
  std::int64_t successes = 0;
  for (const std::size_t row : rows) {
    if (!column->has(row)) continue;
    ++count;
    if (!value.empty()) {
      successes += column->texts[row] == value ? 1 : 0;
    } else if (kind == Kind::share) {
      successes += *column->numbers[row] != 0 ? 1 : 0;
    } else {
      values.push_back(*column->numbers[row]);
    }
  }
  if (count == 0) return {0, {0, std::nullopt}};
  switch (kind) {
    case Kind::share:
      return {count, statistics::share(successes, count)};
    case Kind::quantile:
      std::sort(values.begin(), values.end());
      return {count, statistics::quantile(values, quantile)};
    case Kind::mean:
      return {count, statistics::mean(values)};
    case Kind::least:
      return {count, {*std::min_element(values.begin(), values.end()), std::nullopt}};
    case Kind::greatest:
      break;
  }
  return {count, {*std::max_element(values.begin(), values.end()), std::nullopt}};
}

Result<Measure> parse_measure(const results::Frame& frame, const std::string& text) {
  const auto open = text.find('(');
  if (open == std::string::npos) {
    const auto equals = text.find('=');
    if (equals != std::string::npos) return share_of(frame, text, equals);
    const auto column = frame.column(text);
    if (!column) return Error{column.error()};
    Measure measure{.column = column.value(), .label = plain(text)};
    if (column.value()->kind == results::ColumnKind::boolean) return measure;
    if (column.value()->kind == results::ColumnKind::text) {
      return Error{fmt::format("{} is a text; ask for the share of one value: '{}={}'", text, text,
                               column.value()->texts.front())};
    }
    measure.kind = Measure::Kind::quantile;
    measure.label = fmt::format("median {}", measure.label);
    return measure;
  }
  const auto function = function_named(std::string_view(text).substr(0, open));
  if (!function || !text.ends_with(')')) {
    return Error{fmt::format(
        "'{}': expected NAME, NAME=VALUE, median(NAME), pNN(NAME), mean(NAME), min(NAME) or "
        "max(NAME)",
        text)};
  }
  const std::string name = text.substr(open + 1, text.size() - open - 2);
  const auto column = frame.column(name);
  if (!column) return Error{column.error()};
  if (column.value()->kind == results::ColumnKind::text) {
    return Error{fmt::format("'{}': {} is a text", text, name)};
  }
  return Measure{.kind = function->kind,
                 .column = column.value(),
                 .quantile = function->quantile,
                 .label = fmt::format("{} {}", text.substr(0, open), plain(name))};
}

}  // namespace natsim::figures
