// A TURN server on a simulated host.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sim/agents/agent.h"
#include "sim/agents/tls_authority.h"
#include "sim/agents/turn_stream.h"
#include "stack/turn/server.h"

namespace natsim::agents {

struct TurnServerOptions {
  turn::ServerOptions turn;
  // Also served over TCP at the address of the first listening endpoint, and over TLS. The two
  // ports differ.
  std::optional<std::uint16_t> tcp_port;
  std::optional<std::uint16_t> tls_port;
  std::optional<TlsServerUse> tls;  // set with tls_port
};

// Relays for clients that know a user name and password. It answers Binding requests as well, so
// that one address serves as STUN and TURN server (RFC 8656 §2.1).
//
// Data for a client whose connection takes no more is lost, with a reason. What a peer sends over
// TCP (RFC 6062) never is: it waits for the client, without a limit.
//
// Events: "turn.allocated" {client, relay, user, lifetime}, "turn.refreshed" {client, relay,
// lifetime}, "turn.moved" {client, former, relay}, "turn.ended" {client, relay, why},
// "turn.permission" {client, relay, peer, refreshed}, "turn.permission_expired" {client, relay,
// peer}, "turn.channel" {client, relay, peer, number, refreshed}, "turn.channel_expired" {client,
// relay, peer, number}, "turn.refused" {client, method, code, reason}, "turn.connected" {client,
// transport}, "turn.disconnected" {client, transport, reason}; "turn.peer" {relay, peer, state,
// reason} of a connection with a peer; with TLS those of TlsLayer.
class TurnServer : public Agent, private net::TcpAcceptor, private TurnStream::User {
 public:
  // Fails if a listening socket cannot be opened.
  static Result<std::unique_ptr<TurnServer>> start(net::Host& host,
                                                   const TurnServerOptions& options);
  ~TurnServer() override;

  // Where it is served; unset if it is not by this transport.
  [[nodiscard]] Endpoint endpoint(Transport transport = Transport::udp) const;
  [[nodiscard]] const turn::Server& machine() const { return machine_; }

 private:
  // A client's connection.
  struct Connection {
    Transport transport;
    std::unique_ptr<TurnStream> stream;
    std::optional<std::uint32_t> peer;  // the number of the connection that it carries (RFC 6062)
  };
  class PeerStream;

  TurnServer(net::Host& host, const turn::ServerOptions& options);

  void accept(net::TcpListener& listener, std::unique_ptr<net::TcpSocket> socket) override;
  void on_open(TurnStream& /*stream*/) override {}  // those of clients only
  void on_message(TurnStream& stream, ByteView message) override;
  void on_end(TurnStream& stream, std::string_view why) override;
  void on_raw(TurnStream& stream, ByteView bytes) override;
  void accept_peer(const Endpoint& relay, std::unique_ptr<net::TcpSocket> socket);
  void open_relay_for_tcp(const Endpoint& relay);
  void join(const turn::JoinStreams& streams);
  void tell_peer(const Endpoint& relay, const Endpoint& peer, std::string_view state,
                 std::string_view reason);
  void send_by_connection(const Transmit& message);
  Result<std::unique_ptr<net::TcpListener>> listen(std::uint16_t port);
  void take(const Endpoint& local, const net::Packet& packet) override;
  void take_error(const Endpoint& local, net::IcmpError error, const Endpoint& remote) override;
  void handle_timeout(Time now) override { machine_.handle_timeout(now); }
  [[nodiscard]] Time next_timeout() const override { return machine_.next_timeout(); }
  void drain() override;

  void on(const turn::OpenRelay& event);
  void on(const turn::CloseRelay& event);
  void on(const turn::ConnectPeer& event);
  // When the answer that the client waits for has been sent.
  void on(const turn::JoinStreams& event) { to_join_.push_back(event); }
  void on(const turn::ClosePeer& event);
  void on(const turn::AllocationCreated& event);
  void on(const turn::AllocationRefreshed& event);
  void on(const turn::AllocationMoved& event);
  void on(const turn::AllocationEnded& event);
  void on(const turn::PermissionInstalled& event);
  void on(const turn::PermissionExpired& event);
  void on(const turn::ChannelInstalled& event);
  void on(const turn::ChannelExpired& event);
  void on(const turn::RequestRefused& event);
  void on(const turn::PacketDropped& event);

  Endpoint listening_;
  std::uint16_t highest_channel_;  // that clients may have
  turn::Server machine_;
  std::optional<TlsServerUse> tls_use_;
  std::uint64_t tls_connections_ = 0;      // so far, each with a random stream of its own
  std::unique_ptr<net::TcpListener> tcp_;  // null if it is not served so
  std::unique_ptr<net::TcpListener> tls_;
  std::map<std::pair<Endpoint, Endpoint>, Connection> connections_;  // by client and server
  std::map<Endpoint, std::unique_ptr<net::TcpListener>> relays_;     // for TCP
  std::map<std::uint32_t, std::unique_ptr<PeerStream>> peers_;       // by CONNECTION-ID
  std::vector<turn::JoinStreams> to_join_;
  const net::Packet* current_ = nullptr;  // being taken: what a PacketDropped is about
  bool taking_ = false;                   // a packet, or a stream's message
};

}  // namespace natsim::agents
