#include "sim/script/param_distribution.h"

#include <array>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sim/nat/nat_mix.h"
#include "sim/script/nearest.h"
#include "sim/script/options.h"
#include "sim/script/reported_quantity.h"
#include "sim/script/reported_value.h"
#include "sim/script/value.h"

namespace natsim::script {
namespace {

constexpr double steps_of_share = 1e6;
constexpr double steps_of_second = 1e9;

// The value as the default's kind, or an error about it.
ReportedValue read_value(const Value& value, const ReportedValue& like) {
  const auto given = to_reported(value.lua(), value.index());
  if (!given) value.refuse("a value of the parameter");
  if (given->index() == like.index() && !std::holds_alternative<std::string>(like)) return *given;
  const auto read = read_like(like, to_string(*given));
  if (!read) value.refuse(read.error());
  return read.value();
}

double steps_of(const ReportedValue& value, Quantity quantity) {
  const double number = number_in(value).value_or(0);
  if (quantity == Quantity::share) return number * steps_of_share;
  return quantity == Quantity::duration ? number * steps_of_second : number;
}

ValueRange read_range(const Value& range, const ReportedValue& like, bool logarithmic) {
  const Quantity quantity = quantity_of(like);
  if (quantity == Quantity::boolean || quantity == Quantity::text) {
    range.complain(
        fmt::format("'{}' is neither a number nor a quantity; use choice", to_string(like)));
  }
  if (!range.is_table() || range.length() != 2) {
    range.refuse("the lowest and the highest value, as in { \"10ms\", \"80ms\" }");
  }
  const double low = steps_of(read_value(range.element(1), like), quantity);
  const double high = steps_of(read_value(range.element(2), like), quantity);
  if (low > high) range.complain("the lowest value is above the highest");
  if (logarithmic && low <= 0) range.complain("the lowest value has to be above zero");
  return {quantity, low, high, logarithmic};
}

ValueChoice read_choice(const Value& list, const ReportedValue& like) {
  constexpr std::int64_t greatest_weight = 1'000'000'000;
  if (!list.is_table() || list.length() == 0) {
    list.refuse("a list of values, or of pairs of a value and its weight");
  }
  ValueChoice choice;
  for (int i = 1; i <= list.length(); ++i) {
    const StackMark mark(list.lua());
    const Value member = list.element(i);
    if (!member.is_table()) {
      choice.members.push_back({to_string(read_value(member, like)), 1});
      continue;
    }
    const Value value = member.element(1);
    const Value weight = member.element(2);
    choice.members.push_back(
        {to_string(read_value(value, like)), weight.number<std::uint64_t>(1, greatest_weight)});
  }
  return choice;
}

ValueChoice read_mix(const Value& name, const ReportedValue& like) {
  if (quantity_of(like) != Quantity::text) name.complain("it draws names of presets of NATs");
  const nat::NatMix* const mix = nat::find_mix(name.text());
  if (mix == nullptr) {
    std::vector<std::string_view> names;
    for (const nat::NatMix& known : nat::nat_mixes()) names.push_back(known.name);
    name.complain(
        fmt::format("no mix of NATs is named '{}'{}", name.text(), suggestion(name.text(), names)));
  }
  ValueChoice choice{.of_nats = true};
  for (const nat::MixMember& member : mix->members) {
    const std::string firewall = member.firewall.empty() ? "" : fmt::format("+{}", member.firewall);
    choice.members.push_back({std::string(member.preset) + firewall, member.weight});
  }
  return choice;
}

struct Shape {
  std::string_view key;
  Distribution (*read)(const Value& value, const ReportedValue& like);
};

constexpr Shape shapes[] = {
    {"uniform",
     [](const Value& value, const ReportedValue& like) {
       return Distribution(read_range(value, like, false));
     }},
    {"log_uniform",
     [](const Value& value, const ReportedValue& like) {
       return Distribution(read_range(value, like, true));
     }},
    {"choice", [](const Value& value,
                  const ReportedValue& like) { return Distribution(read_choice(value, like)); }},
    {"nat_mix", [](const Value& value,
                   const ReportedValue& like) { return Distribution(read_mix(value, like)); }},
};

}  // namespace

Distribution read_distribution(lua_State* lua, int index, const ReportedValue& like) {
  const Value table(lua, index, "param");
  std::array<std::string_view, std::size(shapes)> keys;
  for (std::size_t i = 0; i < std::size(shapes); ++i) keys[i] = shapes[i].key;
  check_keys(table, keys, 0);
  std::optional<Distribution> read;
  for (const Shape& shape : shapes) {
    const StackMark mark(lua);
    const Value value = table.field(shape.key);
    if (!value.present()) continue;
    if (read) table.complain("one of uniform, log_uniform, choice and nat_mix, not several");
    read = shape.read(value, like);
  }
  if (!read) table.refuse("uniform, log_uniform, choice or nat_mix");
  return std::move(*read);
}

}  // namespace natsim::script
