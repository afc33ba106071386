#include "sim/nat/options.h"

#include <fmt/format.h>

namespace natsim::nat {
namespace {

// Sums of times and timeouts stay far from the end of the clock.
constexpr Duration longest_timeout = seconds(365 * 24 * 3600);

}  // namespace

std::string to_string(const OptionError& error) {
  return fmt::format("{} is {}, expected {}", error.field, error.value, error.expected);
}

std::vector<OptionError> validate(const NatOptions& options) {
  std::vector<OptionError> errors;
  const PortRange& range = options.port_range;
  const std::string range_text = fmt::format("{}-{}", range.first, range.last);
  if (range.first == 0) {
    errors.push_back({"port_range", range_text, "ports from 1 to 65535"});
  }
  if (range.first > range.last) {
    errors.push_back({"port_range", range_text, "the first port to be at most the last"});
  }
  if (options.udp_timeout <= Duration{} || options.udp_timeout > longest_timeout) {
    errors.push_back({"udp_timeout", to_string(options.udp_timeout),
                      "more than 0s and at most " + to_string(longest_timeout)});
  }
  if (options.max_mappings != 0 && options.max_mappings_per_host > options.max_mappings) {
    errors.push_back({"max_mappings_per_host", fmt::to_string(options.max_mappings_per_host),
                      fmt::format("at most max_mappings, {}", options.max_mappings)});
  }
  return errors;
}

}  // namespace natsim::nat
