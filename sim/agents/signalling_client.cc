#include "sim/agents/signalling_client.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace natsim::agents {
namespace {

signalling::ClientOptions with_host(signalling::ClientOptions options, const Endpoint& server) {
  options.host = to_string(server);
  return options;
}

}  // namespace

using net::TcpEvent;

SignallingClient::SignallingClient(net::Host& host, SignallingClientOptions options)
    : Agent(host, "signalling"),
      options_(std::move(options)),
      machine_(with_host(options_.client, options_.server), world().random(label()),
               world().now()) {
  pump();
}

Result<bool> SignallingClient::send(signalling::SignalKind kind, std::string_view payload,
                                    std::string_view to) {
  auto sent = machine_.send(kind, payload, to, world().now());
  if (sent) tell("room.sent", {{"what", to_string(kind)}});
  pump();
  return sent;
}

void SignallingClient::leave() {
  machine_.leave(world().now());
  pump();
}

void SignallingClient::on_event(net::TcpSocket& socket, TcpEvent event) {
  if (&socket != socket_.get()) return;
  const Time now = world().now();
  switch (event) {
    case TcpEvent::connected:
      machine_.connected(now);
      break;
    case TcpEvent::writable:
      send_unsent();
      break;
    case TcpEvent::readable:
    case TcpEvent::peer_finished: {
      const Bytes bytes = socket.read(socket.connection().readable());
      machine_.receive(bytes, now);
      if (event == TcpEvent::peer_finished) machine_.end("the stream was closed", now);
      break;
    }
    case TcpEvent::ended: {
      const std::string_view how = net::name(socket.connection().end());
      socket_.reset();
      machine_.end(how, now);
      break;
    }
  }
  pump();
}

void SignallingClient::drain() {
  // Whoever hears a message may answer at once, which comes back here: the next message is not told
  // before it is done with this one.
  if (draining_) return;
  draining_ = true;
  for (bool quiet = false; !quiet;) {
    quiet = true;
    while (const auto order = machine_.poll_order()) {
      quiet = false;
      std::visit([this](const auto& one) { on(one); }, *order);
    }
    while (const auto event = machine_.poll_event()) {
      quiet = false;  // its handling may have given the machine something to send
      std::visit([this](const auto& one) { on(one); }, *event);
    }
  }
  draining_ = false;
}

void SignallingClient::on(const signalling::OpenStream& /*order*/) {
  let_go();
  const IpAddress* const local = host().source_for(options_.server.address);
  if (local == nullptr) return machine_.end("no address to reach the server from", world().now());
  auto socket =
      host().tcp().connect({.local = {*local, 0}, .options = options_.tcp}, options_.server, *this);
  if (!socket) return machine_.end(socket.error(), world().now());
  socket_ = std::move(socket.value());
}

void SignallingClient::on(const signalling::SendBytes& order) {
  unsent_.insert(unsent_.end(), order.bytes.begin(), order.bytes.end());
  send_unsent();
}

void SignallingClient::on(const signalling::CloseStream& order) {
  if (socket_ == nullptr) return;
  if (order.abort) {
    const std::unique_ptr<net::TcpSocket> socket = std::move(socket_);
    socket->set_receiver(nullptr);
    socket->abort();
    return let_go();
  }
  closing_ = true;
  send_unsent();
}

void SignallingClient::send_unsent() {
  if (socket_ == nullptr) return;
  const std::size_t size = std::min(unsent_.size(), socket_->connection().room());
  const auto end = unsent_.begin() + static_cast<std::ptrdiff_t>(size);
  const Bytes bytes(unsent_.begin(), end);
  unsent_.erase(unsent_.begin(), end);
  const bool closes = closing_ && unsent_.empty();
  if (!bytes.empty()) socket_->send(bytes);
  if (closes && socket_ != nullptr) socket_->close();
}

void SignallingClient::let_go() {
  if (socket_ != nullptr) socket_->set_receiver(nullptr);
  socket_.reset();
  unsent_.clear();
  closing_ = false;
}

void SignallingClient::on(const signalling::Entered& event) {
  ++entries_;
  if (event.resumed) ++resumptions_;
  tell("room.entered", {{"room", std::string_view(options_.client.room)},
                        {"name", std::string_view(options_.client.name)},
                        {"how", std::string_view(event.resumed ? "resumes" : "joins")}});
}

void SignallingClient::on(const signalling::MemberArrived& event) {
  tell("room.member_arrived", {{"name", std::string_view(event.name)}});
}

void SignallingClient::on(const signalling::MemberLeft& event) {
  tell("room.member_left",
       {{"name", std::string_view(event.name)}, {"reason", std::string_view(event.reason)}});
}

void SignallingClient::on(const signalling::SignalReceived& event) {
  tell("room.received", {{"what", to_string(event.kind)}, {"from", std::string_view(event.from)}});
  if (on_signal) on_signal(event);
}

void SignallingClient::on(const signalling::ServerRefused& event) {
  tell("room.error", {{"reason", std::string_view(event.reason)}});
}

void SignallingClient::on(const signalling::ConnectionLost& event) {
  tell("room.lost", {{"reason", std::string_view(event.reason)}, {"wait", event.wait}});
}

void SignallingClient::on(const signalling::ClientLeft& /*event*/) {
  tell("room.gone", {{"room", std::string_view(options_.client.room)}});
}

}  // namespace natsim::agents
