// The STUN and the TURN server of stack/ on real sockets.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "stack/base/result.h"
#include "stack/stun/binding_server.h"
#include "stack/turn/server.h"
#include "tools/serve/sockets.h"

namespace natsim::serve {

// Answers Binding requests over UDP; with an alternate address for behaviour discovery (RFC 5780).
class StunService : private Sockets::User {
 public:
  // Throws as BindingServer does.
  StunService(boost::asio::io_context& context, const stun::BindingServer::Options& options);

  // Opens the sockets. The error says which one the system refuses.
  std::optional<Error> start();
  [[nodiscard]] const stun::BindingServer::Counters& counters() const {
    return machine_.counters();
  }

 private:
  void on_message(const Endpoint& local, const Endpoint& remote, ByteView message,
                  Transport transport) override;
  void on_disconnected(const Endpoint& /*local*/, const Endpoint& /*remote*/,
                       Transport /*transport*/) override {}

  WallClock clock_;
  stun::BindingServer machine_;
  Sockets sockets_;
};

struct TurnServiceOptions {
  turn::ServerOptions turn;  // of one listening endpoint
  bool tcp = false;          // also over TCP, on its port
  // Over TLS, on this port of its address.
  std::optional<std::uint16_t> tls_port;
  std::optional<tls::ServerOptions> tls;  // set with tls_port
};

// Relays UDP for clients over UDP, TCP and TLS, and answers Binding requests.
class TurnService : private Sockets::User {
 public:
  // Throws as turn::Server does. `told` hears of what the server does, `refused` of relays that the
  // system refuses: nothing arrives at their allocations.
  TurnService(boost::asio::io_context& context, TurnServiceOptions options, const Random& random,
              std::function<void(const turn::ServerEvent&)> told,
              std::function<void(const Error&)> refused);

  std::optional<Error> start();
  [[nodiscard]] const turn::Server& machine() const { return machine_; }

 private:
  void on_message(const Endpoint& local, const Endpoint& remote, ByteView message,
                  Transport transport) override;
  void on_disconnected(const Endpoint& local, const Endpoint& remote, Transport transport) override;
  void drain();
  void arm();

  TurnServiceOptions options_;
  std::function<void(const turn::ServerEvent&)> told_;
  std::function<void(const Error&)> refused_;
  WallClock clock_;
  turn::Server machine_;
  Sockets sockets_;
  boost::asio::steady_timer timer_;
};

}  // namespace natsim::serve
