#include "sim/agents/upnp_client.h"

#include <utility>

#include <fmt/format.h>

namespace natsim::agents {

using net::TcpEvent;

Result<std::unique_ptr<UpnpClient>> UpnpClient::start(net::Host& host, const IpAddress& address,
                                                      const upnp::ControlPointOptions& options) {
  if (!address.is_v4()) return Error{"UPnP maps ports of IPv4 addresses"};
  std::unique_ptr<UpnpClient> client(new UpnpClient(host));
  const auto bound = client->bind({address, 0});
  if (!bound) return Error{bound.error()};
  client->local_ = bound.value();
  client->machine_ = std::make_unique<upnp::ControlPoint>(
      options, client->local_,
      host.world().random(fmt::format("{}/{}", client->label(), options.internal_port)),
      host.world().now());
  client->pump();
  return client;
}

PortKeeper::Status UpnpClient::status() const {
  return {.state = machine_->state(),
          .external = machine_->external(),
          .lifetime = machine_->lifetime(),
          .expires = machine_->expires(),
          .renewals = machine_->renewals(),
          .gateway_restarts = 0,
          .failure = machine_->failure()};
}

void UpnpClient::remove() {
  machine_->remove(world().now());
  pump();
}

void UpnpClient::take(const Endpoint& /*local*/, const net::Packet& packet) {
  machine_->receive(packet.source, packet.payload(), world().now());
}

void UpnpClient::drain() {
  while (const auto out = machine_->poll_transmit()) transmit(*out);
  while (const auto exchange = machine_->poll_exchange()) open(*exchange);
  if (!machine_->poll_change()) return;
  const std::string_view state = to_string(machine_->state());
  if (machine_->state() == portmap::Client::State::mapped) {
    tell("portmap.client", {{"state", state}, {"external", machine_->external()}});
  } else {
    tell("portmap.client", {{"state", state}, {"failure", std::string_view(machine_->failure())}});
  }
}

void UpnpClient::open(const upnp::Exchange& exchange) {
  if (socket_ != nullptr) socket_->set_receiver(nullptr);
  unsent_.assign(exchange.request.begin(), exchange.request.end());
  auto socket = host().tcp().connect({.local = {local_.address, 0}}, exchange.server, *this);
  socket_ = socket ? std::move(socket.value()) : nullptr;
  if (socket_ == nullptr) machine_->end_answer(world().now());
}

void UpnpClient::on_event(net::TcpSocket& socket, TcpEvent event) {
  if (&socket != socket_.get()) return;
  const Time now = world().now();
  if (event == TcpEvent::connected || event == TcpEvent::writable) {
    const std::size_t sent = socket.send(unsent_);
    unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(sent));
  } else if (event == TcpEvent::ended) {
    // Of a connection that was closed in order the answer has ended before.
    machine_->end_answer(now);
  } else {
    const Bytes bytes = socket.read(socket.connection().readable());
    if (socket.connection().peer_finished()) socket.close();
    if (!bytes.empty()) machine_->receive_answer(bytes, now);
    if (event == TcpEvent::peer_finished) machine_->end_answer(now);
  }
  pump();
}

}  // namespace natsim::agents
