#include "stack/base/embedded_address.h"

#include <algorithm>
#include <array>

#include "stack/base/bytes.h"

namespace natsim {
namespace {

constexpr std::size_t reserved_byte = 8;  // bits 64 to 71, which the IPv4 address leaves out

// Where the four bytes of the IPv4 address stand.
std::array<std::size_t, 4> places(const Prefix& prefix) {
  std::array<std::size_t, 4> all{};
  std::size_t next = prefix.length / 8U;
  for (std::size_t& place : all) {
    if (next == reserved_byte) ++next;
    place = next++;
  }
  return all;
}

}  // namespace

bool can_embed_ipv4(const Prefix& prefix) {
  constexpr std::array<std::uint8_t, 6> lengths = {32, 40, 48, 56, 64, 96};
  return !prefix.network.is_v4() &&
         std::find(lengths.begin(), lengths.end(), prefix.length) != lengths.end() &&
         prefix.network.to_bytes()[reserved_byte] == 0;
}

IpAddress embed_ipv4(const Prefix& prefix, const IpAddress& address) {
  auto bytes = prefix.network.to_bytes();
  std::array<std::uint8_t, 4> v4{};
  store_be32(v4.data(), address.to_v4());
  const auto at = places(prefix);
  for (std::size_t i = 0; i < v4.size(); ++i) bytes[at[i]] = v4[i];
  return IpAddress::from_bytes(Family::ipv6, bytes.data());
}

std::optional<IpAddress> extract_ipv4(const Prefix& prefix, const IpAddress& address) {
  if (!prefix.contains(address)) return std::nullopt;
  const auto bytes = address.to_bytes();
  const auto at = places(prefix);
  return IpAddress::v4(bytes[at[0]], bytes[at[1]], bytes[at[2]], bytes[at[3]]);
}

}  // namespace natsim
