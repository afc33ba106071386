// A TURN server on a simulated host.
#pragma once

#include <memory>
#include <string>

#include "sim/agents/agent.h"
#include "stack/turn/server.h"

namespace natsim::agents {

// Relays for clients that know a user name and password. It answers Binding requests as well, so
// that one address serves as STUN and TURN server (RFC 8656 §2.1).
//
// Events: "turn.allocated" {client, relay, user, lifetime}, "turn.refreshed" {client, relay,
// lifetime}, "turn.ended" {client, relay, why}, "turn.permission" {client, relay, peer, refreshed},
// "turn.permission_expired" {client, relay, peer}, "turn.channel" {client, relay, peer, number,
// refreshed}, "turn.channel_expired" {client, relay, peer, number}, "turn.refused" {client, method,
// code, reason}.
class TurnServer : public Agent {
 public:
  // Fails if a listening socket cannot be opened.
  static Result<std::unique_ptr<TurnServer>> start(net::Host& host,
                                                   const turn::ServerOptions& options);

  [[nodiscard]] const Endpoint& endpoint() const { return listening_; }
  [[nodiscard]] const turn::Server& machine() const { return machine_; }

 private:
  TurnServer(net::Host& host, const turn::ServerOptions& options);

  void take(const Endpoint& local, const net::Packet& packet) override;
  void take_error(const Endpoint& local, net::IcmpError error, const Endpoint& remote) override;
  void handle_timeout(Time now) override { machine_.handle_timeout(now); }
  [[nodiscard]] Time next_timeout() const override { return machine_.next_timeout(); }
  void drain() override;

  void on(const turn::OpenRelay& event);
  void on(const turn::CloseRelay& event) { unbind(event.relay); }
  void on(const turn::AllocationCreated& event);
  void on(const turn::AllocationRefreshed& event);
  void on(const turn::AllocationEnded& event);
  void on(const turn::PermissionInstalled& event);
  void on(const turn::PermissionExpired& event);
  void on(const turn::ChannelInstalled& event);
  void on(const turn::ChannelExpired& event);
  void on(const turn::RequestRefused& event);
  void on(const turn::PacketDropped& event);

  Endpoint listening_;
  turn::Server machine_;
  const net::Packet* current_ = nullptr;  // being taken: what a PacketDropped is about
};

}  // namespace natsim::agents
