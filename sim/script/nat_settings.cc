#include "sim/script/nat_settings.h"

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "sim/nat/dependent_knobs.h"
#include "sim/nat/knobs.h"
#include "sim/nat/presets.h"
#include "sim/script/nearest.h"
#include "sim/script/options.h"

namespace natsim::script {
namespace {

using nat::NatOptions;

// `more` is what may stand in the place of a preset's name, for the error.
NatOptions preset(const Value& value, std::string_view more = {}) {
  const std::string name = value.text();
  if (const auto options = nat::find_preset(name)) return *options;
  std::vector<std::string_view> names;
  for (const nat::Preset* const known : nat::presets()) names.push_back(known->name);
  if (!more.empty()) names.push_back(more);
  value.complain(fmt::format("no NAT preset is named '{}'{}", name, suggestion(name, names)));
}

// Sets a knob to what a script has written for it.
struct Setter {
  const Value& value;
  NatOptions& options;

  void operator()(const nat::ChoiceKnob& knob) const {
    std::vector<std::string_view> names;
    std::vector<std::size_t> positions;
    for (const auto text : {knob.name, knob.long_name}) {
      for (std::size_t position = 0; position < knob.size; ++position) {
        if (text(position).empty()) continue;
        names.push_back(text(position));
        positions.push_back(position);
      }
    }
    knob.set(options, positions[value.index_of(names)]);
  }
  void operator()(const nat::FlagKnob& knob) const { options.*knob.member = value.boolean(); }
  void operator()(const nat::CountKnob& knob) const {
    knob.set(options, value.number<std::uint32_t>(knob.low, knob.high));
  }
  void operator()(const nat::DurationKnob& knob) const {
    knob.set(options, knob.may_be_zero ? value.duration() : value.positive_duration());
  }
  void operator()(const nat::PortRangeKnob& knob) const {
    if (!value.is_table() || value.length() != 2) {
      value.refuse("the first and the last port, such as { 1024, 65535 }");
    }
    const Value first = value.element(1);
    const Value last = value.element(2);
    options.*knob.member = {first.port(), last.port()};
  }
  void operator()(const nat::PrefixKnob& knob) const { options.*knob.member = value.prefix(); }
  void operator()(const nat::PortTimeoutsKnob& knob) const {
    if (!value.is_table())
      value.refuse("a list of ports with timeouts, such as { { 53, \"10s\" } }");
    auto& rows = options.*knob.member;
    rows.clear();
    for (int i = 1; i <= value.length(); ++i) {
      const StackMark mark(value.lua());
      const Value row = value.element(i);
      if (!row.is_table() || row.length() != 2) {
        row.refuse("a port and its timeout, such as { 53, \"10s\" }");
      }
      const Value port = row.element(1);
      const Value timeout = row.element(2);
      rows.push_back({port.port(), timeout.positive_duration()});
    }
  }
};

void read_knobs(const Value& table, NatOptions& options) {
  std::vector<std::string_view> names{"preset"};
  for (const nat::Knob& knob : nat::knobs()) names.push_back(knob.name);
  check_keys(table, names, 0);
  {
    const StackMark mark(table.lua());
    const Value base = table.field("preset");
    if (base.present()) options = preset(base);
  }
  for (const nat::Knob& knob : nat::knobs()) {
    const StackMark mark(table.lua());
    const Value value = table.field(knob.name);
    if (value.present()) std::visit(Setter{value, options}, knob.kind);
  }
  for (const nat::Knob& knob : nat::knobs()) {
    const StackMark mark(table.lua());
    const Value value = table.field(knob.name);
    if (!value.present()) continue;
    const std::string_view missing = nat::missing_beside(knob.name, options);
    if (!missing.empty())
      value.complain(fmt::format("has no effect without, for example, {}", missing));
  }
}

}  // namespace

std::optional<NatOptions> read_nat(const Value& value) {
  if (value.is_text()) {
    if (value.text() == "none") return std::nullopt;
    return preset(value, "none");
  }
  if (!value.is_table()) value.refuse("a NAT preset's name, \"none\", or a table of NAT options");
  return read_nat_changes(value, {});
}

NatOptions read_nat_changes(const Value& value, NatOptions options) {
  read_knobs(value, options);
  const auto errors = nat::validate(options);
  if (!errors.empty()) {
    const nat::OptionError& error = errors.front();
    value.complain(
        fmt::format("{}: expected {}, got {}", error.field, error.expected, error.value));
  }
  return options;
}

}  // namespace natsim::script
