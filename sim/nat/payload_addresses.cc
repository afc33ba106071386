#include "sim/nat/payload_addresses.h"

#include <cstddef>

namespace natsim::nat {

std::optional<RewrittenPayload> rewrite_any_address(ByteView payload, const Endpoint& from,
                                                    const Endpoint& to) {
  const std::uint32_t address = from.address.to_v4();
  std::optional<RewrittenPayload> rewritten;
  for (std::size_t at = 0; at + 4 <= payload.size();) {
    if (load_be32(payload.data() + at) != address) {
      ++at;
      continue;
    }
    if (!rewritten) rewritten.emplace().bytes.assign(payload.begin(), payload.end());
    std::uint8_t* const place = rewritten->bytes.data() + at;
    store_be32(place, to.address.to_v4());
    if (at >= 2 && load_be16(payload.data() + at - 2) == from.port) {
      store_be16(place - 2, to.port);
    } else if (at + 6 <= payload.size() && load_be16(payload.data() + at + 4) == from.port) {
      store_be16(place + 4, to.port);
    }
    ++rewritten->places;
    at += 4;
  }
  return rewritten;
}

}  // namespace natsim::nat
