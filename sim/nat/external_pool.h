// A NAT's external addresses and their ports: which one a new mapping gets.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "sim/nat/options.h"
#include "sim/nat/port_set.h"
#include "stack/base/address.h"
#include "stack/base/random.h"

namespace natsim::nat {

// An external endpoint as one number.
struct ExternalKey {
  std::uint16_t address = 0;  // index in the pool
  std::uint16_t port = 0;

  [[nodiscard]] constexpr std::uint32_t packed() const {
    return std::uint32_t{address} << 16 | port;
  }
  constexpr bool operator==(const ExternalKey&) const = default;
};

class ExternalPool {
 public:
  ExternalPool(PortAllocation allocation, PortRange range, Random random)
      : allocation_(allocation), range_(range), random_(std::move(random)) {}

  // Preconditions: not yet in the pool, which has fewer than 65 536 addresses.
  void add(const IpAddress& address);
  [[nodiscard]] std::optional<std::uint16_t> find(const IpAddress& address) const;
  [[nodiscard]] std::optional<ExternalKey> find(const Endpoint& endpoint) const;
  [[nodiscard]] const IpAddress& address(std::uint16_t index) const {
    return externals_[index].address;
  }
  [[nodiscard]] Endpoint endpoint(ExternalKey key) const {
    return {externals_[key.address].address, key.port};
  }

  // One of the addresses of the family, each with the same probability; nullopt if there is none.
  std::optional<std::uint16_t> draw(Family family);
  // The address of the same family after `index`, going on from the first: `index` itself if it is
  // the only one.
  [[nodiscard]] std::uint16_t after(std::uint16_t index) const;

  // Takes a free port of the address, by the allocation policy; nullopt if all are taken. Policies
  // that preserve start from `wanted`.
  std::optional<std::uint16_t> take(std::uint16_t address, std::uint16_t wanted);
  [[nodiscard]] bool taken(ExternalKey key) const {
    return externals_[key.address].ports.contains(key.port);
  }
  void release(ExternalKey key) { externals_[key.address].ports.release(key.port); }

 private:
  struct External {
    IpAddress address;
    PortSet ports;
    std::uint16_t next;  // `sequential` goes on from here
  };

  PortAllocation allocation_;
  PortRange range_;
  Random random_;
  std::vector<External> externals_;
  std::vector<std::uint16_t> by_family_[2];  // indexes of the addresses of a family
  absl::flat_hash_map<IpAddress, std::uint16_t> index_;
};

}  // namespace natsim::nat
