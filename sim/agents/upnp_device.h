// The UPnP side of a NAT device: it is found by SSDP and asked for ports over HTTP.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/agents/agent.h"
#include "sim/agents/nat_gateway.h"
#include "sim/net/tcp_stack.h"
#include "stack/upnp/gateway_device.h"

namespace natsim::agents {

// Runs upnp::GatewayDevice on a host that owns the NAT's inside addresses and stands behind it.
//
// Events: "portmap.mapped", "portmap.deleted" and "portmap.refused" as of PortMapServer, with the
// protocol "UPnP". A lifetime of 0 is one without end.
class UpnpDevice : public Agent, private net::TcpAcceptor, private net::TcpReceiver {
 public:
  // Fails if a port is taken. Precondition: the host has an IPv4 address.
  static Result<std::unique_ptr<UpnpDevice>> start(net::Host& host, nat::NatBox& box,
                                                   const upnp::DeviceOptions& options);

  // Forgets all, as a reboot of the device does.
  void restart() { machine_.restart(); }
  [[nodiscard]] std::size_t leases() const { return machine_.leases(); }

 private:
  struct Connection {
    std::unique_ptr<net::TcpSocket> socket;
    upnp::HttpReader reader;
    Bytes unsent;  // of the answer
    bool answered = false;
  };

  UpnpDevice(net::Host& host, nat::NatBox& box, const upnp::DeviceOptions& options,
             const IpAddress& address);

  void take(const Endpoint& local, const net::Packet& packet) override;
  void handle_timeout(Time now) override { machine_.handle_timeout(now); }
  [[nodiscard]] Time next_timeout() const override { return machine_.next_timeout(); }
  void drain() override;

  void accept(net::TcpListener& listener, std::unique_ptr<net::TcpSocket> socket) override;
  void on_event(net::TcpSocket& socket, net::TcpEvent event) override;
  void serve(Connection& connection);

  NatGateway gateway_;
  upnp::GatewayDevice machine_;
  std::vector<Connection> connections_;  // in the order of their coming
  std::unique_ptr<net::TcpListener> listener_;
};

}  // namespace natsim::agents
