#include "sim/net/encapsulation.h"

#include <cstring>

#include "sim/net/checksum.h"
#include "sim/net/wire.h"

namespace natsim::net {

PacketPtr encapsulate(PacketPool& pool, const Packet& inner, const IpAddress& source,
                      const IpAddress& destination) {
  if (inner.size > 65535 - ipv6_header_size) return nullptr;
  PacketPtr outer = pool.make(static_cast<std::uint16_t>(inner.size + ipv6_header_size));
  outer->id = inner.id;
  outer->source = {source, 0};
  outer->destination = {destination, 0};
  outer->hop_limit = default_hop_limit;
  outer->protocol = Protocol::ipv4;
  outer->transport_offset = ipv6_header_size;
  outer->payload_offset = ipv6_header_size + 8;  // as of any protocol whose header is not known
  write_ip_header(*outer);
  std::memcpy(outer->data() + ipv6_header_size, inner.data(), inner.size);
  return outer;
}

PacketPtr decapsulate(PacketPool& pool, const Packet& outer) {
  PacketPtr inner = parse_datagram(pool, outer.transport());
  if (inner == nullptr || !inner->is_v4()) return nullptr;
  if (ones_sum(inner->datagram().first(inner->transport_offset)) != 0xffff) return nullptr;
  inner->id = outer.id;
  return inner;
}

}  // namespace natsim::net
