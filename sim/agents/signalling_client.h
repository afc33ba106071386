// A program that is a member of a room of a signalling server.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "sim/agents/agent.h"
#include "sim/net/tcp_stack.h"
#include "stack/signalling/client.h"

namespace natsim::agents {

struct SignallingClientOptions {
  Endpoint server;
  signalling::ClientOptions client;  // its `host` is filled in
  net::TcpOptions tcp{.nagle = false};
};

// Runs signalling::Client. It begins once it is made, from whatever address reaches the server.
//
// Events: "room.entered" {room, name, how}, "room.member_arrived" {name}, "room.member_left" {name,
// reason}, "room.sent" {what}, "room.received" {what, from}, "room.error" {reason}, "room.lost"
// {reason, wait}, "room.gone" {room}.
class SignallingClient : public Agent, private net::TcpReceiver {
 public:
  SignallingClient(net::Host& host, SignallingClientOptions options);

  // As those of signalling::Client.
  Result<bool> send(signalling::SignalKind kind, std::string_view payload,
                    std::string_view to = {});
  void leave();

  [[nodiscard]] const signalling::Client& machine() const { return machine_; }
  // How often it has come into the room, and how often of these by resuming.
  [[nodiscard]] std::uint64_t entries() const { return entries_; }
  [[nodiscard]] std::uint64_t resumptions() const { return resumptions_; }

  // Called with each message from another member; may be empty.
  std::function<void(const signalling::SignalReceived&)> on_signal;

 private:
  void take(const Endpoint& /*local*/, const net::Packet& /*packet*/) override {}  // no UDP
  void handle_timeout(Time now) override { machine_.handle_timeout(now); }
  [[nodiscard]] Time next_timeout() const override { return machine_.next_timeout(); }
  void drain() override;

  void on_event(net::TcpSocket& socket, net::TcpEvent event) override;
  void on(const signalling::OpenStream& order);
  void on(const signalling::SendBytes& order);
  void on(const signalling::CloseStream& order);
  void on(const signalling::Entered& event);
  void on(const signalling::MemberArrived& event);
  void on(const signalling::MemberLeft& event);
  void on(const signalling::SignalReceived& event);
  void on(const signalling::ServerRefused& event);
  void on(const signalling::ConnectionLost& event);
  void on(const signalling::ClientLeft& event);
  void send_unsent();
  // Lets the socket end by itself.
  void let_go();

  SignallingClientOptions options_;
  signalling::Client machine_;
  std::unique_ptr<net::TcpSocket> socket_;  // null without a stream
  Bytes unsent_;                            // for lack of room
  bool closing_ = false;                    // once that is sent
  bool draining_ = false;                   // events are being told: the next one waits
  std::uint64_t entries_ = 0;
  std::uint64_t resumptions_ = 0;
};

}  // namespace natsim::agents
