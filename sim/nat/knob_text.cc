#include "sim/nat/knob_text.h"

#include <charconv>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "stack/base/units.h"

namespace natsim::nat {
namespace {

template <typename Number>
std::optional<Number> whole_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The text before the first `separator`, which is taken off with it; all of it if there is none.
std::string_view take_until(std::string_view& text, std::string_view separator) {
  const std::size_t at = text.find(separator);
  const std::string_view head = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + separator.size());
  return head;
}

struct TextSetter {
  std::string_view text;
  NatOptions& options;

  std::string operator()(const ChoiceKnob& knob) const {
    std::string names;
    for (std::size_t position = 0; position < knob.size; ++position) {
      const std::string_view long_name = knob.long_name(position);
      if (text == knob.name(position) || (!long_name.empty() && text == long_name)) {
        knob.set(options, position);
        return {};
      }
      names += fmt::format("{}{}", names.empty() ? "" : ", ", knob.name(position));
    }
    return "one of " + names;
  }
  std::string operator()(const FlagKnob& knob) const {
    if (text != "yes" && text != "no") return "yes or no";
    options.*knob.member = text == "yes";
    return {};
  }
  std::string operator()(const CountKnob& knob) const {
    const auto number = whole_number<std::uint32_t>(text);
    if (!number || *number < knob.low || *number > knob.high) {
      return fmt::format("a number from {} to {}", knob.low, knob.high);
    }
    knob.set(options, *number);
    return {};
  }
  std::string operator()(const DurationKnob& knob) const {
    const auto duration = parse_duration(text);
    if (!duration) return std::string(a_duration);
    if (!knob.may_be_zero && duration.value() == Duration{}) return "more than 0s";
    knob.set(options, duration.value());
    return {};
  }
  std::string operator()(const PortRangeKnob& knob) const {
    std::string_view rest = text;
    const auto first = whole_number<std::uint16_t>(take_until(rest, "-"));
    const auto last = whole_number<std::uint16_t>(rest);
    if (!first || !last) return "the first and the last port, such as 1024-65535";
    options.*knob.member = {*first, *last};
    return {};
  }
  std::string operator()(const PrefixKnob& knob) const {
    const auto prefix = Prefix::parse(text);
    if (!prefix) return "a prefix such as 100.64.0.0/10";
    options.*knob.member = *prefix;
    return {};
  }
  std::string operator()(const PortTimeoutsKnob& knob) const {
    std::vector<PortTimeout> rows;
    for (std::string_view rest = text == "none" ? "" : text; !rest.empty();) {
      std::string_view row = take_until(rest, ", ");
      const auto port = whole_number<std::uint16_t>(take_until(row, ": "));
      const auto timeout = parse_duration(row);
      if (!port || !timeout) return "ports with their timeouts, such as 53: 10s, 123: 5s, or none";
      rows.push_back({*port, timeout.value()});
    }
    options.*knob.member = std::move(rows);
    return {};
  }
};

}  // namespace

std::string set_from_text(const Knob& knob, std::string_view text, NatOptions& options) {
  return std::visit(TextSetter{text, options}, knob.kind);
}

}  // namespace natsim::nat
