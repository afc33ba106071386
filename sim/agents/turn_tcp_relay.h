// A client's relay for TCP (RFC 6062): connections with peers, each by a connection of its own with
// the TURN server.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/agents/agent.h"
#include "sim/agents/turn_stream.h"
#include "stack/turn/client.h"
#include "stack/turn/connection_binding.h"

namespace natsim::agents {

struct TurnTcpRelayOptions {
  Endpoint server;  // over TCP
  std::string username;
  std::string password;
};

// Asks for the relay at once.
//
// Events: "turn_tcp.allocated" {server, relay}, "turn_tcp.connected" {peer, by_peer},
// "turn_tcp.failed" {peer, reason, code}, "turn_tcp.ended" {reason}.
class TurnTcpRelay : public Agent, private TurnStream::User, private net::TcpReceiver {
 public:
  // A connection with a peer: what goes over it are the peer's bytes alone.
  struct Connected {
    Endpoint peer;
    std::unique_ptr<net::TcpSocket> socket;
  };

  // Fails if the connection to the server cannot be asked for.
  static Result<std::unique_ptr<TurnTcpRelay>> start(net::Host& host, TurnTcpRelayOptions options);

  // Unset until it is allocated.
  [[nodiscard]] const Endpoint& relayed() const { return relayed_; }
  // Why there is none, or no longer; empty before.
  [[nodiscard]] const std::string& ended() const { return ended_; }

  // Lets peers with this address connect.
  void permit(const IpAddress& peer);
  // `take_connected` or `take_failure` of the peer follows.
  void connect(const Endpoint& peer);
  std::optional<Connected> take_connected(const Endpoint& peer);
  std::optional<std::string> take_failure(const Endpoint& peer);
  // The next that a peer has made.
  std::optional<Connected> take_accepted();
  // Whether one of these would give something.
  [[nodiscard]] bool has_news_of(const Endpoint& peer) const;
  [[nodiscard]] bool has_accepted() const { return !accepted_.empty(); }
  // Gives the relay back, and all its connections.
  void close();

 private:
  // A connection with the server on its way to be bound.
  struct Data {
    Endpoint peer;
    std::uint32_t id;
    bool by_peer;
    std::unique_ptr<net::TcpSocket> socket;
    std::optional<turn::ConnectionBinding> binding;
    Bytes message;  // the beginning of one
  };
  struct Failure {
    Endpoint peer;
    std::string reason;
  };

  TurnTcpRelay(net::Host& host, TurnTcpRelayOptions options);

  void on_open(TurnStream& stream) override;
  void on_message(TurnStream& stream, ByteView message) override;
  void on_end(TurnStream& stream, std::string_view why) override;
  void on_event(net::TcpSocket& socket, net::TcpEvent event) override;
  void take(const Endpoint& /*local*/, const net::Packet& /*packet*/) override {}
  void handle_timeout(Time now) override;
  [[nodiscard]] Time next_timeout() const override;
  void drain() override;
  void send_bindings();

  template <typename E>
  void on(const E& /*event*/) {}  // of what relays for UDP do
  void on(const turn::Allocated& event);
  void on(const turn::Failed& event);
  void on(const turn::Expired& event);
  void on(const turn::Closed& event);
  void on(const turn::NeedNewLocalPort& event);
  void on(const turn::PermissionFailed& event);
  void on(const turn::PeerConnected& event);
  void on(const turn::PeerConnectFailed& event);
  void read(std::size_t place);
  void bound(std::size_t place);
  void fail(const Endpoint& peer, std::string_view reason, int code);
  void end(std::string reason);

  TurnTcpRelayOptions options_;
  Random random_;
  std::unique_ptr<TurnStream> control_;   // null once it has ended
  std::unique_ptr<turn::Client> client_;  // from when the connection stands
  std::vector<IpAddress> permitted_;      // before
  Endpoint relayed_;
  std::string ended_;
  std::vector<Data> data_;
  std::deque<Connected> connected_;  // asked for
  std::deque<Connected> accepted_;
  std::deque<Failure> failures_;
};

}  // namespace natsim::agents
