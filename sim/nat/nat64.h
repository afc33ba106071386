// The half of a NAT64 (RFC 6146) that is no NAT: what is IPv4 outside is IPv6 inside.
#pragma once

#include "sim/net/ip_translation.h"
#include "sim/net/packet.h"
#include "stack/base/embedded_address.h"

namespace natsim::nat {

// Outside addresses stand inside in the prefix, those of the NAT itself included, so that between
// the two forms there is nothing to remember: the bindings, filters and timers of RFC 6146 §3.2 are
// those of a NAT from IPv6 to IPv6 whose external addresses are in the prefix.
class Nat64 {
 public:
  // Precondition: can_embed_ipv4(prefix).
  Nat64(net::PacketPool& pool, const Prefix& prefix) : prefix_(prefix), translator_(pool) {}

  [[nodiscard]] const Prefix& prefix() const { return prefix_; }
  [[nodiscard]] IpAddress inner(const IpAddress& outer) const { return embed_ipv4(prefix_, outer); }
  // What is not in the prefix stays as it is.
  [[nodiscard]] Endpoint outer(const Endpoint& inner) const {
    const auto address = extract_ipv4(prefix_, inner.address);
    return address ? Endpoint{*address, inner.port} : inner;
  }
  // The packet in its other form; null if it has none.
  net::PacketPtr enter(const net::Packet& outer) {
    return translator_.to_ipv6(
        outer, [this](const IpAddress& address) { return std::optional(inner(address)); });
  }
  net::PacketPtr leave(const net::Packet& inner) {
    return translator_.to_ipv4(
        inner, [this](const IpAddress& address) { return extract_ipv4(prefix_, address); });
  }

 private:
  Prefix prefix_;
  net::IpTranslator translator_;
};

}  // namespace natsim::nat
