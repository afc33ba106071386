// Traffic for the network benchmarks: sources that keep sending and sinks that count.
#pragma once

#include <cstdint>
#include <memory>

#include "sim/core/scheduler.h"
#include "sim/net/host.h"
#include "sim/net/network.h"
#include "stack/base/bytes.h"

namespace natsim::bench {

// Counts what arrives at a socket, and sends it back if asked to.
class Counter : public net::DatagramReceiver {
 public:
  explicit Counter(bool echo = false) : echo_(echo) {}
  void receive(net::UdpSocket& socket, const net::Packet& packet) override {
    ++received;
    if (echo_) socket.send(packet.source, packet.payload());
  }
  std::uint64_t received = 0;

 private:
  bool echo_;
};

// Sends a datagram `count` times at a fixed interval. The payload must outlive it.
class Source : public core::Actor {
 public:
  Source(net::Host& host, net::UdpSocket& socket, const Endpoint& to, ByteView payload,
         Duration interval, std::uint64_t count)
      : Actor(host.world().scheduler(), host.id()),
        host_(host),
        socket_(socket),
        to_(to),
        payload_(payload),
        interval_(interval),
        left_(count),
        timer_(*this) {}
  void start(Time at) { timer_.arm(at); }

 private:
  void on_timer(core::Timer& /*timer*/) override {
    socket_.send(to_, payload_);
    if (--left_ > 0) timer_.arm(host_.world().now() + interval_);
  }

  net::Host& host_;
  net::UdpSocket& socket_;
  Endpoint to_;
  ByteView payload_;
  Duration interval_;
  std::uint64_t left_;
  core::Timer timer_;
};

inline net::Host& add_host(net::Network& network, std::string name, const IpAddress& address) {
  auto& host = network.add<net::Host>(std::move(name));
  host.add_interface().add_address(address, 24);
  return host;
}

inline std::unique_ptr<net::UdpSocket> open(net::Host& host, std::uint16_t port,
                                            net::DatagramReceiver& receiver) {
  return std::move(host.open_udp({IpAddress::any_v4(), port}, receiver).value());
}

}  // namespace natsim::bench
