#include "sim/agents/signalling_client.h"

#include <utility>
#include <variant>

namespace natsim::agents {
namespace {

signalling::ClientOptions with_host(signalling::ClientOptions options, const Endpoint& server) {
  options.host = to_string(server);
  return options;
}

}  // namespace

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

void SignallingClient::on_open(ByteStream& /*stream*/) {
  machine_.connected(world().now());
  pump();
}

void SignallingClient::on_bytes(ByteStream& /*stream*/, ByteView bytes) {
  machine_.receive(bytes, world().now());
  pump();
}

void SignallingClient::on_end(ByteStream& /*stream*/, std::string_view why) {
  const std::string reason(why);
  stream_.reset();
  machine_.end(reason, world().now());
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
  stream_.reset();  // what is left of an earlier one ends by itself
  const IpAddress* const local = host().source_for(options_.server.address);
  if (local == nullptr) return machine_.end("no address to reach the server from", world().now());
  std::optional<TlsLayer> layer;
  if (options_.tls) {
    const Random random = world().random(label()).split("tls").split(++streams_);
    layer.emplace(*this, options_.tls->authority->client(options_.tls->options, random));
  }
  auto stream = ByteStream::connect(host(), {.local = {*local, 0}, .options = options_.tcp},
                                    options_.server, *this, std::move(layer));
  if (!stream) return machine_.end(stream.error(), world().now());
  stream_ = std::move(stream.value());
}

void SignallingClient::on(const signalling::SendBytes& order) {
  if (stream_ != nullptr) stream_->send(order.bytes);
}

void SignallingClient::on(const signalling::CloseStream& order) {
  if (stream_ == nullptr) return;
  if (!order.abort) return stream_->close();
  stream_->abort();
  stream_.reset();
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
  last_loss_ = event.reason;
  tell("room.lost", {{"reason", std::string_view(event.reason)}, {"wait", event.wait}});
}

void SignallingClient::on(const signalling::ClientLeft& /*event*/) {
  tell("room.gone", {{"room", std::string_view(options_.client.room)}});
}

}  // namespace natsim::agents
