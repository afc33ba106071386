// Translation between IPv4 and IPv6: whatever comes of a datagram is one, and comes back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "sim/net/ip_translation.h"
#include "sim/net/wire.h"
#include "stack/base/embedded_address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace natsim;
  net::PacketPool pool;
  net::IpTranslator translator(pool);
  const net::PacketPtr packet = net::parse_datagram(pool, ByteView(data, size));
  if (packet == nullptr) return 0;
  const auto embed = [](const IpAddress& address) -> std::optional<IpAddress> {
    if (!address.is_v4()) return std::nullopt;
    return embed_ipv4(well_known_nat64_prefix, address);
  };
  const auto extract = [](const IpAddress& address) {
    return extract_ipv4(well_known_nat64_prefix, address);
  };
  const net::PacketPtr made =
      packet->is_v4() ? translator.to_ipv6(*packet, embed) : translator.to_ipv4(*packet, extract);
  if (made == nullptr) return 0;
  if (made->is_v4() == packet->is_v4() || made->hop_limit != packet->hop_limit) std::abort();
  return 0;
}
