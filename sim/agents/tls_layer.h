// TLS between a program and its byte stream, and the events that tell of it.
#pragma once

#include <optional>

#include "sim/core/world.h"
#include "stack/base/address.h"
#include "stack/tls/endpoint.h"

namespace natsim::agents {

// Runs a tls::Endpoint by the world's clock and tells of it in the name of the program that owns
// it.
//
// Events: "tls.opened" {peer, version, alpn, name}, "tls.failed" {peer, reason}, "tls.key" {line}.
class TlsLayer {
 public:
  // The owner outlives it.
  TlsLayer(const core::Object& owner, tls::Endpoint endpoint)
      : owner_(owner), endpoint_(std::move(endpoint)) {}

  // Who is at the other end of the stream, for the events.
  void set_peer(const Endpoint& peer) { peer_ = peer; }

  // As those of tls::Endpoint, but what is sent before it is open is kept until it is.
  void start() { endpoint_.start(now()); }
  void receive(ByteView bytes) { endpoint_.receive(bytes, now()); }
  void end() { endpoint_.end(now()); }
  void send(ByteView plaintext);
  void close();
  std::optional<Bytes> poll_transmit() { return endpoint_.poll_transmit(); }
  // The next that the program has to know. The end by `close` is none of these.
  std::optional<tls::Event> poll_event();

  // Bytes that wait for it to be open.
  [[nodiscard]] std::size_t held() const { return held_.size(); }

 private:
  [[nodiscard]] Time now() const { return owner_.world().now(); }
  void tell(std::string_view kind, std::initializer_list<core::Field> fields);

  const core::Object& owner_;
  tls::Endpoint endpoint_;
  Endpoint peer_;
  Bytes held_;
  bool closing_ = false;  // by this side
};

}  // namespace natsim::agents
