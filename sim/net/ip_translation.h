// Translating datagrams between IPv4 and IPv6 (RFC 7915).
#pragma once

#include <cstdint>
#include <optional>

#include <absl/functional/function_ref.h>

#include "sim/net/packet.h"
#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace natsim::net {

// The size above which an IPv4 datagram that may be cut is cut on its way into IPv6 (RFC 7915 §4).
inline constexpr std::uint16_t lowest_ipv6_mtu = 1280;
// Larger IPv4 datagrams that come of IPv6 may not be cut (RFC 7915 §5.1).
inline constexpr std::uint16_t largest_cuttable_ipv4 = 1260;

// Contract:
// 1. UDP, TCP, echo and the ICMP errors that have a counterpart are translated, and so are the
//    fragments of the first two. Anything else, and an address without a counterpart, gives null.
// 2. A datagram keeps its identity and its hop limit. UDP and TCP checksums change by what the
//    pseudo-header changes, so that a wrong one stays wrong; one that IPv4's UDP left out is
//    computed, but of a first fragment, which cannot be, the datagram is given up (RFC 7915 §4.5).
//    ICMP with a wrong checksum is given up.
// 3. The packet that an ICMP error quotes is translated too, one level deep. Errors are cut to 1280
//    bytes of IPv6 or 576 of IPv4. The source of an error that has no counterpart is 192.0.0.8
//    (RFC 7600 §4.8).
// 4. `address` gives the counterpart of an address, nullopt if there is none.
class IpTranslator {
 public:
  using AddressMap = absl::FunctionRef<std::optional<IpAddress>(const IpAddress&)>;

  explicit IpTranslator(PacketPool& pool) : pool_(pool) {}

  // What comes of an IPv4 packet. It may be larger than its link's MTU; where IPv4 would have
  // allowed that it be cut, its dont_fragment is false. Precondition: the packet is IPv4.
  PacketPtr to_ipv6(const Packet& packet, AddressMap address);
  // What comes of an IPv6 packet; up to largest_cuttable_ipv4 bytes may be cut on their way.
  // Precondition: the packet is IPv6.
  PacketPtr to_ipv4(const Packet& packet, AddressMap address);

  // The size that the IPv4 packet made of an IPv6 packet has.
  static std::uint16_t size_in_ipv4(const Packet& packet);

 private:
  PacketPtr made(const Packet& of);

  PacketPool& pool_;
  Bytes datagram_;                    // what is being made
  std::uint16_t identification_ = 0;  // of the last IPv4 datagram that may be cut
};

}  // namespace natsim::net
