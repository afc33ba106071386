// Two servers of old: one that sends back what comes, and one that swallows it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/net/host.h"
#include "sim/net/tcp_stack.h"
#include "stack/base/result.h"

namespace natsim::agents {

enum class TcpServiceKind : std::uint8_t {
  echo,     // RFC 862; reads no faster than it can send back
  discard,  // RFC 863
};

// Serves any number of connections, and closes each when its peer has.
class TcpService : private net::TcpAcceptor, private net::TcpReceiver {
 public:
  // Fails if it cannot listen there.
  static Result<std::unique_ptr<TcpService>> start(net::Host& host, TcpServiceKind kind,
                                                   const net::TcpBinding& binding);

  struct Counters {
    std::uint64_t connections = 0;  // accepted so far
    std::uint64_t bytes = 0;        // received from all of them
    Time first_byte = Time::never();
    Time last_byte = Time::never();
  };
  [[nodiscard]] const Counters& counters() const { return counters_; }
  [[nodiscard]] const Endpoint& local() const { return listener_->local(); }

 private:
  TcpService(net::Host& host, TcpServiceKind kind) : host_(host), kind_(kind) {}

  void accept(net::TcpListener& listener, std::unique_ptr<net::TcpSocket> socket) override;
  void on_event(net::TcpSocket& socket, net::TcpEvent event) override;
  void take(net::TcpSocket& socket);

  net::Host& host_;
  TcpServiceKind kind_;
  Counters counters_;
  std::vector<std::unique_ptr<net::TcpSocket>> sockets_;  // in the order of their coming
  std::unique_ptr<net::TcpListener> listener_;
};

}  // namespace natsim::agents
