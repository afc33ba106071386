// A TURN connection on a simulated host: whole messages in both directions.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "sim/agents/byte_stream.h"
#include "stack/turn/stream_framing.h"

namespace natsim::agents {

// Contract, on top of ByteStream's: what begins no message ends the stream, and `on_end` says so.
class TurnStream : private ByteStream::User {
 public:
  class User {
   public:
    virtual ~User() = default;
    virtual void on_open(TurnStream& stream) = 0;
    virtual void on_message(TurnStream& stream, ByteView message) = 0;
    // After `pass_through`.
    virtual void on_raw(TurnStream& /*stream*/, ByteView /*bytes*/) {}
    virtual void on_end(TurnStream& stream, std::string_view why) = 0;
  };

  // Bytes that wait for TCP, at most: beyond that messages are lost instead, since media that comes
  // late is of no use.
  static constexpr std::size_t max_unsent = 65'536;

  // A client's, from an address of the host. Fails if the connection cannot be asked for.
  static Result<std::unique_ptr<TurnStream>> connect(net::Host& host, const IpAddress& local,
                                                     const Endpoint& server, User& user,
                                                     std::optional<TlsLayer> tls);
  // A server's, which takes channel numbers up to the highest.
  static std::unique_ptr<TurnStream> accept(std::unique_ptr<net::TcpSocket> socket, User& user,
                                            std::optional<TlsLayer> tls,
                                            std::uint16_t highest_channel);

  // False if it is lost.
  bool send(ByteView message);
  // What follows the message that is being told is no message any more, but a peer's (RFC 6062).
  void pass_through() { raw_ = true; }
  // As it is, and never lost.
  void send_raw(ByteView bytes) { stream_->send(bytes); }
  // Once all is sent.
  void close() { stream_->close(); }

  [[nodiscard]] const Endpoint& local() const { return stream_->local(); }
  [[nodiscard]] const Endpoint& remote() const { return stream_->remote(); }

 private:
  explicit TurnStream(User& user, std::uint16_t highest_channel = turn::last_channel)
      : user_(user), framing_(highest_channel) {}

  void on_open(ByteStream& stream) override;
  void on_bytes(ByteStream& stream, ByteView bytes) override;
  void on_end(ByteStream& stream, std::string_view why) override;

  User& user_;
  turn::StreamFraming framing_;
  bool raw_ = false;
  std::unique_ptr<ByteStream> stream_;
};

}  // namespace natsim::agents
