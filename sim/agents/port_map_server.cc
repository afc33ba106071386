#include "sim/agents/port_map_server.h"

namespace natsim::agents {
Result<std::unique_ptr<PortMapServer>> PortMapServer::start(net::Host& host, nat::NatBox& box,
                                                            const portmap::ServerOptions& options) {
  std::unique_ptr<PortMapServer> server(new PortMapServer(host, box, options));
  for (const auto& interface : host.interfaces()) {
    for (const IpAddress& address : interface->addresses()) {
      if (const auto bound = server->bind({address, portmap::server_port}); !bound) {
        return Error{bound.error()};
      }
    }
  }
  return server;
}

PortMapServer::PortMapServer(net::Host& host, nat::NatBox& box,
                             const portmap::ServerOptions& options)
    : Agent(host, "portmap"), gateway_(box), machine_(options, gateway_, host.world().now()) {}

void PortMapServer::take(const Endpoint& local, const net::Packet& packet) {
  machine_.receive(local, packet.source, packet.payload(), world().now());
}

void PortMapServer::drain() {
  while (const auto out = machine_.poll_transmit()) transmit(*out);
  while (const auto event = machine_.poll_event()) {
    const std::string_view protocol = event->pcp ? "PCP" : "NAT-PMP";
    switch (event->kind) {
      case portmap::ServerEvent::Kind::mapped:
        tell("portmap.mapped", {{"protocol", protocol},
                                {"internal", event->internal},
                                {"external", event->external},
                                {"lifetime", event->lifetime}});
        break;
      case portmap::ServerEvent::Kind::kept:
        tell("portmap.kept", {{"protocol", protocol},
                              {"internal", event->internal},
                              {"peer", event->peer},
                              {"external", event->external},
                              {"lifetime", event->lifetime}});
        break;
      case portmap::ServerEvent::Kind::deleted:
        tell("portmap.deleted", {{"protocol", protocol}, {"internal", event->internal}});
        break;
      case portmap::ServerEvent::Kind::refused:
        tell("portmap.refused", {{"protocol", protocol},
                                 {"internal", event->internal},
                                 {"result", std::int64_t{event->code}}});
        break;
    }
  }
}

}  // namespace natsim::agents
