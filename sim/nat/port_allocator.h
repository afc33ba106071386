// Which external address and port a new mapping gets.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/core/drop_reason.h"
#include "sim/nat/block_pool.h"
#include "sim/nat/external_pool.h"
#include "sim/nat/held_ports.h"
#include "sim/nat/mapping_table.h"
#include "sim/nat/options.h"
#include "sim/nat/port_set.h"
#include "sim/nat/shadow_entries.h"
#include "stack/base/address.h"
#include "stack/base/random.h"
#include "stack/base/time.h"

namespace natsim::nat {

// Who wants a port and what for.
struct PortRequest {
  Transport transport;
  Endpoint internal;
  Endpoint remote;
  std::optional<std::uint16_t> paired;      // the host's external address, if it is bound to one
  std::optional<ExternalKey> remembered{};  // what it had the last time, if that counts
  bool exclusive = false;                   // no port that others use, even if it could be shared
};

struct PortGrant {
  std::optional<ExternalKey> external;
  core::DropReason reason = core::DropReason::none;  // why there is none
  bool collided = false;  // the internal port was to be kept and is another's
};

// Contract:
// 1. A port is taken from the time that it is granted until it is released and its hold-down is
//    over, except that it is granted again to whoever may share it, and to the host that it is held
//    for where that wants just this port.
// 2. Time never goes back.
class PortAllocator {
 public:
  // `table` tells what can be shared, `shadows` what cannot be had.
  PortAllocator(const NatOptions& options, const Random& random, const MappingTable& table,
                const ShadowEntries& shadows);
  PortAllocator(const PortAllocator&) = delete;  // the blocks refer to the addresses
  PortAllocator& operator=(const PortAllocator&) = delete;

  [[nodiscard]] ExternalPool& externals() { return externals_; }
  [[nodiscard]] const ExternalPool& externals() const { return externals_; }
  [[nodiscard]] const BlockPool& blocks() const { return blocks_; }

  PortGrant grant(const PortRequest& request, Time now);
  // The last mapping of the port, which was the host's, has gone.
  void release(ExternalKey external, const IpAddress& host, Time now);
  // Forgets what is held, as a reboot does.
  void release_held();

 private:
  PortGrant grant_any(const PortRequest& request);
  PortGrant grant_at(const PortRequest& request, std::uint16_t address);
  PortGrant grant_in_blocks(const PortRequest& request, std::uint16_t address);
  PortGrant grant_in(const PortRequest& request, std::uint16_t address, const PortRange& range);
  std::optional<std::uint16_t> search(const PortRequest& request, std::uint16_t address,
                                      const PortRange& range, std::uint16_t start,
                                      PortSet::Parity parity);
  std::optional<std::uint16_t> linux_search(const PortRequest& request, std::uint16_t address,
                                            const PortRange& range, PortSet::Parity parity);
  [[nodiscard]] std::optional<std::uint16_t> draw(const PortSet& taken, const PortRange& range,
                                                  PortSet::Parity parity);
  [[nodiscard]] bool usable(ExternalKey external, const PortRequest& request) const;
  [[nodiscard]] bool in_own_block(ExternalKey external, const IpAddress& host) const;
  [[nodiscard]] PortRange range_for(const PortRequest& request) const;
  void advance(ExternalPool::Ports& ports, std::uint16_t given, const PortRange& range) const;
  ExternalKey claim(ExternalKey external);
  void set_free(ExternalKey external, const IpAddress& host);

  const PortAllocation allocation_;
  const PortCollision on_collision_;
  const PortRange range_;
  const PortClasses classes_;
  const bool preserve_parity_;
  const std::uint16_t stride_;
  const PortBlocks block_mode_;
  const std::uint16_t blocks_per_host_;
  const Duration hold_down_;
  const bool goes_on_;  // to the pool's other addresses
  const MappingTable& table_;
  const ShadowEntries& shadows_;
  Random random_;
  const std::uint64_t seed_;  // of hashes
  ExternalPool externals_;
  BlockPool blocks_;
  HeldPorts held_;
};

}  // namespace natsim::nat
