// A NAT's external addresses and their ports: which one a new mapping gets.
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

class ExternalPool {
 public:
  ExternalPool(PortAllocation allocation, PortRange range, Random random)
      : allocation_(allocation), range_(range), random_(std::move(random)) {}

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

  // One of the addresses of the family, each with the same probability; nullopt if there is none.
  std::optional<std::uint16_t> draw(Family family);
  // The address of the same family after `index`, going on from the first: `index` itself if it is
  // the only one.
  [[nodiscard]] std::uint16_t after(std::uint16_t index) const;

  // Takes a free port of the address, by the allocation policy; nullopt if all are taken. Policies
  // that preserve start from `wanted.port`.
  std::optional<ExternalKey> take(ExternalKey wanted);
  [[nodiscard]] bool taken(ExternalKey key) const { return ports_of(key).set.contains(key.port); }
  void release(ExternalKey key) { ports_of(key).set.release(key.port); }

 private:
  struct Ports {
    PortSet set;
    std::uint16_t next = 0;  // `sequential` goes on from here
  };
  struct External {
    IpAddress address;
    std::array<Ports, transport_count> ports;  // by transport
  };

  // The identifiers of ICMP queries are no ports: there are no reserved ones among them.
  [[nodiscard]] PortRange range_of(Transport transport) const {
    return transport == Transport::icmp_query ? PortRange{0, 65535} : range_;
  }
  [[nodiscard]] Ports& ports_of(ExternalKey key) {
    return externals_[key.address].ports[static_cast<std::size_t>(key.transport)];
  }
  [[nodiscard]] const Ports& ports_of(ExternalKey key) const {
    return externals_[key.address].ports[static_cast<std::size_t>(key.transport)];
  }

  PortAllocation allocation_;
  PortRange range_;
  Random random_;
  std::vector<External> externals_;
  std::vector<std::uint16_t> by_family_[2];  // indexes of the addresses of a family
  absl::flat_hash_map<IpAddress, std::uint16_t> index_;
};

}  // namespace natsim::nat
