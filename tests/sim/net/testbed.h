// A world with a network in it, and the means to watch what happens there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/core/world.h"
#include "sim/net/host.h"
#include "sim/net/link.h"
#include "sim/net/network.h"
#include "sim/net/router.h"
#include "sim/net/wire.h"

namespace natsim::net {

inline IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }
inline Endpoint endpoint(std::string_view text) { return Endpoint::parse(text).value(); }

// Keeps what arrives at a socket.
class Mailbox : public DatagramReceiver {
 public:
  struct Letter {
    Time at;
    core::PacketId packet;
    Endpoint from;
    Bytes payload;
    std::uint8_t hop_limit;
  };
  struct Failure {
    Time at;
    IcmpError error;
    Endpoint remote;
  };

  void receive(UdpSocket& socket, const Packet& packet) override {
    letters.push_back({socket.host().world().now(), packet.id, packet.source,
                       Bytes(packet.payload().begin(), packet.payload().end()), packet.hop_limit});
    if (then) then(socket, packet);
  }
  void receive_error(UdpSocket& socket, IcmpError error, const Endpoint& remote) override {
    failures.push_back({socket.host().world().now(), error, remote});
  }

  std::vector<Letter> letters;
  std::vector<Failure> failures;
  std::function<void(UdpSocket&, const Packet&)> then;  // what the program does with a datagram
};

// Keeps every step of every packet.
class PacketLog : public core::EventListener {
 public:
  struct Step {
    Time at;
    core::PacketStep step;
    core::DropReason reason;
    core::ObjectId where;
    core::PacketId packet;
    Endpoint source;
    Endpoint destination;
    Bytes datagram;
    std::string note;
    bool operator==(const Step&) const = default;
  };

  explicit PacketLog(core::World& world) : world_(world) { world.events().add_listener(*this); }
  ~PacketLog() override { world_.events().remove_listener(*this); }
  PacketLog(const PacketLog&) = delete;  // the world refers to it
  PacketLog& operator=(const PacketLog&) = delete;

  void on_packet(const core::PacketEvent& event) override {
    steps.push_back({event.at, event.step, event.reason, event.where, event.packet, event.source,
                     event.destination, Bytes(event.datagram.begin(), event.datagram.end()),
                     std::string(event.note)});
  }
  [[nodiscard]] std::vector<Step> of(core::PacketStep step) const {
    std::vector<Step> found;
    for (const Step& s : steps) {
      if (s.step == step) found.push_back(s);
    }
    return found;
  }
  [[nodiscard]] std::vector<Step> drops() const { return of(core::PacketStep::dropped); }

  std::vector<Step> steps;

 private:
  core::World& world_;
};

// The members are ended in the order that their owners need: sockets, network, world.
struct Testbed {
  explicit Testbed(std::uint64_t seed = 1) : world(seed), network(world) {}

  // Every address is alone on its link.
  Host& host(std::string name, std::initializer_list<std::string_view> addresses) {
    Host& made = network.add<Host>(std::move(name));
    Interface& interface = made.add_interface();
    for (const std::string_view text : addresses) add_address(interface, text);
    return made;
  }
  static void add_address(Interface& interface, std::string_view text) {
    const IpAddress address = ip(text);
    interface.add_address(address, address.is_v4() ? 32 : 128);
  }
  // Joins the host's first interface to a new one of the router, which may have an address.
  Interface& attach(Host& host, Router& router, const LinkOptions& options,
                    std::string_view router_address = {}) {
    Interface& port = router.add_interface();
    if (!router_address.empty()) add_address(port, router_address);
    network.connect(*host.interfaces().front(), port, options, options);
    return port;
  }
  UdpSocket& open(Host& host, std::string_view local, DatagramReceiver& receiver) {
    sockets.push_back(std::move(host.open_udp(endpoint(local), receiver).value()));
    return *sockets.back();
  }
  // Runs until nothing is left to do.
  void run() {
    while (world.scheduler().step(Time::never())) {
    }
  }
  void run_until(Duration since_start) { world.scheduler().run_until(Time{} + since_start); }
  [[nodiscard]] std::uint64_t drops(core::DropReason reason) {
    return world.events().drops(reason);
  }

  core::World world;
  Network network;
  std::vector<std::unique_ptr<UdpSocket>> sockets;
};

// Two hosts on one link, 10.0.0.1 and 10.0.0.2 (2001:db8::1 and ::2), each with a socket on port
// 5000 of IPv4.
struct TwoHosts : Testbed {
  explicit TwoHosts(const LinkOptions& a_to_b, const LinkOptions& b_to_a, std::uint64_t seed = 1)
      : Testbed(seed),
        a(host("a", {"10.0.0.1", "2001:db8::1"})),
        b(host("b", {"10.0.0.2", "2001:db8::2"})) {
    network.connect(*a.interfaces().front(), *b.interfaces().front(), a_to_b, b_to_a);
    a_socket = &open(a, "10.0.0.1:5000", at_a);
    b_socket = &open(b, "10.0.0.2:5000", at_b);
  }
  explicit TwoHosts(const LinkOptions& both) : TwoHosts(both, both) {}

  // Sends an IPv4 datagram of `size` bytes, headers included, from a to b.
  void send(std::uint16_t size) {
    a_socket->send(b_socket->local(), Bytes(size - ipv4_header_size - udp_header_size, 0x5a));
  }
  Link& forth() { return a.interfaces().front()->link(); }
  Link& back() { return b.interfaces().front()->link(); }
  [[nodiscard]] std::vector<Time> arrivals() const {
    std::vector<Time> times;
    for (const auto& letter : at_b.letters) times.push_back(letter.at);
    return times;
  }

  Host& a;
  Host& b;
  Mailbox at_a;
  Mailbox at_b;
  UdpSocket* a_socket;
  UdpSocket* b_socket;
};

}  // namespace natsim::net
