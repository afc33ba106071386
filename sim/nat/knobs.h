// Every option of a NAT as data: its name, kind, bounds and meaning. Scenarios, validation and
// listings are made from this one table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/nat/options.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::nat {

// One of some names, which are known by their position.
struct ChoiceKnob {
  std::size_t size;
  std::string_view (*name)(std::size_t position);
  std::string_view (*long_name)(std::size_t position);  // also understood; may be empty
  std::size_t (*get)(const NatOptions& options);
  void (*set)(NatOptions& options, std::size_t position);
};
struct FlagKnob {
  bool NatOptions::*member;
};
// A whole number with both bounds included.
struct CountKnob {
  std::uint32_t low;
  std::uint32_t high;
  std::uint32_t (*get)(const NatOptions& options);
  void (*set)(NatOptions& options, std::uint32_t count);
};
struct DurationKnob {
  bool may_be_zero;
  Duration (*get)(const NatOptions& options);
  void (*set)(NatOptions& options, Duration duration);
};
struct PortRangeKnob {
  PortRange NatOptions::*member;
};
struct PrefixKnob {
  Prefix NatOptions::*member;
};
struct PortTimeoutsKnob {
  std::vector<PortTimeout> NatOptions::*member;
};

struct Knob {
  std::string_view name;  // in scenarios and errors
  std::variant<ChoiceKnob, FlagKnob, CountKnob, DurationKnob, PortRangeKnob, PrefixKnob,
               PortTimeoutsKnob>
      kind;
  std::string_view meaning;  // one clause
  std::string_view source;   // where it comes from; may be empty
};

// Durations are at most this, so that sums of times stay far from the end of the clock.
inline constexpr Duration longest_timeout = seconds(365 * 24 * 3600);
// So many ports may have a timeout of their own.
inline constexpr std::size_t max_port_timeouts = 32;

// In the order in which they are listed.
std::span<const Knob> knobs();
// Null if none has the name.
const Knob* find_knob(std::string_view name);

// What a knob is set to: "EIM", "60s", "1024-65535", "yes", "53: 10s".
std::string value_text(const Knob& knob, const NatOptions& options);

}  // namespace natsim::nat
