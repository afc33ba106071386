#include "sim/nat/options.h"

#include <fmt/format.h>

#include "sim/nat/knobs.h"

namespace natsim::nat {
namespace {

// What a knob alone can be wrong about: what was expected; empty if nothing is.
struct Bounds {
  const NatOptions& options;

  std::string operator()(const ChoiceKnob& /*knob*/) const { return {}; }
  std::string operator()(const FlagKnob& /*knob*/) const { return {}; }
  std::string operator()(const CountKnob& knob) const {
    const std::uint32_t count = knob.get(options);
    if (knob.low <= count && count <= knob.high) return {};
    return fmt::format("a number from {} to {}", knob.low, knob.high);
  }
  std::string operator()(const DurationKnob& knob) const {
    return of(knob.get(options), knob.may_be_zero);
  }
  std::string operator()(const PortRangeKnob& knob) const {
    const PortRange& range = options.*knob.member;
    if (range.first == 0) return "ports from 1 to 65535";
    if (range.first > range.last) return "the first port to be at most the last";
    return {};
  }
  std::string operator()(const PrefixKnob& /*knob*/) const { return {}; }
  std::string operator()(const PortTimeoutsKnob& knob) const {
    const auto& rows = options.*knob.member;
    if (rows.size() > max_port_timeouts) return fmt::format("at most {} ports", max_port_timeouts);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (std::string wrong = of(rows[i].timeout, false); !wrong.empty()) return wrong;
      for (std::size_t k = 0; k < i; ++k) {
        if (rows[k].port == rows[i].port) return "each port once";
      }
    }
    return {};
  }

 private:
  static std::string of(Duration duration, bool may_be_zero) {
    const bool enough = may_be_zero ? duration >= Duration{} : duration > Duration{};
    if (enough && duration <= longest_timeout) return {};
    return fmt::format("{} 0s and at most {}", may_be_zero ? "at least" : "more than",
                       to_string(longest_timeout));
  }
};

// A combination that cannot be meant.
struct Contradiction {
  bool (*holds)(const NatOptions& options);
  std::string_view field;
  std::string_view expected;
};

bool evicts(Exhaustion policy) {
  return policy == Exhaustion::evict_oldest || policy == Exhaustion::evict_unreplied;
}
using Options = NatOptions;

constexpr Contradiction contradictions[] = {
    {[](const Options& o) { return o.symmetric_on_collision && overloads(o.port_allocation); },
     "symmetric_on_collision",
     "no overloading port_allocation beside it: a port that can be shared does not collide"},
    {[](const Options& o) {
       return o.symmetric_on_collision && o.on_collision == PortCollision::refuse;
     },
     "symmetric_on_collision",
     "on_collision not to be \"refuse\" beside it: there is no mapping then that could be "
     "symmetric"},
    {[](const Options& o) {
       return o.port_classes != PortClasses::one && o.port_range.first < 1024;
     },
     "port_classes",
     "port_range to begin at 1024 or above beside it: ports below have classes of their own"},
    {[](const Options& o) {
       return o.port_classes != PortClasses::one && o.port_blocks != PortBlocks::none;
     },
     "port_classes", "no port_blocks beside it: a host's block has ports of one class"},
    {[](const Options& o) { return o.port_stride > o.port_range.size(); }, "port_stride",
     "at most as many as port_range has ports"},
    {[](const Options& o) {
       return o.port_blocks != PortBlocks::none && o.port_block_size > o.port_range.size();
     },
     "port_block_size", "at most as many as port_range has"},
    {[](const Options& o) {
       return o.port_blocks == PortBlocks::deterministic && o.port_blocks_per_host != 1;
     },
     "port_blocks_per_host", "1 beside deterministic blocks: a host has the one of its address"},
    {[](const Options& o) {
       return o.port_blocks == PortBlocks::deterministic && o.pooling != Pooling::paired;
     },
     "pooling", "\"paired\" beside deterministic blocks: a host's block has one external address"},
    {[](const Options& o) { return o.port_hold_down > Duration{} && evicts(o.on_exhaustion); },
     "on_exhaustion",
     "no eviction beside port_hold_down: the port of what is evicted could not be used"},
    {[](const Options& o) {
       return o.timer_scope == TimerScope::per_session && o.refresh == Refresh::per_direction &&
              o.filtering == Dependence::endpoint_independent;
     },
     "refresh",
     "another refresh beside EIF and timer_scope \"per_session\": what anyone sends belongs to no "
     "session, so that nothing would restart the timer of that direction"},
};

}  // namespace

std::string to_string(const OptionError& error) {
  return fmt::format("{} is {}, expected {}", error.field, error.value, error.expected);
}

std::vector<OptionError> validate(const NatOptions& options) {
  std::vector<OptionError> errors;
  for (const Knob& knob : knobs()) {
    std::string expected = std::visit(Bounds{options}, knob.kind);
    if (!expected.empty()) {
      errors.push_back({knob.name, value_text(knob, options), std::move(expected)});
    }
  }
  if (!errors.empty()) return errors;
  for (const Contradiction& contradiction : contradictions) {
    if (!contradiction.holds(options)) continue;
    errors.push_back({contradiction.field, value_text(*find_knob(contradiction.field), options),
                      std::string(contradiction.expected)});
  }
  if (options.max_mappings != 0 && options.max_mappings_per_host > options.max_mappings) {
    errors.push_back({"max_mappings_per_host", fmt::to_string(options.max_mappings_per_host),
                      fmt::format("at most max_mappings, {}", options.max_mappings)});
  }
  return errors;
}

}  // namespace natsim::nat
