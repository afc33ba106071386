// A program's end of a byte stream over its host's TCP.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "sim/net/host.h"
#include "sim/net/tcp_socket.h"
#include "sim/net/tcp_stack.h"
#include "stack/base/bytes.h"
#include "stack/base/result.h"

namespace natsim::agents {

// Holds what TCP has no room for yet, and ends as a whole: there are no half-closed streams.
//
// Contract:
// 1. `on_open` comes once, when a client's connection stands; one that a server was given is open
//    from the beginning and does not tell. `on_end` is the last that is told, once, and says why.
// 2. The user may call anything while it is told something, but end the stream only in `on_end`.
// 3. After `close` no bytes are told, and none are taken.
class ByteStream : private net::TcpReceiver {
 public:
  class User {
   public:
    virtual ~User() = default;
    virtual void on_open(ByteStream& stream) = 0;
    virtual void on_bytes(ByteStream& stream, ByteView bytes) = 0;
    virtual void on_end(ByteStream& stream, std::string_view why) = 0;
  };

  // Fails if the connection cannot be asked for. The user outlives the stream.
  static Result<std::unique_ptr<ByteStream>> connect(net::Host& host,
                                                     const net::TcpBinding& binding,
                                                     const Endpoint& remote, User& user);
  // Of a connection that a listener has accepted.
  static std::unique_ptr<ByteStream> accept(std::unique_ptr<net::TcpSocket> socket, User& user);

  void send(ByteView bytes);
  // Bytes that wait for room.
  [[nodiscard]] std::size_t unsent() const { return unsent_.size(); }
  // Once all is sent.
  void close();
  // For `on_bytes`, when it cannot go on after what came: an RST ends the connection, and `on_end`
  // says `why`, which outlives the stream.
  void fail(std::string_view why) { failure_ = why; }

  [[nodiscard]] const Endpoint& local() const { return local_; }
  [[nodiscard]] const Endpoint& remote() const { return remote_; }

 private:
  explicit ByteStream(User& user) : user_(user) {}

  void on_event(net::TcpSocket& socket, net::TcpEvent event) override;
  void send_unsent();
  void end(std::string_view why);

  User& user_;
  std::unique_ptr<net::TcpSocket> socket_;  // null once it has ended
  Endpoint local_;
  Endpoint remote_;
  Bytes unsent_;
  bool closing_ = false;
  std::string_view failure_;  // why it is to be aborted; empty while it is not
};

}  // namespace natsim::agents
