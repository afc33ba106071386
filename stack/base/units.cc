#include "stack/base/units.h"

#include <cstddef>
#include <limits>
#include <span>

#include <fmt/format.h>

#include "stack/base/wide.h"

namespace natsim {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;  // base units in one of it
};

constexpr Unit duration_units[] = {
    {"ns", 1},
    {"us", 1'000},
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"min", 60'000'000'000},
    {"h", 3'600'000'000'000},
    {"d", 86'400'000'000'000},
};
constexpr Unit rate_units[] = {
    {"bit", 1},
    {"kbit", 1'000},
    {"Mbit", 1'000'000},
    {"Gbit", 1'000'000'000},
    {"Tbit", 1'000'000'000'000},
};
constexpr Unit size_units[] = {
    {"B", 1},
    {"kB", 1'000},
    {"MB", 1'000'000},
    {"GB", 1'000'000'000},
    {"KiB", std::uint64_t{1} << 10},
    {"MiB", std::uint64_t{1} << 20},
    {"GiB", std::uint64_t{1} << 30},
};
// A percentage is read in units of 10^-13 %, so that 100 % is still an integer of a double.
constexpr std::uint64_t percent_scale = 10'000'000'000'000;
constexpr Unit share_units[] = {{"%", percent_scale}};

struct Kind {
  std::string_view expected;     // for the error: what should have been written
  std::string_view finest_unit;  // what a fraction of cannot be held
  std::span<const Unit> units;
  std::uint64_t most;  // in base units
};

constexpr Kind duration_kind{a_duration, "nanosecond", duration_units,
                             std::numeric_limits<std::int64_t>::max()};
constexpr Kind rate_kind{a_rate, "bit per second", rate_units, 1'000'000'000'000'000};
constexpr Kind size_kind{a_size, "byte", size_units, std::numeric_limits<std::int64_t>::max()};
constexpr Kind share_kind{a_share, "10^-13 percent", share_units, 100 * percent_scale};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes the digits in front off `text`.
std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

Error not_a(const Kind& kind, std::string_view text, std::string_view why) {
  return Error{fmt::format("expected {}, got \"{}\"{}{}", kind.expected, text,
                           why.empty() ? "" : ": ", why)};
}

Error unknown_unit(const Kind& kind, std::string_view text, std::string_view unit) {
  std::string list;
  for (const Unit& known : kind.units) {
    list += fmt::format("{}{}", list.empty() ? "" : ", ", known.name);
  }
  if (unit.empty()) return not_a(kind, text, fmt::format("it has no unit ({})", list));
  return not_a(kind, text, fmt::format("the unit '{}' is none of {}", unit, list));
}

const Unit* find_unit(const Kind& kind, std::string_view name) {
  for (const Unit& unit : kind.units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

// The value in base units.
Result<std::uint64_t> parse(const Kind& kind, std::string_view text) {
  if (text.starts_with('-')) return not_a(kind, text, "it must not be negative");
  std::string_view rest = text;
  const std::string_view whole = take_digits(rest);
  if (whole.empty()) return not_a(kind, text, {});
  std::string_view fraction;
  if (!rest.empty() && rest.front() == '.') {
    rest.remove_prefix(1);
    fraction = take_digits(rest);
    if (fraction.empty()) return not_a(kind, text, {});
  }
  if (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  const Unit* const unit = find_unit(kind, rest);
  if (unit == nullptr) return unknown_unit(kind, text, rest);

  const Error too_large = not_a(kind, text, "it is too large");
  WideUnsigned value = 0;
  for (const char digit : whole) {
    value = value * 10 + static_cast<unsigned>(digit - '0');
    if (value > kind.most) return too_large;
  }
  value *= unit->factor;  // both are below 2^64

  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  WideUnsigned numerator = 0;
  WideUnsigned denominator = 1;
  constexpr std::size_t most_places = 20;  // then the product below is less than 2^128
  for (const char digit : fraction.substr(0, most_places)) {
    numerator = numerator * 10 + static_cast<unsigned>(digit - '0');
    denominator *= 10;
  }
  numerator *= unit->factor;
  if (fraction.size() > most_places || numerator % denominator != 0) {
    return not_a(kind, text, fmt::format("it is finer than one {}", kind.finest_unit));
  }
  value += numerator / denominator;
  if (value > kind.most) return too_large;
  return static_cast<std::uint64_t>(value);
}

std::string quantity_text(std::uint64_t value, std::span<const Unit> units) {
  const Unit* best = &units.front();
  for (const Unit& unit : units) {
    if (value >= unit.factor) best = &unit;
  }
  std::string text = fmt::format("{}", value / best->factor);
  std::uint64_t rest = value % best->factor;
  if (rest != 0) text += '.';
  for (std::uint64_t place = best->factor / 10; rest != 0; place /= 10) {
    text += static_cast<char>('0' + rest / place);
    rest %= place;
  }
  return text + std::string(best->name);
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  auto value = parse(duration_kind, text);
  if (!value) return Error{value.error()};
  return nanoseconds(static_cast<std::int64_t>(value.value()));
}

Result<std::uint64_t> parse_rate(std::string_view text) {
  if (text == "unlimited") return std::uint64_t{0};
  const std::string_view number = text.ends_with("/s") ? text.substr(0, text.size() - 2) : text;
  auto value = parse(rate_kind, number);
  if (value && value.value() == 0) return not_a(rate_kind, text, "a rate is greater than zero");
  return value;
}

Result<std::uint64_t> parse_size(std::string_view text) { return parse(size_kind, text); }

Result<double> parse_share(std::string_view text) {
  auto value = parse(share_kind, text);
  if (!value) return Error{value.error()};
  // Both are integers below 2^53, so that the one division rounds once.
  return static_cast<double>(value.value()) / static_cast<double>(100 * percent_scale);
}

std::string rate_text(std::uint64_t bits_per_second) {
  return bits_per_second == 0 ? "unlimited" : quantity_text(bits_per_second, rate_units);
}

std::string size_text(std::uint64_t bytes) {
  return quantity_text(bytes, std::span<const Unit>(size_units).first(4));
}

}  // namespace natsim
