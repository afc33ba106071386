// A program's end of a byte stream over its host's TCP, plain or under TLS.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sim/agents/tls_layer.h"
#include "sim/net/host.h"
#include "sim/net/tcp_socket.h"
#include "sim/net/tcp_stack.h"
#include "stack/base/bytes.h"
#include "stack/base/result.h"

namespace natsim::agents {

// Holds what TCP has no room for yet, and ends as a whole: there are no half-closed streams.
//
// Contract:
// 1. `on_open` comes once, when a client's connection stands, and with TLS when its handshake is
//    over; one that a server was given is open from the beginning and does not tell. `on_end` is
//    the last that is told, once, and says why; the text outlives neither the call nor the stream.
// 2. The user may call anything while it is told something, and end the stream.
// 3. After `close` no bytes are told, and none are taken; `on_end` still comes.
// 4. TLS that fails ends the stream: `on_end` gives the reason, and what TLS says of it goes out
//    before the connection is closed.
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
                                                     const Endpoint& remote, User& user,
                                                     std::optional<TlsLayer> tls = std::nullopt);
  // Of a connection that a listener has accepted.
  static std::unique_ptr<ByteStream> accept(std::unique_ptr<net::TcpSocket> socket, User& user,
                                            std::optional<TlsLayer> tls = std::nullopt);
  void send(ByteView bytes);
  // Bytes that wait for room, or for TLS.
  [[nodiscard]] std::size_t unsent() const { return unsent_.size() + (tls_ ? tls_->held() : 0); }
  // Once all is sent.
  void close();
  // By RST, at once; nothing more is told.
  void abort();
  // For `on_bytes`, when it cannot go on after what came: an RST ends the connection, and `on_end`
  // says `why`, which outlives the stream.
  void fail(std::string_view why) { failure_ = why; }

  [[nodiscard]] const Endpoint& local() const { return local_; }
  [[nodiscard]] const Endpoint& remote() const { return remote_; }

 private:
  ByteStream(User& user, std::optional<TlsLayer> tls) : user_(user), tls_(std::move(tls)) {}

  void on_event(net::TcpSocket& socket, net::TcpEvent event) override;
  // Gives TLS what came, or that nothing will come any more if `last`, and the user what it makes
  // of it. False if the stream has ended.
  bool take_protected(ByteView bytes, bool last);
  bool take_plain(ByteView bytes);
  void send_protected();
  void send_unsent();
  void end(std::string_view why);

  User& user_;
  std::optional<TlsLayer> tls_;             // unset: plain
  std::unique_ptr<net::TcpSocket> socket_;  // null once it has ended
  Endpoint local_;
  Endpoint remote_;
  Bytes unsent_;  // as it goes over TCP
  bool closing_ = false;
  bool is_client_ = false;
  std::string_view failure_;  // why it is to be aborted; empty while it is not
  // Ends with the stream, which is how one that told the user something knows of it.
  std::shared_ptr<const char> alive_ = std::make_shared<const char>();
};

}  // namespace natsim::agents
