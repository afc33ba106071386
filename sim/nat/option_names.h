// The names of the options' values, for scenarios and for printing.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "sim/nat/options.h"

namespace natsim::nat {

template <typename Value>
struct OptionName {
  Value value;
  std::string_view name;       // how it is printed
  std::string_view long_name;  // also understood; may be empty
};

inline constexpr std::array<OptionName<Dependence>, 3> mapping_names = {{
    {Dependence::endpoint_independent, "EIM", "endpoint-independent"},
    {Dependence::address_dependent, "ADM", "address-dependent"},
    {Dependence::address_and_port_dependent, "APDM", "address-and-port-dependent"},
}};
inline constexpr std::array<OptionName<Dependence>, 3> filtering_names = {{
    {Dependence::endpoint_independent, "EIF", "endpoint-independent"},
    {Dependence::address_dependent, "ADF", "address-dependent"},
    {Dependence::address_and_port_dependent, "APDF", "address-and-port-dependent"},
}};
inline constexpr std::array<OptionName<FilterScope>, 2> filter_scope_names = {{
    {FilterScope::per_mapping, "per_mapping", {}},
    {FilterScope::per_endpoint, "per_endpoint", {}},
}};
inline constexpr std::array<OptionName<PortAllocation>, 6> port_allocation_names = {{
    {PortAllocation::preserve, "preserve", {}},
    {PortAllocation::preserve_overload, "preserve_overload", {}},
    {PortAllocation::sequential, "sequential", {}},
    {PortAllocation::random, "random", {}},
    {PortAllocation::random_overload, "random_overload", {}},
    {PortAllocation::hash_of_remote, "hash_of_remote", {}},
}};
inline constexpr std::array<OptionName<PortCollision>, 4> port_collision_names = {{
    {PortCollision::next_free, "next_free", {}},
    {PortCollision::random, "random", {}},
    {PortCollision::linux_search, "linux_search", {}},
    {PortCollision::refuse, "refuse", {}},
}};
inline constexpr std::array<OptionName<PortClasses>, 3> port_classes_names = {{
    {PortClasses::one, "one", {}},
    {PortClasses::two, "two", {}},
    {PortClasses::three, "three", {}},
}};
inline constexpr std::array<OptionName<PortBlocks>, 3> port_blocks_names = {{
    {PortBlocks::none, "none", {}},
    {PortBlocks::dynamic, "dynamic", {}},
    {PortBlocks::deterministic, "deterministic", {}},
}};
inline constexpr std::array<OptionName<TimerScope>, 2> timer_scope_names = {{
    {TimerScope::per_mapping, "per_mapping", {}},
    {TimerScope::per_session, "per_session", {}},
}};
inline constexpr std::array<OptionName<Exhaustion>, 5> exhaustion_names = {{
    {Exhaustion::silent, "silent", {}},
    {Exhaustion::admin_prohibited, "admin_prohibited", {}},
    {Exhaustion::host_unreachable, "host_unreachable", {}},
    {Exhaustion::evict_oldest, "evict_oldest", {}},
    {Exhaustion::evict_unreplied, "evict_unreplied", {}},
}};
inline constexpr std::array<OptionName<Refresh>, 4> refresh_names = {{
    {Refresh::outbound, "outbound", {}},
    {Refresh::inbound, "inbound", {}},
    {Refresh::both, "both", {}},
    {Refresh::per_direction, "per_direction", {}},
}};
inline constexpr std::array<OptionName<Hairpin>, 3> hairpin_names = {{
    {Hairpin::off, "off", {}},
    {Hairpin::external_source, "external_source", {}},
    {Hairpin::internal_source, "internal_source", {}},
}};
inline constexpr std::array<OptionName<Pooling>, 4> pooling_names = {{
    {Pooling::paired, "paired", {}},
    {Pooling::arbitrary, "arbitrary", {}},
    {Pooling::hash_of_source, "hash_of_source", {}},
    {Pooling::hash_of_source_and_destination, "hash_of_source_and_destination", {}},
}};
inline constexpr std::array<OptionName<Fragments>, 3> fragments_names = {{
    {Fragments::drop, "drop", {}},
    {Fragments::in_order_only, "in_order_only", {}},
    {Fragments::out_of_order, "out_of_order", {}},
}};
inline constexpr std::array<OptionName<TcpMidstream>, 3> tcp_midstream_names = {{
    {TcpMidstream::drop, "drop", {}},
    {TcpMidstream::reset, "reset", {}},
    {TcpMidstream::pick_up, "pick_up", {}},
}};
inline constexpr std::array<OptionName<Unsolicited>, 3> unsolicited_names = {{
    {Unsolicited::drop, "drop", {}},
    {Unsolicited::port_unreachable, "port_unreachable", {}},
    {Unsolicited::accept_local_and_track, "accept_local_and_track", {}},
}};
inline constexpr std::array<OptionName<UnsolicitedSyn>, 4> unsolicited_syn_names = {{
    {UnsolicitedSyn::drop, "drop", {}},
    {UnsolicitedSyn::port_unreachable, "port_unreachable", {}},
    {UnsolicitedSyn::reset, "reset", {}},
    {UnsolicitedSyn::hold, "hold", {}},
}};
inline constexpr std::array<OptionName<IcmpErrors>, 3> icmp_errors_names = {{
    {IcmpErrors::translate, "translate", {}},
    {IcmpErrors::drop, "drop", {}},
    {IcmpErrors::pass_untranslated, "pass_untranslated", {}},
}};

// The name of a value. Precondition: the table has it.
template <typename Value, std::size_t N>
constexpr std::string_view name_in(const std::array<OptionName<Value>, N>& table, Value value) {
  for (const OptionName<Value>& row : table) {
    if (row.value == value) return row.name;
  }
  return {};
}

// The value of either of its names; nullopt if the table has no such name.
template <typename Value, std::size_t N>
constexpr std::optional<Value> value_in(const std::array<OptionName<Value>, N>& table,
                                        std::string_view name) {
  for (const OptionName<Value>& row : table) {
    if (name == row.name || (!row.long_name.empty() && name == row.long_name)) return row.value;
  }
  return std::nullopt;
}

}  // namespace natsim::nat
