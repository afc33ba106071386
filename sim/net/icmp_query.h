// ICMP echo requests and replies (RFC 792, RFC 4443 §4): making, reading and changing them.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/net/packet.h"
#include "sim/net/wire.h"
#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace natsim::net {

struct IcmpQuery {
  bool reply = false;            // otherwise it is a request
  std::uint16_t identifier = 0;  // tells the requests of one program from those of another
  std::uint16_t sequence = 0;    // tells one program's requests apart
};

// A datagram with right checksums. Preconditions: both addresses of one family, payload at most
// max_udp_payload. The caller sets the id.
PacketPtr make_icmp_query(PacketPool& pool, const IpAddress& source, const IpAddress& destination,
                          const IcmpQuery& query, ByteView payload,
                          std::uint8_t hop_limit = default_hop_limit);

// nullopt if the packet is anything else. Checksums are not verified.
std::optional<IcmpQuery> parse_icmp_query(const Packet& packet);
// The reply to a request, with its payload. Null if the packet is anything else.
PacketPtr make_echo_reply(PacketPool& pool, const Packet& request);
// Changes the identifier and the ICMP checksum. Precondition: parse_icmp_query finds a query.
void rewrite_identifier(Packet& packet, std::uint16_t identifier);

// The query that an ICMP error quotes. `view` must come from `packet`.
std::optional<IcmpQuery> parse_quoted_query(const Packet& packet, const IcmpErrorView& view);
// Changes the quoted query's identifier, its checksum and the error's. Precondition:
// parse_quoted_query finds a query.
void rewrite_quoted_identifier(Packet& packet, const IcmpErrorView& view, std::uint16_t identifier);

}  // namespace natsim::net
