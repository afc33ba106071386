#include "sim/agents/port_map_server.h"

namespace natsim::agents {
namespace {

nat::Transport transport_of(portmap::MapProtocol protocol) {
  return protocol == portmap::MapProtocol::udp ? nat::Transport::udp : nat::Transport::tcp;
}

}  // namespace

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
    : Agent(host, "portmap"), box_(box), machine_(options, *this, host.world().now()) {}

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

IpAddress PortMapServer::external_address(Family family) const {
  const IpAddress* const address = box_.outside_interface().address_of(family);
  if (address != nullptr) return *address;
  return family == Family::ipv4 ? IpAddress::any_v4() : IpAddress::any_v6();
}

std::variant<Endpoint, portmap::MapRefusal> PortMapServer::map(const portmap::MapWish& wish) {
  const nat::MappingGrant grant = box_.add_static_mapping({.transport = transport_of(wish.protocol),
                                                           .internal = wish.internal,
                                                           .external_port = wish.external_port,
                                                           .exact = wish.exact,
                                                           .until = wish.until});
  if (grant.reason == core::DropReason::none) return grant.external;
  if (grant.reason == core::DropReason::nat_host_limit) return portmap::MapRefusal::quota;
  return wish.exact ? portmap::MapRefusal::port_taken : portmap::MapRefusal::no_resources;
}

std::variant<portmap::KeptMapping, portmap::MapRefusal> PortMapServer::keep(
    const Endpoint& internal, const Endpoint& peer, Time until) {
  const nat::MappingKeep keep = box_.keep_mapping(internal, peer, until);
  if (keep.reason == core::DropReason::none) {
    return portmap::KeptMapping{keep.external, keep.until};
  }
  if (keep.reason == core::DropReason::nat_host_limit) return portmap::MapRefusal::quota;
  return portmap::MapRefusal::no_resources;
}

void PortMapServer::unmap(portmap::MapProtocol protocol, const Endpoint& internal) {
  box_.remove_static_mapping(transport_of(protocol), internal);
}

}  // namespace natsim::agents
