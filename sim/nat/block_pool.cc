#include "sim/nat/block_pool.h"

#include <algorithm>

namespace natsim::nat {

BlockPool::BlockPool(const NatOptions& options, const ExternalPool& externals)
    : range_(options.port_range),
      size_(options.port_block_size),
      at_random_(options.port_allocation == PortAllocation::random ||
                 options.port_allocation == PortAllocation::random_overload),
      subscribers_(options.subscribers),
      externals_(externals) {}

std::span<const PortBlock> BlockPool::of(const IpAddress& host) const {
  const auto found = blocks_.find(host);
  if (found == blocks_.end()) return {};
  return found->second;
}

PortBlock BlockPool::block(std::uint16_t address, std::uint32_t number) const {
  const std::uint32_t first = range_.first + number * size_;
  return {address,
          {static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(first + size_ - 1)}};
}

std::optional<PortBlock> BlockPool::give(const IpAddress& host, std::uint16_t address,
                                         Random& random) {
  if (address >= given_.size()) given_.resize(address + std::size_t{1});
  PortSet& given = given_[address];
  const PortRange numbers{0, static_cast<std::uint16_t>(range_.size() / size_ - 1)};
  const std::uint32_t free = given.count_free(numbers);
  if (free == 0) return std::nullopt;
  const std::uint16_t number =
      at_random_ ? given.nth_free(static_cast<std::uint32_t>(random.below(free)), numbers)
                 : *given.next_free(0, numbers);
  given.take(number);
  return blocks_[host].emplace_back(block(address, number));
}

void BlockPool::take_back(const IpAddress& host, PortBlock block) {
  const auto found = blocks_.find(host);
  std::erase(found->second, block);
  if (found->second.empty()) blocks_.erase(found);
  given_[block.address].release(
      static_cast<std::uint16_t>((block.range.first - range_.first) / size_));
}

std::optional<PortBlock> BlockPool::of_subscriber(const IpAddress& host) const {
  if (!subscribers_.contains(host)) return std::nullopt;
  const std::uint64_t number = host.low() - subscribers_.network.low();
  const std::uint64_t per_address = range_.size() / size_;
  const auto& externals = externals_.of_family(host.family());
  if (number / per_address >= externals.size()) return std::nullopt;
  return block(externals[number / per_address], static_cast<std::uint32_t>(number % per_address));
}

}  // namespace natsim::nat
