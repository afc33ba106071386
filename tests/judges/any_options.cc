#include "tests/judges/any_options.h"

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <variant>
#include <vector>

#include "sim/nat/knobs.h"
#include "sim/nat/presets.h"

namespace natsim::judges {

using nat::NatOptions;

namespace {

// Sets a knob to something that matters in a run of some minutes with a handful of hosts, at times
// out of bounds.
struct AnyValue {
  NatOptions& options;

  void operator()(const nat::ChoiceKnob& knob) const {
    knob.set(options, *rc::gen::inRange<std::size_t>(0, knob.size));
  }
  void operator()(const nat::FlagKnob& knob) const {
    options.*knob.member = *rc::gen::arbitrary<bool>();
  }
  void operator()(const nat::CountKnob& knob) const {
    knob.set(options,
             std::min(knob.high, *rc::gen::element<std::uint32_t>(0, 1, 2, 3, 5, 8, 64, 2000)));
  }
  void operator()(const nat::DurationKnob& knob) const {
    knob.set(options, seconds(*rc::gen::element<std::int64_t>(0, 1, 10, 30, 60, 300)));
  }
  void operator()(const nat::PortRangeKnob& knob) const {
    options.*knob.member = *rc::gen::element(
        nat::PortRange{1024, 65535}, nat::PortRange{4999, 5005}, nat::PortRange{49152, 65535},
        nat::PortRange{1, 65535}, nat::PortRange{6000, 5000});
  }
  void operator()(const nat::PrefixKnob& knob) const {
    options.*knob.member = {IpAddress::v4(192, 168, 1, 0), 24};
  }
  void operator()(const nat::PortTimeoutsKnob& knob) const {
    options.*knob.member = {{.port = 3478, .timeout = seconds(10)}};
  }
};

std::vector<std::string_view> all_names() {
  std::vector<std::string_view> names;
  for (const nat::Knob& knob : nat::knobs()) names.push_back(knob.name);
  return names;
}

}  // namespace

void showValue(const Drawn& drawn, std::ostream& out) {
  const NatOptions defaults;
  const char* separator = "{";
  for (const nat::Knob& knob : nat::knobs()) {
    const std::string text = value_text(knob, drawn.options);
    if (text == value_text(knob, defaults)) continue;
    out << separator << knob.name << " = " << text;
    separator = ", ";
  }
  out << (*separator == '{' ? "{}" : "}");
}

void set_some(NatOptions& options, std::span<const std::string_view> names, int of) {
  for (const std::string_view name : names) {
    if (*rc::gen::inRange(0, of) == 1) std::visit(AnyValue{options}, nat::find_knob(name)->kind);
  }
}

rc::Gen<Drawn> any_options() {
  return rc::gen::exec([] {
    Drawn drawn;
    const auto presets = nat::presets();
    if (*rc::gen::inRange(0, 3) == 1) {
      drawn.options = options_of(*presets[*rc::gen::inRange<std::size_t>(0, presets.size())]);
    }
    set_some(drawn.options, all_names(), 6);
    return drawn;
  });
}

rc::Gen<Drawn> valid_options() {
  return rc::gen::suchThat(any_options(),
                           [](const Drawn& drawn) { return validate(drawn.options).empty(); });
}

}  // namespace natsim::judges
