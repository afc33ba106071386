// Cutting datagrams that are too large for a link (RFC 791 §3.2, RFC 8200 §4.5).
#pragma once

#include <cstdint>
#include <vector>

#include "sim/net/packet.h"

namespace natsim::net {

// Clears an IPv4 packet's DF, so that nodes on its way may cut it, and gives it the identification
// by which its fragments will be known. Precondition: it is not a fragment.
void allow_fragmentation(Packet& packet, std::uint16_t identification);

// Whether a node on its way may cut the packet: IPv4 without DF.
[[nodiscard]] inline bool may_be_cut(const Packet& packet) {
  return !packet.dont_fragment && packet.is_v4();
}

// By what the fragments of one datagram are told from others': of IPv4 16 bits. Precondition: a
// fragment, or an IPv4 packet.
std::uint32_t identification_of(const Packet& packet);

// The packet's pieces, in order, each at most `mtu` bytes and all but the last as large as they can
// be. A fragment is cut into smaller ones of the same datagram. Preconditions: may_be_cut(packet),
// packet.size > mtu, and mtu leaves room for eight bytes behind the IP header.
std::vector<PacketPtr> cut(PacketPool& pool, const Packet& packet, std::uint16_t mtu);

// The same for an IPv6 packet at its source, where alone it is allowed; each piece has a fragment
// header. A fragment is cut into smaller ones of the same datagram, whose identification it is.
std::vector<PacketPtr> cut_at_source(PacketPool& pool, const Packet& packet, std::uint16_t mtu,
                                     std::uint32_t identification);

}  // namespace natsim::net
