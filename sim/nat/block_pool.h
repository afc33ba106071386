// Blocks of ports, each for one inside host.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "sim/nat/external_pool.h"
#include "sim/nat/options.h"
#include "sim/nat/port_set.h"
#include "stack/base/address.h"
#include "stack/base/random.h"

namespace natsim::nat {

// Ports of all transports on one external address.
struct PortBlock {
  std::uint16_t address = 0;  // index in the pool
  PortRange range;
  bool operator==(const PortBlock&) const = default;
};

// Contract: the blocks of an address begin at the range's first port and follow one another; ports
// that fill no block are not used.
class BlockPool {
 public:
  BlockPool(const NatOptions& options, const ExternalPool& externals);

  // Those that a host has been given.
  [[nodiscard]] std::span<const PortBlock> of(const IpAddress& host) const;
  // Gives it a free block on an address, the first one or, where ports are given at random, any;
  // nullopt if there is none. Whether it may have another is the user's matter.
  std::optional<PortBlock> give(const IpAddress& host, std::uint16_t address, Random& random);
  void take_back(const IpAddress& host, PortBlock block);

  // The block that follows from the host's number among the subscribers (RFC 7422 §2.2): the first
  // external address has the first of them. nullopt if it is none or there is no block left.
  [[nodiscard]] std::optional<PortBlock> of_subscriber(const IpAddress& host) const;

 private:
  [[nodiscard]] PortBlock block(std::uint16_t address, std::uint32_t number) const;

  const PortRange range_;
  const std::uint16_t size_;
  const bool at_random_;
  const Prefix subscribers_;
  const ExternalPool& externals_;
  absl::flat_hash_map<IpAddress, std::vector<PortBlock>> blocks_;  // looked up, never walked
  std::vector<PortSet> given_;                                     // numbers of blocks, by address
};

}  // namespace natsim::nat
