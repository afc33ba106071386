#include "sim/nat/port_allocator.h"

#include <algorithm>

#include "sim/nat/stable_hash.h"

namespace natsim::nat {
namespace {

using core::DropReason;

PortSet::Parity parity_of(std::uint16_t port) {
  return port % 2 == 0 ? PortSet::Parity::even : PortSet::Parity::odd;
}

bool has_parity(std::uint16_t port, PortSet::Parity parity) {
  return parity == PortSet::Parity::any || parity == parity_of(port);
}

constexpr PortRange whole{0, 65535};

}  // namespace

PortAllocator::PortAllocator(const NatOptions& options, const Random& random,
                             const MappingTable& table, const ShadowEntries& shadows)
    : allocation_(options.port_allocation),
      on_collision_(options.on_collision),
      range_(options.port_range),
      classes_(options.port_classes),
      preserve_parity_(options.preserve_parity),
      stride_(options.port_stride),
      block_mode_(options.port_blocks),
      blocks_per_host_(options.port_blocks_per_host),
      hold_down_(options.port_hold_down),
      goes_on_(options.pool_fallback || options.pooling == Pooling::arbitrary),
      table_(table),
      shadows_(shadows),
      random_(random),
      seed_(random.split("hash").next()),
      externals_(options.pooling, seed_),
      blocks_(options, externals_) {}

PortGrant PortAllocator::grant(const PortRequest& request, Time now) {
  held_.expire(now, [&](ExternalKey key, const IpAddress& host) { set_free(key, host); });
  if (request.remembered && in_own_block(*request.remembered, request.internal.address) &&
      usable(*request.remembered, request)) {
    return {.external = claim(*request.remembered)};
  }
  PortGrant grant = grant_any(request);
  // Free ports are chosen without a look at the shadows; what is claimed is not chosen again.
  std::vector<ExternalKey> shadowed;
  while (grant.external && shadows_.contains(*grant.external, request.remote)) {
    shadowed.push_back(*grant.external);
    grant = grant_any(request);
  }
  for (const ExternalKey key : shadowed) set_free(key, request.internal.address);
  return grant;
}

PortGrant PortAllocator::grant_any(const PortRequest& request) {
  const Family family = request.internal.address.family();
  if (externals_.of_family(family).empty()) return {.reason = DropReason::nat_unsupported_protocol};
  if (block_mode_ == PortBlocks::deterministic) {
    const auto block = blocks_.of_subscriber(request.internal.address);
    if (!block) return {.reason = DropReason::nat_block_exhausted};
    PortGrant grant = grant_in(request, block->address, block->range);
    if (!grant.external) grant.reason = DropReason::nat_block_exhausted;
    return grant;
  }
  const std::uint16_t first = request.paired ? *request.paired
                                             : *externals_.choose(request.internal.address,
                                                                  request.remote.address, random_);
  PortGrant grant = grant_at(request, first);
  for (std::uint16_t other = externals_.after(first); goes_on_ && !grant.external && other != first;
       other = externals_.after(other)) {
    grant = grant_at(request, other);
  }
  return grant;
}

PortGrant PortAllocator::grant_at(const PortRequest& request, std::uint16_t address) {
  if (block_mode_ == PortBlocks::dynamic) return grant_in_blocks(request, address);
  return grant_in(request, address, range_for(request));
}

PortGrant PortAllocator::grant_in_blocks(const PortRequest& request, std::uint16_t address) {
  const IpAddress& host = request.internal.address;
  const auto mine = blocks_.of(host);
  for (const PortBlock& block : mine) {
    if (block.address != address) continue;
    if (const PortGrant grant = grant_in(request, address, block.range); grant.external) {
      return grant;
    }
  }
  if (mine.size() >= blocks_per_host_) return {.reason = DropReason::nat_block_exhausted};
  const auto block = blocks_.give(host, address, random_);
  if (!block) return {.reason = DropReason::nat_ports_exhausted};
  const PortGrant grant = grant_in(request, address, block->range);
  // Nothing in it suits, such as the one port that may be had.
  if (!grant.external) blocks_.take_back(host, *block);
  return grant;
}

PortGrant PortAllocator::grant_in(const PortRequest& request, std::uint16_t address,
                                  const PortRange& range) {
  ExternalPool::Ports& ports = externals_.ports(address, request.transport);
  const std::uint16_t wanted = request.internal.port;
  PortSet::Parity parity = preserve_parity_ ? parity_of(wanted) : PortSet::Parity::any;
  // Where there are none of its parity left, any will do.
  if (preserve_parity_ && ports.taken.count_free(range, parity) == 0) parity = PortSet::Parity::any;

  std::uint16_t start = wanted;
  switch (allocation_) {
    case PortAllocation::preserve:
    case PortAllocation::preserve_overload:
      break;
    case PortAllocation::sequential:
      start = range.contains(ports.next) ? ports.next : range.first;
      break;
    case PortAllocation::random: {
      const auto port = draw(ports.taken, range, parity);
      if (!port) return {.reason = DropReason::nat_ports_exhausted};
      return {.external = claim({address, *port, request.transport})};
    }
    case PortAllocation::random_overload:
      start = static_cast<std::uint16_t>(range.first + random_.below(range.size()));
      break;
    case PortAllocation::hash_of_remote:
      start = static_cast<std::uint16_t>(
          range.first + stable_hash(seed_, request.internal, request.remote) % range.size());
      break;
  }
  const bool preserves =
      allocation_ == PortAllocation::preserve || allocation_ == PortAllocation::preserve_overload;
  // That its parity does not suit is no collision: what is meant is the port after it.
  while (!preserves && !has_parity(start, parity)) {
    start = start == range.last ? range.first : static_cast<std::uint16_t>(start + 1);
  }
  // Linux keeps a port of the second class though it would not choose it.
  const bool kept = classes_ == PortClasses::three && preserves && 512 <= start && start < 600 &&
                    block_mode_ == PortBlocks::none;
  const ExternalKey first{address, start, request.transport};
  if ((range.contains(start) || kept) && has_parity(start, parity) && usable(first, request)) {
    if (allocation_ == PortAllocation::sequential) advance(ports, start, range);
    return {.external = claim(first)};
  }
  const auto port = search(request, address, range, start, parity);
  const bool collided = preserves && externals_.taken(first);
  if (!port) {
    const bool any_free = ports.taken.count_free(range) > 0;
    return {.reason = any_free ? DropReason::nat_port_collision : DropReason::nat_ports_exhausted,
            .collided = collided};
  }
  if (allocation_ == PortAllocation::sequential) advance(ports, *port, range);
  return {.external = claim({address, *port, request.transport}), .collided = collided};
}

void PortAllocator::advance(ExternalPool::Ports& ports, std::uint16_t given,
                            const PortRange& range) const {
  const std::uint32_t next = given + std::uint32_t{stride_};
  ports.next = static_cast<std::uint16_t>(next > range.last ? next - range.size() : next);
}

std::optional<std::uint16_t> PortAllocator::search(const PortRequest& request,
                                                   std::uint16_t address, const PortRange& range,
                                                   std::uint16_t start, PortSet::Parity parity) {
  const PortSet& taken = externals_.ports(address, request.transport).taken;
  switch (on_collision_) {
    case PortCollision::next_free:
      return taken.next_free(range.contains(start) ? start : range.first, range, parity);
    case PortCollision::random:
      return draw(taken, range, parity);
    case PortCollision::linux_search:
      return linux_search(request, address, range, parity);
    case PortCollision::refuse:
      break;
  }
  return std::nullopt;
}

// nf_nat_core.c of Linux: no more than so many candidates, lest a full table costs too much.
std::optional<std::uint16_t> PortAllocator::linux_search(const PortRequest& request,
                                                         std::uint16_t address,
                                                         const PortRange& range,
                                                         PortSet::Parity parity) {
  for (std::uint32_t attempts = std::min<std::uint32_t>(128, range.size());; attempts /= 2) {
    const auto offset = static_cast<std::uint32_t>(random_.below(65'536));
    for (std::uint32_t i = 0; i < attempts; ++i) {
      const auto port = static_cast<std::uint16_t>(range.first + (offset + i) % range.size());
      if (has_parity(port, parity) && usable({address, port, request.transport}, request)) {
        return port;
      }
    }
    if (attempts >= range.size() || attempts < 16) return std::nullopt;
  }
}

std::optional<std::uint16_t> PortAllocator::draw(const PortSet& taken, const PortRange& range,
                                                 PortSet::Parity parity) {
  const bool all_of_it = block_mode_ == PortBlocks::none && classes_ == PortClasses::one;
  const std::uint32_t free = all_of_it && parity == PortSet::Parity::any
                                 ? range.size() - taken.taken()
                                 : taken.count_free(range, parity);
  if (free == 0) return std::nullopt;
  return taken.nth_free(static_cast<std::uint32_t>(random_.below(free)), range, parity);
}

bool PortAllocator::usable(ExternalKey external, const PortRequest& request) const {
  if (shadows_.contains(external, request.remote)) return false;
  if (!externals_.taken(external)) return true;
  if (const IpAddress* const holder = held_.holder(external)) {
    return *holder == request.internal.address;
  }
  return !request.exclusive && table_.can_share(external, request.remote);
}

bool PortAllocator::in_own_block(ExternalKey external, const IpAddress& host) const {
  if (block_mode_ != PortBlocks::dynamic) return true;
  return std::ranges::any_of(blocks_.of(host), [&](const PortBlock& block) {
    return block.address == external.address && block.range.contains(external.port);
  });
}

PortRange PortAllocator::range_for(const PortRequest& request) const {
  // Identifiers of queries have no classes.
  if (request.transport == Transport::icmp_query) return whole;
  const std::uint16_t port = request.internal.port;
  switch (classes_) {
    case PortClasses::one:
      break;
    case PortClasses::two:
      if (port < 1024) return {1, 1023};
      break;
    case PortClasses::three:
      if (port < 512) return {1, 511};
      if (port < 1024) return {600, 1023};
      break;
  }
  return range_;
}

ExternalKey PortAllocator::claim(ExternalKey external) {
  if (!externals_.taken(external)) {
    externals_.ports(external.address, external.transport).taken.take(external.port);
  } else if (held_.holder(external) != nullptr) {
    held_.forget(external);
  }
  return external;
}

void PortAllocator::release(ExternalKey external, const IpAddress& host, Time now) {
  if (hold_down_ > Duration{}) {
    held_.hold(external, host, now + hold_down_);
  } else {
    set_free(external, host);
  }
}

void PortAllocator::release_held() {
  held_.expire(Time::never(), [&](ExternalKey key, const IpAddress& host) { set_free(key, host); });
}

void PortAllocator::set_free(ExternalKey external, const IpAddress& host) {
  externals_.ports(external.address, external.transport).taken.release(external.port);
  if (block_mode_ != PortBlocks::dynamic) return;
  for (const PortBlock& block : blocks_.of(host)) {
    if (block.address != external.address || !block.range.contains(external.port)) continue;
    for (const Transport transport : all_transports) {
      const PortSet& taken = externals_.ports(block.address, transport).taken;
      if (taken.count_free(block.range) < block.range.size()) return;
    }
    return blocks_.take_back(host, block);
  }
}

}  // namespace natsim::nat
