// The ICMP messages of one IP version that say what one of the other does (RFC 7915 §4.2, §5.2).
#pragma once

#include <cstdint>
#include <optional>

#include "stack/base/address.h"

namespace natsim::net {

// The first eight bytes of an ICMP message but its checksum.
struct IcmpHead {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint32_t rest = 0;  // identifier and sequence number, MTU or pointer
  bool operator==(const IcmpHead&) const = default;
};

// Whether what follows the head is a quoted datagram.
bool quotes(const IcmpHead& head, Family family);

// Of IPv4's `head` in ICMPv6, or the reverse; nullopt if it has no counterpart. `quoted_size` is
// the size of the datagram that an error is about, as its own header tells it: where IPv4 does not
// say the MTU, it is taken to be the next lower one of RFC 1191 §7.
std::optional<IcmpHead> in_icmpv6(const IcmpHead& head, std::uint16_t quoted_size);
std::optional<IcmpHead> in_icmpv4(const IcmpHead& head);

}  // namespace natsim::net
