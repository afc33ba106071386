// IPv4 datagrams as the payload of IPv6 ones (RFC 2473).
#pragma once

#include "sim/net/packet.h"
#include "stack/base/address.h"

namespace natsim::net {

// The IPv6 packet that carries `inner` whole, with its identity and the default hop limit. Null if
// that would be larger than a packet can be. Preconditions: `inner` is IPv4, both addresses IPv6.
PacketPtr encapsulate(PacketPool& pool, const Packet& inner, const IpAddress& source,
                      const IpAddress& destination);

// The IPv4 packet that `outer` carries, with its identity. Null if that is not one whole IPv4
// datagram or fragment whose header's checksum is right. Preconditions: `outer` is IPv6 of the
// protocol ipv4, and no fragment.
PacketPtr decapsulate(PacketPool& pool, const Packet& outer);

}  // namespace natsim::net
