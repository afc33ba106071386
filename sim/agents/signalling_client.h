// A program that is a member of a room of a signalling server.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sim/agents/agent.h"
#include "sim/agents/byte_stream.h"
#include "sim/agents/tls_authority.h"
#include "stack/signalling/client.h"

namespace natsim::agents {

struct SignallingClientOptions {
  Endpoint server;
  signalling::ClientOptions client;  // its `host` is filled in
  std::optional<TlsClientUse> tls;   // unset: plain
  net::TcpOptions tcp{.nagle = false};
};

// Runs signalling::Client. It begins once it is made, from whatever address reaches the server.
//
// Events: "room.entered" {room, name, how}, "room.member_arrived" {name}, "room.member_left" {name,
// reason}, "room.sent" {what}, "room.received" {what, from}, "room.error" {reason}, "room.lost"
// {reason, wait}, "room.gone" {room}; with TLS those of TlsLayer.
class SignallingClient : public Agent, private ByteStream::User {
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

  // Why it has lost the connection to the server or could not have it, the last time; empty if
  // never.
  [[nodiscard]] const std::string& last_loss() const { return last_loss_; }

  // Called with each message from another member; may be empty.
  std::function<void(const signalling::SignalReceived&)> on_signal;

 private:
  void take(const Endpoint& /*local*/, const net::Packet& /*packet*/) override {}  // no UDP
  void handle_timeout(Time now) override { machine_.handle_timeout(now); }
  [[nodiscard]] Time next_timeout() const override { return machine_.next_timeout(); }
  void drain() override;

  void on_open(ByteStream& stream) override;
  void on_bytes(ByteStream& stream, ByteView bytes) override;
  void on_end(ByteStream& stream, std::string_view why) override;
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

  SignallingClientOptions options_;
  signalling::Client machine_;
  std::unique_ptr<ByteStream> stream_;  // null without one
  std::uint64_t streams_ = 0;           // so far, for naming each one's random stream
  std::string last_loss_;
  bool draining_ = false;  // events are being told: the next one waits
  std::uint64_t entries_ = 0;
  std::uint64_t resumptions_ = 0;
};

}  // namespace natsim::agents
