// What a NAT tells apart before it looks at endpoints.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sim/net/packet.h"
#include "stack/base/address.h"

namespace natsim::nat {

// Each has its own mappings, ports and filter (RFC 7857 §5, §6). The "port" of an ICMP query is its
// identifier (RFC 5508 §3.1); that of the remote is 0.
enum class Transport : std::uint8_t { udp, tcp, icmp_query };

inline constexpr std::size_t transport_count = 3;
inline constexpr std::array<Transport, transport_count> all_transports = {
    Transport::udp, Transport::tcp, Transport::icmp_query};

// The IP protocol that carries it.
constexpr net::Protocol ip_protocol(Transport transport, Family family) {
  switch (transport) {
    case Transport::udp:
      return net::Protocol::udp;
    case Transport::tcp:
      return net::Protocol::tcp;
    case Transport::icmp_query:
      break;
  }
  return family == Family::ipv4 ? net::Protocol::icmp : net::Protocol::icmpv6;
}

}  // namespace natsim::nat
