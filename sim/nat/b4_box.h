// The customer's half of DS-Lite (RFC 6333 §5): IPv4 hosts on an access that has IPv6 alone.
#pragma once

#include <string>

#include "sim/nat/softwire_end.h"
#include "sim/net/forwarding.h"
#include "sim/net/node.h"

namespace natsim::nat {

// Contract:
// 1. Inside it has IPv4 and is the way to everywhere, outside IPv6. What inside hosts send to
//    anywhere else goes to the AFTR as it is, in the softwire; nothing is translated and nothing
//    remembered. What comes out of the softwire is forwarded inside.
// 2. Only the AFTR is heard: what anyone else sends to the box is dropped (no_socket).
// 3. The hop limit is checked as by a router: the softwire is one hop. Errors that the box sends
//    into the softwire come from b4_ipv4.
class B4Box : public net::Node {
 public:
  // Precondition: `aftr` is IPv6.
  B4Box(net::Network& network, std::string name, const IpAddress& aftr);

  void receive(net::PacketPtr packet, net::Interface& in) override;

  // Made with the box; its first IPv6 address is the softwire's end.
  [[nodiscard]] net::Interface& outside_interface() const { return outside_; }
  // Whatever is added is inside.
  net::Interface& add_interface() override;
  [[nodiscard]] const IpAddress& aftr() const { return aftr_; }

 private:
  void from_inside(net::PacketPtr packet, net::Interface& in);
  void from_outside(net::PacketPtr packet);
  void forward(net::PacketPtr packet, net::Interface& in, net::Interface& out);
  // Sends into the softwire, if a way leads to the AFTR.
  void tunnel(const net::Packet& packet);
  void refuse(const net::Packet& packet, net::Interface& in, core::DropReason reason,
              net::IcmpError error);
  // The same for what came out of the softwire.
  void refuse_outside(const net::Packet& packet, core::DropReason reason, net::IcmpError error,
                      std::uint32_t mtu = 0);

  IpAddress aftr_;
  SoftwireEnd end_;
  net::Forwarding inside_;
  net::Forwarding outward_;  // of the outside interface alone
  net::Interface& outside_;
};

}  // namespace natsim::nat
