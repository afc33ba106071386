// A signalling server on a simulated host: WebSocket over its TCP.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include <absl/container/flat_hash_map.h>

#include "sim/agents/agent.h"
#include "sim/agents/byte_stream.h"
#include "sim/agents/tls_authority.h"
#include "sim/net/tcp_stack.h"
#include "stack/signalling/server.h"

namespace natsim::agents {

inline constexpr std::uint16_t default_signalling_port = 8080;
inline constexpr std::uint16_t default_signalling_tls_port = 443;  // RFC 6455 §3

// Runs signalling::Server, over TLS if it is given how.
//
// Events: "room.joined" {room, name, client}, "room.resumed" {room, name, client}, "room.relayed"
// {room, name, what}, "room.refused" {client, name, reason}, "room.absent" {room, name, reason},
// "room.left" {room, name, reason}, "room.closed" {client, reason}, "room.restarted" {connections};
// with TLS those of TlsLayer.
class SignallingServer : public Agent, private net::TcpAcceptor, private ByteStream::User {
 public:
  // Fails if the port is taken, or the address is not the host's.
  static Result<std::unique_ptr<SignallingServer>> start(net::Host& host,
                                                         const net::TcpBinding& binding,
                                                         const signalling::ServerOptions& options,
                                                         std::optional<TlsServerUse> tls = {});

  // As signalling::Server::restart.
  void restart();
  [[nodiscard]] const Endpoint& endpoint() const { return listener_->local(); }
  [[nodiscard]] bool uses_tls() const { return tls_.has_value(); }
  [[nodiscard]] const signalling::Server& machine() const { return machine_; }

 private:
  SignallingServer(net::Host& host, const signalling::ServerOptions& options,
                   std::optional<TlsServerUse> tls);

  void take(const Endpoint& /*local*/, const net::Packet& /*packet*/) override {}  // no UDP
  void handle_timeout(Time now) override { machine_.handle_timeout(now); }
  [[nodiscard]] Time next_timeout() const override { return machine_.next_timeout(); }
  void drain() override;

  void accept(net::TcpListener& listener, std::unique_ptr<net::TcpSocket> socket) override;
  void on_open(ByteStream& /*stream*/) override {}
  void on_bytes(ByteStream& stream, ByteView bytes) override;
  void on_end(ByteStream& stream, std::string_view why) override;
  void tell_of(const signalling::ServerEvent& event);

  signalling::Server machine_;
  signalling::ConnectionId last_stream_ = 0;
  std::map<signalling::ConnectionId, std::unique_ptr<ByteStream>> streams_;
  absl::flat_hash_map<const ByteStream*, signalling::ConnectionId> numbers_;  // never walked
  std::optional<TlsServerUse> tls_;
  std::unique_ptr<net::TcpListener> listener_;
};

}  // namespace natsim::agents
