// Two hosts behind a NAT box, and a server on the Internet, for tests of the box.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/nat/nat_box.h"
#include "sim/net/fragment.h"
#include "tests/sim/net/testbed.h"

namespace natsim::nat {

inline constexpr net::LinkOptions lan = {.one_way_delay = milliseconds(1)};
inline constexpr net::LinkOptions wan = {.one_way_delay = milliseconds(10)};

// alice (192.168.1.5) and bob (192.168.1.6) behind a NAT (198.51.100.7), and a server
// (203.0.113.10) on the Internet. From alice to the server it takes 1 + 10 + 10 ms.
struct Home : net::Testbed {
  explicit Home(const NatOptions& options)
      : internet(network.add<net::Router>("internet")),
        box(network.add<NatBox>("home", options)),
        alice(host("alice", {"192.168.1.5"})),
        bob(host("bob", {"192.168.1.6"})),
        server(host("server", {"203.0.113.10"})) {
    add_address(box.outside_interface(), "198.51.100.7");
    network.connect(box.outside_interface(), internet.add_interface(), wan, wan);
    attach(server, internet, wan);
    for (net::Host* const inside : {&alice, &bob}) {
      net::Interface& port = box.add_inside_interface();
      if (inside == &alice) port.add_address(net::ip("192.168.1.1"), 24);
      network.connect(*inside->interfaces().front(), port, lan, lan);
    }
    alice_socket = &open(alice, "192.168.1.5:5000", at_alice);
    bob_socket = &open(bob, "192.168.1.6:6000", at_bob);
    server_socket = &open(server, "203.0.113.10:3478", at_server);
  }
  void send(net::UdpSocket& from, std::string_view to) {
    from.send(net::endpoint(to), as_bytes("hello"));
  }
  // A datagram with a hop limit of its own.
  void send_with_hop_limit(net::Host& from, std::string_view source, std::string_view to,
                           std::uint8_t hop_limit) {
    from.interfaces().front()->send(net::make_udp(network.pool(), net::endpoint(source),
                                                  net::endpoint(to), as_bytes("hello"), hop_limit));
  }
  // The fragments of a datagram with `size` bytes of payload, for links with that MTU.
  std::vector<net::PacketPtr> fragments(std::string_view source, std::string_view to,
                                        std::size_t size, std::uint16_t mtu,
                                        std::uint16_t identification = 4711) {
    const net::PacketPtr whole =
        net::make_udp(network.pool(), net::endpoint(source), net::endpoint(to), Bytes(size, 0x5a));
    whole->id = identification;
    net::allow_fragmentation(*whole, identification);
    return net::cut(network.pool(), *whole, mtu);
  }
  static void send(net::Host& from, net::PacketPtr packet) {
    from.interfaces().front()->send(std::move(packet));
  }

  net::Router& internet;
  NatBox& box;
  net::Host& alice;
  net::Host& bob;
  net::Host& server;
  net::Mailbox at_alice;
  net::Mailbox at_bob;
  net::Mailbox at_server;
  net::UdpSocket* alice_socket;
  net::UdpSocket* bob_socket;
  net::UdpSocket* server_socket;
};

}  // namespace natsim::nat
