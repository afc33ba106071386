// Real sockets for a sans-I/O server: UDP, TCP and TLS, by Boost.Asio.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/io_context.hpp>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/datagram.h"
#include "stack/base/random.h"
#include "stack/base/result.h"
#include "stack/base/time.h"
#include "stack/tls/context.h"
#include "stack/tls/endpoint.h"

namespace natsim::serve {

// Unix time, by which ephemeral credentials expire. Goes on evenly whatever is done to the
// machine's clock.
class WallClock {
 public:
  WallClock();
  [[nodiscard]] Time now() const;

 private:
  Time begun_;              // by the machine's clock
  std::int64_t offset_ns_;  // of the steady clock then
};

// Contract:
// 1. A connection is named by its two ends. What comes over it is cut into messages
//    (turn::StreamFraming); one that cannot be ends it.
// 2. Whatever a peer does costs its own connection at most: at most `max_connections` are open,
// each
//    holds at most `max_unsent` bytes, and one that says nothing for `handshake_limit` after it was
//    opened is closed.
class Sockets {
 public:
  class User {
   public:
    virtual ~User() = default;
    virtual void on_message(const Endpoint& local, const Endpoint& remote, ByteView message,
                            Transport transport) = 0;
    virtual void on_disconnected(const Endpoint& local, const Endpoint& remote,
                                 Transport transport) = 0;
  };

  static constexpr std::size_t max_connections = 10'000;
  static constexpr std::size_t max_unsent = 1'048'576;
  static constexpr Duration handshake_limit = seconds(10);

  // Both outlive it.
  Sockets(boost::asio::io_context& context, User& user);
  ~Sockets();
  Sockets(const Sockets&) = delete;  // handlers refer to it
  Sockets& operator=(const Sockets&) = delete;

  // Fails with what the system says. The address is one of the machine's own, not "any".
  std::optional<Error> open_udp(const Endpoint& local);
  void close_udp(const Endpoint& local);
  // For TCP, or with a certificate for TLS.
  std::optional<Error> listen(const Endpoint& local, const std::optional<tls::ServerOptions>& tls);
  // What no socket is there for, or takes no more, is lost.
  void send(const Transmit& message);

 private:
  class UdpSocket;
  class Listener;
  class Connection;
  using Ends = std::pair<Endpoint, Endpoint>;  // local, remote

  void end(Connection& connection);

  boost::asio::io_context& context_;
  User& user_;
  tls::Context tls_;
  Random random_;               // of TLS: a stream for each connection
  std::uint64_t accepted_ = 0;  // connections so far
  std::map<Endpoint, std::shared_ptr<UdpSocket>> udp_;
  std::map<Endpoint, std::shared_ptr<Listener>> listeners_;
  std::map<Ends, std::shared_ptr<Connection>> connections_;
};

}  // namespace natsim::serve
