#include "sim/script/reported_quantity.h"

#include <charconv>
#include <cmath>

#include "stack/base/units.h"

namespace natsim::script {
namespace {

template <typename T>
std::optional<double> known(const Result<T>& result) {
  if (!result) return std::nullopt;
  return static_cast<double>(result.value());
}

struct WrittenQuantity {
  Quantity quantity;
  std::string_view expected;
  std::optional<double> (*read)(std::string_view text);  // in base units
};

constexpr WrittenQuantity written_quantities[] = {
    {Quantity::duration, a_duration,
     [](std::string_view text) -> std::optional<double> {
       const auto duration = parse_duration(text);
       if (!duration) return std::nullopt;
       return duration.value().to_seconds();
     }},
    {Quantity::rate, a_rate, [](std::string_view text) { return known(parse_rate(text)); }},
    {Quantity::size, a_size, [](std::string_view text) { return known(parse_size(text)); }},
    {Quantity::share, a_share, [](std::string_view text) { return known(parse_share(text)); }},
};

// Null for a text that is none.
const WrittenQuantity* written_quantity(std::string_view text) {
  for (const WrittenQuantity& candidate : written_quantities) {
    if (candidate.read(text)) return &candidate;
  }
  return nullptr;
}

template <typename Number>
std::optional<Number> number_text(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return number;
}

}  // namespace

Quantity quantity_of(const ReportedValue& value) {
  if (std::holds_alternative<bool>(value)) return Quantity::boolean;
  if (std::holds_alternative<std::int64_t>(value)) return Quantity::whole;
  if (std::holds_alternative<double>(value)) return Quantity::number;
  if (std::holds_alternative<Duration>(value)) return Quantity::duration;
  const WrittenQuantity* const written = written_quantity(std::get<std::string>(value));
  return written == nullptr ? Quantity::text : written->quantity;
}

std::optional<double> number_in(const ReportedValue& value) {
  if (const auto* const boolean = std::get_if<bool>(&value)) return *boolean ? 1.0 : 0.0;
  if (const auto* const whole = std::get_if<std::int64_t>(&value)) {
    return static_cast<double>(*whole);
  }
  if (const auto* const number = std::get_if<double>(&value)) return *number;
  if (const auto* const duration = std::get_if<Duration>(&value)) return duration->to_seconds();
  const std::string& text = std::get<std::string>(value);
  const WrittenQuantity* const written = written_quantity(text);
  if (written == nullptr || text == "unlimited") return std::nullopt;
  return written->read(text);
}

Result<ReportedValue> read_like(const ReportedValue& like, const std::string& text) {
  if (std::holds_alternative<bool>(like)) {
    if (text == "true") return ReportedValue(true);
    if (text == "false") return ReportedValue(false);
    return Error{"true or false"};
  }
  if (std::holds_alternative<std::int64_t>(like)) {
    if (const auto number = number_text<std::int64_t>(text)) return ReportedValue(*number);
    return Error{"a whole number"};
  }
  if (std::holds_alternative<double>(like)) {
    const auto number = number_text<double>(text);
    if (number && std::isfinite(*number)) return ReportedValue(*number);
    return Error{"a number"};
  }
  if (std::holds_alternative<Duration>(like)) {
    const auto duration = parse_duration(text);
    if (duration) return ReportedValue(duration.value());
    return Error{std::string(a_duration)};
  }
  const WrittenQuantity* const written = written_quantity(std::get<std::string>(like));
  if (written != nullptr && !written->read(text)) return Error{std::string(written->expected)};
  return ReportedValue(text);
}

}  // namespace natsim::script
