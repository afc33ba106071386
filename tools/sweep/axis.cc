#include "tools/sweep/axis.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "stack/base/units.h"

namespace natsim::sweep {
namespace {

constexpr std::int64_t most_values = 1'000'000;

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// A decimal number with what follows it: 1.25 in "1.25%" is 125 with two places.
struct Decimal {
  std::int64_t digits;
  int places;
  std::string unit;
};

std::optional<Decimal> parse_decimal(std::string_view text) {
  constexpr std::size_t most_digits = 15;  // so that no sum overflows
  Decimal decimal{0, 0, {}};
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  std::size_t digits = 0;
  bool point = false;
  while (!text.empty() && ((text.front() >= '0' && text.front() <= '9') || text.front() == '.')) {
    if (text.front() == '.') {
      if (point) return std::nullopt;
      point = true;
    } else {
      decimal.digits = decimal.digits * 10 + (text.front() - '0');
      decimal.places += point ? 1 : 0;
      if (++digits > most_digits) return std::nullopt;
    }
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  decimal.unit = text;
  if (negative) decimal.digits = -decimal.digits;
  return decimal;
}

std::string decimal_text(std::int64_t digits, int places, const std::string& unit) {
  std::string text =
      fmt::format("{}{:0{}}", digits < 0 ? "-" : "", digits < 0 ? -digits : digits, places + 1);
  if (places > 0) {
    text.insert(text.size() - static_cast<std::size_t>(places), ".");
    while (text.ends_with('0')) text.pop_back();
    if (text.ends_with('.')) text.pop_back();
  }
  return text + unit;
}

struct Steps {
  std::int64_t from;
  std::int64_t to;
  std::int64_t step;
};

// From, to and step as multiples of one unit, and how a multiple is written.
template <typename Text>
Result<std::vector<std::string>> values_in(const Steps& steps, const std::string& item, Text text) {
  if (steps.step <= 0) return Error{fmt::format("'{}': the step has to be above zero", item)};
  if (steps.to < steps.from) return Error{fmt::format("'{}': it ends before it begins", item)};
  if ((steps.to - steps.from) / steps.step >= most_values) {
    return Error{fmt::format("'{}': it has more than {} values", item, most_values)};
  }
  std::vector<std::string> values;
  for (std::int64_t at = steps.from; at <= steps.to; at += steps.step) values.push_back(text(at));
  return values;
}

// nullopt if the item is no range.
std::optional<Result<std::vector<std::string>>> parse_range(const std::string& item) {
  const auto parts = split(item, ':');
  if (parts.size() != 3) return std::nullopt;
  std::vector<Decimal> decimals;
  std::vector<std::int64_t> durations;
  int places = 0;
  for (const std::string& part : parts) {
    const auto decimal = parse_decimal(part);
    if (!decimal) return std::nullopt;
    decimals.push_back(*decimal);
    places = std::max(places, decimal->places);
    if (const auto duration = parse_duration(part)) durations.push_back(duration.value().ns);
  }
  if (durations.size() == 3) {
    return values_in({durations[0], durations[1], durations[2]}, item,
                     [](std::int64_t ns) { return to_string(nanoseconds(ns)); });
  }
  const std::string& unit = decimals.front().unit;
  Steps steps{};
  std::int64_t* const ends[] = {&steps.from, &steps.to, &steps.step};
  for (std::size_t i = 0; i < decimals.size(); ++i) {
    if (decimals[i].unit != unit) {
      return Error{fmt::format("'{}': its three parts have different units", item)};
    }
    *ends[i] = decimals[i].digits;
    for (int place = decimals[i].places; place < places; ++place) {
      if (*ends[i] > INT64_MAX / 100 || *ends[i] < INT64_MIN / 100) {
        return Error{fmt::format("'{}': its parts are too far apart", item)};
      }
      *ends[i] *= 10;
    }
  }
  return values_in(steps, item, [&](std::int64_t at) { return decimal_text(at, places, unit); });
}

}  // namespace

Result<Axis> parse_axis(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
    return Error{fmt::format("{}: expected name=a,b,c or name=from:to:step", text)};
  }
  Axis axis{.name = text.substr(0, equals), .values = {}};
  for (const std::string& item : split(std::string_view(text).substr(equals + 1), ',')) {
    const auto range = parse_range(item);
    if (range && !*range) return Error{fmt::format("{}: {}", axis.name, range->error())};
    for (const std::string& value : range ? range->value() : std::vector{item}) {
      if (value.empty()) return Error{fmt::format("{}: an item is empty", text)};
      if (std::find(axis.values.begin(), axis.values.end(), value) != axis.values.end()) {
        return Error{fmt::format("{}: it takes the value {} twice", axis.name, value)};
      }
      axis.values.push_back(value);
    }
  }
  return axis;
}

}  // namespace natsim::sweep
