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
inline constexpr std::array<OptionName<PortAllocation>, 4> port_allocation_names = {{
    {PortAllocation::preserve, "preserve", {}},
    {PortAllocation::preserve_overload, "preserve_overload", {}},
    {PortAllocation::sequential, "sequential", {}},
    {PortAllocation::random, "random", {}},
}};
inline constexpr std::array<OptionName<Refresh>, 3> refresh_names = {{
    {Refresh::outbound, "outbound", {}},
    {Refresh::inbound, "inbound", {}},
    {Refresh::both, "both", {}},
}};
inline constexpr std::array<OptionName<Hairpin>, 3> hairpin_names = {{
    {Hairpin::off, "off", {}},
    {Hairpin::external_source, "external_source", {}},
    {Hairpin::internal_source, "internal_source", {}},
}};
inline constexpr std::array<OptionName<Pooling>, 2> pooling_names = {{
    {Pooling::paired, "paired", {}},
    {Pooling::arbitrary, "arbitrary", {}},
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
