#include "sim/nat/external_pool.h"

#include <algorithm>

#include "sim/nat/stable_hash.h"

namespace natsim::nat {

void ExternalPool::add(const IpAddress& address) {
  const auto index = static_cast<std::uint16_t>(externals_.size());
  externals_.emplace_back().address = address;
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

std::optional<std::uint16_t> ExternalPool::choose(const IpAddress& internal,
                                                  const IpAddress& remote, Random& random) const {
  const auto& candidates = of_family(internal.family());
  if (candidates.empty()) return std::nullopt;
  if (candidates.size() == 1) return candidates.front();
  switch (pooling_) {
    case Pooling::paired:
    case Pooling::arbitrary:
      break;
    case Pooling::hash_of_source:
      return candidates[stable_hash(seed_, {internal, 0}, {}) % candidates.size()];
    case Pooling::hash_of_source_and_destination:
      return candidates[stable_hash(seed_, {internal, 0}, {remote, 0}) % candidates.size()];
  }
  return candidates[random.below(candidates.size())];
}

std::uint16_t ExternalPool::after(std::uint16_t index) const {
  const auto& candidates = by_family_[static_cast<std::size_t>(externals_[index].address.family())];
  const auto next = std::upper_bound(candidates.begin(), candidates.end(), index);
  return next == candidates.end() ? candidates.front() : *next;
}

}  // namespace natsim::nat
