#include "sim/nat/external_pool.h"

#include <algorithm>

namespace natsim::nat {

void ExternalPool::add(const IpAddress& address) {
  const auto index = static_cast<std::uint16_t>(externals_.size());
  External& external = externals_.emplace_back();
  external.address = address;
  for (const Transport transport : all_transports) {
    external.ports[static_cast<std::size_t>(transport)].next = range_of(transport).first;
  }
  by_family_[static_cast<std::size_t>(address.family())].push_back(index);
  index_.emplace(address, index);
}

std::optional<std::uint16_t> ExternalPool::find(const IpAddress& address) const {
  // A box has one, mostly: looking there first keeps the table out of the caches.
  if (externals_.size() == 1) {
    if (externals_.front().address != address) return std::nullopt;
    return std::uint16_t{0};
  }
  const auto found = index_.find(address);
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

std::optional<ExternalKey> ExternalPool::find(Transport transport, const Endpoint& endpoint) const {
  const auto address = find(endpoint.address);
  if (!address) return std::nullopt;
  return ExternalKey{*address, endpoint.port, transport};
}

std::optional<std::uint16_t> ExternalPool::draw(Family family) {
  const auto& candidates = by_family_[static_cast<std::size_t>(family)];
  if (candidates.empty()) return std::nullopt;
  if (candidates.size() == 1) return candidates.front();
  return candidates[random_.below(candidates.size())];
}

std::uint16_t ExternalPool::after(std::uint16_t index) const {
  const auto& candidates = by_family_[static_cast<std::size_t>(externals_[index].address.family())];
  const auto next = std::upper_bound(candidates.begin(), candidates.end(), index);
  return next == candidates.end() ? candidates.front() : *next;
}

std::optional<ExternalKey> ExternalPool::take(ExternalKey wanted) {
  Ports& ports = ports_of(wanted);
  const PortRange range = range_of(wanted.transport);
  const std::uint32_t free = range.size() - ports.set.taken();
  if (free == 0) return std::nullopt;
  std::optional<std::uint16_t> port;
  switch (allocation_) {
    case PortAllocation::preserve:
    case PortAllocation::preserve_overload:
      port = ports.set.next_free(range.contains(wanted.port) ? wanted.port : range.first, range);
      break;
    case PortAllocation::sequential:
      port = ports.set.next_free(ports.next, range);
      ports.next = *port == range.last ? range.first : static_cast<std::uint16_t>(*port + 1);
      break;
    case PortAllocation::random:
      port = ports.set.nth_free(static_cast<std::uint32_t>(random_.below(free)), range);
      break;
  }
  ports.set.take(*port);
  return ExternalKey{wanted.address, *port, wanted.transport};
}

}  // namespace natsim::nat
