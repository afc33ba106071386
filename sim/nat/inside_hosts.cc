#include "sim/nat/inside_hosts.h"

#include <algorithm>
#include <numeric>

namespace natsim::nat {
namespace {

using core::DropReason;

// Rounded up, so that there are never more than `rate` in a second.
Duration interval_of(std::uint32_t rate) {
  return rate == 0 ? Duration{} : Duration{(seconds(1).ns + rate - 1) / rate};
}

}  // namespace

InsideHosts::InsideHosts(const NatOptions& options)
    : limit_(options.max_mappings_per_host),
      limits_{options.max_udp_mappings_per_host, options.max_tcp_mappings_per_host,
              options.max_icmp_mappings_per_host},
      interval_(interval_of(options.max_new_mappings_per_second)),
      index_(0, Hash{&hosts_}, Equal{&hosts_}) {}

DropReason InsideHosts::refusal(HostIndex index, Transport transport, Time now) const {
  if (index == no_index) return DropReason::none;
  const auto& counts = hosts_[index].mappings;
  const std::uint32_t limit = limits_[static_cast<std::size_t>(transport)];
  if (limit != 0 && mappings(index, transport) >= limit) return DropReason::nat_host_limit;
  if (limit_ != 0 && std::accumulate(counts.begin(), counts.end(), 0U) >= limit_) {
    return DropReason::nat_host_limit;
  }
  // A second's worth may be made at once.
  if (interval_ > Duration{} && rate_ends_[index] + interval_ > now + seconds(1)) {
    return DropReason::nat_host_rate;
  }
  return DropReason::none;
}

void InsideHosts::add_mapping(const IpAddress& address, Transport transport, std::uint16_t external,
                              Time now) {
  HostIndex index = find(address);
  if (index == no_index) {
    index = hosts_.take({.address = address, .external = external});
    index_.insert(index);
    if (interval_ > Duration{}) {
      rate_ends_.resize(std::max<std::size_t>(rate_ends_.size(), index + std::size_t{1}));
      rate_ends_[index] = now;
    }
  }
  ++hosts_[index].mappings[static_cast<std::size_t>(transport)];
  if (interval_ > Duration{}) rate_ends_[index] = std::max(rate_ends_[index], now) + interval_;
}

void InsideHosts::remove_mapping(const IpAddress& address, Transport transport) {
  const HostIndex index = find(address);
  auto& counts = hosts_[index].mappings;
  --counts[static_cast<std::size_t>(transport)];
  if (std::any_of(counts.begin(), counts.end(), [](std::uint32_t count) { return count > 0; })) {
    return;
  }
  index_.erase(index);
  hosts_.give_back(index);
}

}  // namespace natsim::nat
