#include "sim/script/distribution.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "stack/base/time.h"
#include "stack/base/units.h"

namespace natsim::script {
namespace {

constexpr double millionths_of_percent = 1e4;  // steps of a share in one percent

std::string text_of_steps(Quantity quantity, double steps) {
  const auto whole = static_cast<std::int64_t>(std::llround(steps));
  switch (quantity) {
    case Quantity::duration:
      return to_string(nanoseconds(whole));
    case Quantity::rate:
      return rate_text(static_cast<std::uint64_t>(whole));
    case Quantity::size:
      return size_text(static_cast<std::uint64_t>(whole));
    case Quantity::share:
      return fmt::format("{}%", static_cast<double>(whole) / millionths_of_percent);
    case Quantity::whole:
      return fmt::format("{}", whole);
    case Quantity::number:
    case Quantity::boolean:
    case Quantity::text:
      break;
  }
  return fmt::format("{}", steps);
}

std::string draw_from(const ValueRange& range, Random& random) {
  double steps = range.low;
  if (range.logarithmic) {
    steps = range.low * std::exp(random.unit() * std::log(range.high / range.low));
  } else if (range.quantity == Quantity::number) {
    steps = range.low + random.unit() * (range.high - range.low);
  } else {
    steps = static_cast<double>(random.between(static_cast<std::int64_t>(range.low),
                                               static_cast<std::int64_t>(range.high)));
  }
  return text_of_steps(range.quantity, std::clamp(steps, range.low, range.high));
}

std::string draw_from(const ValueChoice& choice, Random& random) {
  std::uint64_t total = 0;
  for (const ValueChoice::Member& member : choice.members) total += member.weight;
  std::uint64_t ticket = random.below(total);
  for (const ValueChoice::Member& member : choice.members) {
    if (ticket < member.weight) return member.text;
    ticket -= member.weight;
  }
  return choice.members.back().text;
}

}  // namespace

std::string_view unit_of(Quantity quantity) {
  switch (quantity) {
    case Quantity::duration:
      return "s";
    case Quantity::rate:
      return "bit/s";
    case Quantity::size:
      return "B";
    case Quantity::boolean:
    case Quantity::whole:
    case Quantity::number:
    case Quantity::share:
    case Quantity::text:
      break;
  }
  return "";
}

std::string draw(const Distribution& distribution, Random& random) {
  return std::visit([&random](const auto& kind) { return draw_from(kind, random); }, distribution);
}

}  // namespace natsim::script
