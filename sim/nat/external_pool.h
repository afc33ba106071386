// A NAT's external addresses, and which of their ports are taken.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "sim/nat/options.h"
#include "sim/nat/port_set.h"
#include "sim/nat/transport.h"
#include "stack/base/address.h"
#include "stack/base/random.h"

namespace natsim::nat {

// So many external addresses a NAT may have, so that an ExternalKey is one number.
inline constexpr std::uint16_t max_external_addresses = 16'384;

// An external endpoint of one transport.
struct ExternalKey {
  std::uint16_t address = 0;  // index in the pool
  std::uint16_t port = 0;
  Transport transport = Transport::udp;

  [[nodiscard]] constexpr std::uint32_t packed() const {
    return std::uint32_t{static_cast<std::uint8_t>(transport)} << 30 |
           std::uint32_t{address} << 16 | port;
  }
  static constexpr ExternalKey unpacked(std::uint32_t packed) {
    return {static_cast<std::uint16_t>(packed >> 16 & 0x3fff), static_cast<std::uint16_t>(packed),
            static_cast<Transport>(packed >> 30)};
  }
  constexpr bool operator==(const ExternalKey&) const = default;
};

// Contract: external addresses never go.
class ExternalPool {
 public:
  // The ports of one transport on one address.
  struct Ports {
    PortSet taken;
    std::uint16_t next = 0;  // PortAllocation::sequential goes on from here
  };

  // `seed` decides what follows from addresses by a hash.
  ExternalPool(Pooling pooling, std::uint64_t seed) : pooling_(pooling), seed_(seed) {}

  // Preconditions: not yet in the pool, which has fewer than max_external_addresses.
  void add(const IpAddress& address);
  [[nodiscard]] std::optional<std::uint16_t> find(const IpAddress& address) const;
  [[nodiscard]] std::optional<ExternalKey> find(Transport transport,
                                                const Endpoint& endpoint) const;
  [[nodiscard]] const IpAddress& address(std::uint16_t index) const {
    return externals_[index].address;
  }
  [[nodiscard]] Endpoint endpoint(ExternalKey key) const {
    return {externals_[key.address].address, key.port};
  }
  // The addresses of a family, in the order in which they were added.
  [[nodiscard]] const std::vector<std::uint16_t>& of_family(Family family) const {
    return by_family_[static_cast<std::size_t>(family)];
  }

  // The address for a mapping between two endpoints of one family, as pooling says: what is drawn
  // has the same probability for each. nullopt if there is none of that family.
  std::optional<std::uint16_t> choose(const IpAddress& internal, const IpAddress& remote,
                                      Random& random) const;
  // The address of the same family after `index`, going on from the first: `index` itself if it is
  // the only one.
  [[nodiscard]] std::uint16_t after(std::uint16_t index) const;

  [[nodiscard]] Ports& ports(std::uint16_t address, Transport transport) {
    return externals_[address].ports[static_cast<std::size_t>(transport)];
  }
  [[nodiscard]] bool taken(ExternalKey key) const {
    return externals_[key.address].ports[static_cast<std::size_t>(key.transport)].taken.contains(
        key.port);
  }

 private:
  struct External {
    IpAddress address;
    std::array<Ports, transport_count> ports;  // by transport
  };

  Pooling pooling_;
  std::uint64_t seed_;
  std::vector<External> externals_;
  std::vector<std::uint16_t> by_family_[2];  // indexes of the addresses of a family
  absl::flat_hash_map<IpAddress, std::uint16_t> index_;
};

}  // namespace natsim::nat
