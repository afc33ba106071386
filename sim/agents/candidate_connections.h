// The TCP connections between two ICE peers: listeners, and messages in frames.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/agents/byte_stream.h"
#include "stack/ice/stream_framing.h"

namespace natsim::agents {

// Contract:
// 1. A connection is named by its two ends. One that was asked for by `connect` is told of by
//    `on_connection`, at once if it cannot be asked for; what is accepted by `on_accept`.
// 2. `on_connection_end` comes for each connection that stood, whoever has ended it.
class CandidateConnections : private ByteStream::User, private net::TcpAcceptor {
 public:
  class User {
   public:
    virtual ~User() = default;
    // The answer to `connect`: the local end, or why there is none. False: it is to be closed.
    virtual bool on_connection(const Endpoint& base, const Endpoint& remote,
                               const std::optional<Endpoint>& local, std::string_view why) = 0;
    virtual bool on_accept(const Endpoint& local, const Endpoint& remote) = 0;
    virtual void on_framed(const Endpoint& local, const Endpoint& remote, ByteView message) = 0;
    virtual void on_connection_end(const Endpoint& local, const Endpoint& remote,
                                   std::string_view why) = 0;
  };

  // Bytes that wait for TCP, at most: beyond that messages are lost instead, since media that comes
  // late is of no use.
  static constexpr std::size_t max_unsent = 65'536;

  // Both outlive it.
  CandidateConnections(net::Host& host, User& user) : host_(host), user_(user) {}

  // Where it listens: the port is filled in. Fails if it is taken.
  Result<Endpoint> listen(const Endpoint& local);
  [[nodiscard]] bool listens(const Endpoint& local) const;
  void stop_listening(const Endpoint& local);
  // From the address of `base`.
  void connect(const Endpoint& base, const Endpoint& remote);
  [[nodiscard]] bool has(const Endpoint& local, const Endpoint& remote) const;
  // False if the message is lost.
  bool send(const Endpoint& local, const Endpoint& remote, ByteView message);
  void close(const Endpoint& local, const Endpoint& remote);

 private:
  struct Connection {
    std::optional<Endpoint> base;  // set while it is being opened
    Endpoint asked;                // by `connect`
    ice::StreamFraming framing;
    std::unique_ptr<ByteStream> stream;
  };

  void on_open(ByteStream& stream) override;
  void on_bytes(ByteStream& stream, ByteView bytes) override;
  void on_end(ByteStream& stream, std::string_view why) override;
  void accept(net::TcpListener& listener, std::unique_ptr<net::TcpSocket> socket) override;
  [[nodiscard]] Connection* find(const Endpoint& local, const Endpoint& remote) const;
  [[nodiscard]] Connection& of(const ByteStream& stream) const;

  net::Host& host_;
  User& user_;
  std::vector<std::unique_ptr<net::TcpListener>> listeners_;
  std::vector<std::unique_ptr<Connection>> connections_;
};

}  // namespace natsim::agents
