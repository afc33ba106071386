// A DNS server on a simulated host.
#pragma once

#include <cstdint>
#include <memory>

#include "sim/net/host.h"
#include "sim/net/udp_socket.h"
#include "stack/base/result.h"
#include "stack/dns/server.h"

namespace natsim::agents {

class DnsServer : private net::DatagramReceiver {
 public:
  // Fails if the socket cannot be opened.
  static Result<std::unique_ptr<DnsServer>> start(net::Host& host, const Endpoint& local,
                                                  dns::ServerOptions options);

  [[nodiscard]] const Endpoint& local() const { return socket_->local(); }
  [[nodiscard]] std::uint64_t answered() const { return answered_; }

 private:
  explicit DnsServer(dns::ServerOptions options) : machine_(std::move(options)) {}
  void receive(net::UdpSocket& socket, const net::Packet& packet) override;

  dns::Server machine_;
  std::uint64_t answered_ = 0;
  std::unique_ptr<net::UdpSocket> socket_;
};

}  // namespace natsim::agents
