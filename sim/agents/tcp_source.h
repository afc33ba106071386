// Sends bytes over one connection as fast as it goes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "sim/net/host.h"
#include "sim/net/tcp_stack.h"
#include "stack/base/result.h"
#include "stack/base/time.h"

namespace natsim::agents {

struct TcpSourceOptions {
  Endpoint to;
  std::optional<std::uint64_t> bytes;  // then it closes; without end if unset
  net::TcpBinding binding;
};

class TcpSource : private net::TcpReceiver {
 public:
  // Connects at once. Fails if it cannot.
  static Result<std::unique_ptr<TcpSource>> start(net::Host& host, const TcpSourceOptions& options);

  [[nodiscard]] const net::TcpSocket& socket() const { return *socket_; }
  [[nodiscard]] Time connected_at() const { return connected_at_; }  // never() until then
  [[nodiscard]] Time ended_at() const { return ended_at_; }          // never() until then
  // Acknowledged bits a second between the handshake and the end, or now; 0 if no time has passed.
  [[nodiscard]] double throughput() const;
  // Sends no more bytes, and closes.
  void stop();

 private:
  explicit TcpSource(const TcpSourceOptions& options) : left_(options.bytes) {}

  void on_event(net::TcpSocket& socket, net::TcpEvent event) override;
  void fill(net::TcpSocket& socket);

  std::optional<std::uint64_t> left_;  // to be handed over; without end if unset
  Time connected_at_ = Time::never();
  Time ended_at_ = Time::never();
  std::unique_ptr<net::TcpSocket> socket_;
};

}  // namespace natsim::agents
