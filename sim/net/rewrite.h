// Changing a packet on its way: the bytes, the checksums (RFC 1624) and the parsed fields together.
#pragma once

#include "sim/net/packet.h"
#include "sim/net/wire.h"

namespace natsim::net {

// Preconditions of the first two: the endpoint is of the packet's own family; its port is ignored
// where the protocol has none.
void rewrite_source(Packet& packet, const Endpoint& source);
void rewrite_destination(Packet& packet, const Endpoint& destination);
// Precondition: the hop limit is not zero.
void decrement_hop_limit(Packet& packet);

// The packet with another payload, of the same identity. Lengths are mended, and the UDP checksum
// by what has changed: a wrong one stays wrong. Preconditions: UDP, not a fragment, and the payload
// at most max_udp_payload.
PacketPtr with_payload(PacketPool& pool, const Packet& packet, ByteView payload);

// Flips a bit behind the IP header, as a fault of a link does: bit 0 is the highest of the first
// byte, and what is beyond the end counts on from there again. The parsed ports follow; no checksum
// does, so that the receiver finds out. Precondition: there is a byte behind the IP header.
void flip_bit(Packet& packet, std::uint32_t bit);

// Rewrites the source (or destination) of the packet that an ICMP error quotes, the checksums
// inside the quotation as far as it reaches, and the ICMP checksum (RFC 5508 §4.2). `view` must
// come from this packet.
void rewrite_quoted_source(Packet& packet, const IcmpErrorView& view, const Endpoint& source);
void rewrite_quoted_destination(Packet& packet, const IcmpErrorView& view,
                                const Endpoint& destination);

}  // namespace natsim::net
