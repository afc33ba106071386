// A host's part in fragmentation: identifications, what is known of paths, and reassembly.
#pragma once

#include <cstdint>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "sim/core/scheduler.h"
#include "sim/net/datagram_reassembly.h"
#include "sim/net/packet.h"
#include "sim/net/wire.h"

namespace natsim::net {

class Host;

// Only hosts that send or get fragments have one.
class HostFragmentation : private core::Actor {
 public:
  // What is given up goes to `drop`.
  HostFragmentation(Host& host, DatagramReassembly::Drop drop);

  // Lets a new packet be cut: by any node over IPv4, by this host over IPv6.
  void allow(Packet& packet);
  // The pieces of a packet that is allowed to be cut, for a first link with the MTU `mtu` and, over
  // IPv6, for what is known of the path; none if it fits as it is.
  std::vector<PacketPtr> pieces(const Packet& packet, std::uint16_t mtu);
  // Remembers what an ICMPv6 error tells of the path to where the host sent (RFC 8201), for good.
  void learn(const IcmpErrorView& error);

  // Null while fragments are missing.
  PacketPtr reassemble(PacketPtr fragment);
  [[nodiscard]] const ReassemblyOptions& options() const { return reassembly_.options(); }
  void set_options(const ReassemblyOptions& options) { reassembly_.set_options(options); }

 private:
  void on_timer(core::Timer& timer) override;

  Host& host_;
  std::uint32_t next_identification_;
  absl::flat_hash_map<IpAddress, std::uint16_t> path_mtu_;  // by destination; never walked
  DatagramReassembly reassembly_;
  core::Timer expiry_;  // armed for the first datagram to be given up
};

}  // namespace natsim::net
