// IPv4 addresses inside IPv6 addresses (RFC 6052 §2.2).
#pragma once

#include <optional>

#include "stack/base/address.h"

namespace natsim {

// 64:ff9b::/96, the prefix that needs no agreement (RFC 6052 §2.1).
inline constexpr Prefix well_known_nat64_prefix{IpAddress::v6(0x0064'ff9b'0000'0000ULL, 0), 96};

// IPv6, of 32, 40, 48, 56, 64 or 96 bits, and bits 64 to 71 zero.
bool can_embed_ipv4(const Prefix& prefix);

// Preconditions: can_embed_ipv4(prefix), and `address` is IPv4.
IpAddress embed_ipv4(const Prefix& prefix, const IpAddress& address);

// nullopt if the address is not in the prefix. What stands behind the IPv4 address is ignored, as
// RFC 6052 §2.3 asks. Precondition: can_embed_ipv4(prefix).
std::optional<IpAddress> extract_ipv4(const Prefix& prefix, const IpAddress& address);

}  // namespace natsim
