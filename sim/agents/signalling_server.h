// A signalling server on a simulated host: WebSocket over its TCP.
#pragma once

#include <map>
#include <memory>

#include "sim/agents/agent.h"
#include "sim/net/tcp_stack.h"
#include "stack/signalling/server.h"

namespace natsim::agents {

inline constexpr std::uint16_t default_signalling_port = 8080;

// Runs signalling::Server.
//
// Events: "room.joined" {room, name, client}, "room.resumed" {room, name, client}, "room.relayed"
// {room, name, what}, "room.refused" {client, name, reason}, "room.absent" {room, name, reason},
// "room.left" {room, name, reason}, "room.closed" {client, reason}, "room.restarted" {connections}.
class SignallingServer : public Agent, private net::TcpAcceptor {
 public:
  // Fails if the port is taken, or the address is not the host's.
  static Result<std::unique_ptr<SignallingServer>> start(net::Host& host,
                                                         const net::TcpBinding& binding,
                                                         const signalling::ServerOptions& options);

  // As signalling::Server::restart.
  void restart();
  [[nodiscard]] const Endpoint& endpoint() const { return listener_->local(); }
  [[nodiscard]] const signalling::Server& machine() const { return machine_; }

 private:
  // A stream, and what the connection has had no room for.
  struct Stream : net::TcpReceiver {
    Stream(SignallingServer& owner, signalling::ConnectionId number,
           std::unique_ptr<net::TcpSocket> connection)
        : server(owner), id(number), socket(std::move(connection)) {
      socket->set_receiver(this);
    }
    void on_event(net::TcpSocket& /*from*/, net::TcpEvent event) override {
      server.on_event(id, event);  // may end this stream
    }

    SignallingServer& server;
    signalling::ConnectionId id;
    std::unique_ptr<net::TcpSocket> socket;
    Bytes unsent;
    bool closing = false;  // once that is sent
  };

  SignallingServer(net::Host& host, const signalling::ServerOptions& options);

  void take(const Endpoint& /*local*/, const net::Packet& /*packet*/) override {}  // no UDP
  void handle_timeout(Time now) override { machine_.handle_timeout(now); }
  [[nodiscard]] Time next_timeout() const override { return machine_.next_timeout(); }
  void drain() override;

  void accept(net::TcpListener& listener, std::unique_ptr<net::TcpSocket> socket) override;
  void on_event(signalling::ConnectionId id, net::TcpEvent event);
  void send(signalling::ConnectionId id);
  void tell_of(const signalling::ServerEvent& event);

  signalling::Server machine_;
  signalling::ConnectionId last_stream_ = 0;
  std::map<signalling::ConnectionId, Stream> streams_;
  std::unique_ptr<net::TcpListener> listener_;
};

}  // namespace natsim::agents
