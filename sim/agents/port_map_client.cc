#include "sim/agents/port_map_client.h"

#include <fmt/format.h>

namespace natsim::agents {

Result<std::unique_ptr<PortMapClient>> PortMapClient::start(net::Host& host,
                                                            const portmap::ClientOptions& options) {
  const IpAddress* const address = host.source_for(options.gateway.address);
  if (address == nullptr) {
    return Error{fmt::format("{} has no address that can reach {}", host.name(),
                             to_string(options.gateway))};
  }
  std::unique_ptr<PortMapClient> client(new PortMapClient(host));
  const auto bound = client->bind({*address, 0});
  if (!bound) return Error{bound.error()};
  client->machine_ = std::make_unique<portmap::Client>(
      options, bound.value(),
      host.world().random(fmt::format("{}/{}", client->label(), options.internal_port)),
      host.world().now());
  client->pump();
  return client;
}

PortKeeper::Status PortMapClient::status() const {
  return {.state = machine_->state(),
          .external = machine_->external(),
          .lifetime = machine_->lifetime(),
          .expires = machine_->expires(),
          .renewals = machine_->renewals(),
          .gateway_restarts = machine_->gateway_restarts(),
          .failure = machine_->failure()};
}

void PortMapClient::remove() {
  machine_->remove(world().now());
  pump();
}

void PortMapClient::take(const Endpoint& /*local*/, const net::Packet& packet) {
  machine_->receive(packet.source, packet.payload(), world().now());
}

void PortMapClient::drain() {
  while (const auto out = machine_->poll_transmit()) transmit(*out);
  if (!machine_->poll_change()) return;
  const std::string_view state = to_string(machine_->state());
  if (machine_->state() == portmap::Client::State::mapped) {
    tell("portmap.client", {{"state", state}, {"external", machine_->external()}});
  } else {
    tell("portmap.client", {{"state", state}, {"failure", std::string_view(machine_->failure())}});
  }
}

}  // namespace natsim::agents
