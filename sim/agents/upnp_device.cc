#include "sim/agents/upnp_device.h"

#include <algorithm>
#include <utility>

namespace natsim::agents {

using net::TcpEvent;
using upnp::HttpReader;

Result<std::unique_ptr<UpnpDevice>> UpnpDevice::start(net::Host& host, nat::NatBox& box,
                                                      const upnp::DeviceOptions& options) {
  const IpAddress* const address = host.interfaces().front()->address_of(Family::ipv4);
  std::unique_ptr<UpnpDevice> device(new UpnpDevice(host, box, options, *address));
  const auto bound = device->bind({IpAddress::any_v4(), upnp::ssdp_group.port});
  if (!bound) return Error{bound.error()};
  auto listener = host.tcp().listen({.local = {*address, upnp::GatewayDevice::http_port}}, *device);
  if (!listener) return Error{listener.error()};
  device->listener_ = std::move(listener.value());
  host.join(upnp::ssdp_group.address);
  return device;
}

UpnpDevice::UpnpDevice(net::Host& host, nat::NatBox& box, const upnp::DeviceOptions& options,
                       const IpAddress& address)
    : Agent(host, "upnp"),
      gateway_(box),
      machine_(options, address, gateway_, host.world().random(host.name() + "/upnp")) {}

void UpnpDevice::take(const Endpoint& local, const net::Packet& packet) {
  machine_.receive(local, packet.source, packet.payload(), world().now());
}

void UpnpDevice::drain() {
  while (const auto out = machine_.poll_transmit()) transmit(*out);
  while (const auto event = machine_.poll_event()) {
    const std::string_view protocol = "UPnP";
    switch (event->kind) {
      case upnp::DeviceEvent::Kind::mapped:
        tell("portmap.mapped", {{"protocol", protocol},
                                {"internal", event->internal},
                                {"external", event->external},
                                {"lifetime", event->lifetime}});
        break;
      case upnp::DeviceEvent::Kind::deleted:
        tell("portmap.deleted", {{"protocol", protocol}, {"internal", event->internal}});
        break;
      case upnp::DeviceEvent::Kind::refused:
        tell("portmap.refused", {{"protocol", protocol},
                                 {"internal", event->internal},
                                 {"result", static_cast<std::int64_t>(event->error)}});
        break;
    }
  }
}

void UpnpDevice::accept(net::TcpListener& /*listener*/, std::unique_ptr<net::TcpSocket> socket) {
  socket->set_receiver(this);
  connections_.push_back({.socket = std::move(socket), .reader = {}, .unsent = {}});
}

void UpnpDevice::on_event(net::TcpSocket& socket, TcpEvent event) {
  const auto connection =
      std::find_if(connections_.begin(), connections_.end(),
                   [&](const Connection& one) { return one.socket.get() == &socket; });
  switch (event) {
    case TcpEvent::connected:
      break;
    case TcpEvent::readable:
    case TcpEvent::writable:
    case TcpEvent::peer_finished:
      serve(*connection);
      break;
    case TcpEvent::ended:
      connections_.erase(connection);
      break;
  }
  pump();
}

// Reads one request, answers it and closes.
void UpnpDevice::serve(Connection& connection) {
  net::TcpSocket& socket = *connection.socket;
  const Bytes bytes = socket.read(socket.connection().readable());
  if (!connection.answered) {
    const HttpReader::State state = connection.reader.feed(bytes);
    const bool over = socket.connection().peer_finished() && state == HttpReader::State::reading;
    if (state == HttpReader::State::broken || over) return socket.close();
    if (state == HttpReader::State::reading) return;
    connection.answered = true;
    const std::string text = upnp::encode(
        machine_.answer(socket.remote().address, connection.reader.message(), world().now()));
    connection.unsent.assign(text.begin(), text.end());
  }
  if (connection.unsent.empty()) return;
  const std::size_t sent = socket.send(connection.unsent);
  connection.unsent.erase(connection.unsent.begin(),
                          connection.unsent.begin() + static_cast<std::ptrdiff_t>(sent));
  if (connection.unsent.empty()) socket.close();
}

}  // namespace natsim::agents
