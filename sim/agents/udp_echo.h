// Sends every datagram back to where it came from.
#pragma once

#include <cstdint>
#include <memory>

#include "sim/net/host.h"
#include "sim/net/udp_socket.h"
#include "stack/base/result.h"

namespace natsim::agents {

class UdpEcho : private net::DatagramReceiver {
 public:
  // Fails if the socket cannot be opened.
  static Result<std::unique_ptr<UdpEcho>> start(net::Host& host, const Endpoint& local);

  [[nodiscard]] const Endpoint& local() const { return socket_->local(); }
  [[nodiscard]] std::uint64_t echoed() const { return echoed_; }

 private:
  UdpEcho() = default;
  void receive(net::UdpSocket& socket, const net::Packet& packet) override {
    ++echoed_;
    socket.send(packet.source, packet.payload());
  }

  std::uint64_t echoed_ = 0;
  std::unique_ptr<net::UdpSocket> socket_;
};

}  // namespace natsim::agents
