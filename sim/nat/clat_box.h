// The customer's half of 464XLAT (RFC 6877): IPv4 hosts on an access that has IPv6 alone.
#pragma once

#include <string>

#include "sim/net/forwarding.h"
#include "sim/net/ip_translation.h"
#include "sim/net/node.h"

namespace natsim::nat {

struct ClatOptions {
  Prefix own;   // inside hosts stand outside in this one, a /96 of the box's alone (RFC 6877 §6.3)
  Prefix plat;  // all other IPv4 addresses in this one, which the provider's NAT64 has
};

// Contract:
// 1. Inside it has IPv4 and is the way to everywhere, outside IPv6. What comes in for its own
//    prefix is for the inside host whose address stands there. It keeps no state: what an inside
//    host sends is translated by RFC 7915 and nothing else.
// 2. The hop limit and the MTU are checked as by a router, before the translation. IPv4 packets
//    that may be cut leave as fragments of at most 1280 bytes.
// 3. What has no counterpart in the other version is dropped (untranslatable).
class ClatBox : public net::Node {
 public:
  // Precondition: can_embed_ipv4 is true of both prefixes.
  ClatBox(net::Network& network, std::string name, const ClatOptions& options);

  void receive(net::PacketPtr packet, net::Interface& in) override;

  // Made with the box.
  [[nodiscard]] net::Interface& outside_interface() const { return outside_; }
  // Whatever is added is inside.
  net::Interface& add_interface() override;
  [[nodiscard]] const ClatOptions& options() const { return options_; }

 private:
  void from_inside(net::PacketPtr packet, net::Interface& in);
  void from_outside(net::PacketPtr packet);
  void forward(net::PacketPtr packet, net::Interface& in, net::Interface& out);
  void send_outside(const net::Packet& packet, net::Interface& out);
  void refuse(const net::Packet& packet, net::Interface& in, core::DropReason reason,
              net::IcmpError error);
  void tell_translated(const net::Packet& made, const net::Packet& of);
  [[nodiscard]] std::optional<IpAddress> in_ipv6(const IpAddress& address);
  [[nodiscard]] std::optional<IpAddress> in_ipv4(const IpAddress& address) const;

  ClatOptions options_;
  net::IpTranslator translator_;
  net::Forwarding inside_;
  net::Forwarding outward_;  // of the outside interface alone
  net::Interface& outside_;
};

}  // namespace natsim::nat
