// A program that keeps a port mapped at a UPnP gateway.
#pragma once

#include <memory>

#include "sim/agents/agent.h"
#include "sim/agents/port_keeper.h"
#include "sim/net/tcp_stack.h"
#include "stack/upnp/control_point.h"

namespace natsim::agents {

// Runs upnp::ControlPoint. Emits "portmap.client" as PortMapClient does.
class UpnpClient : public Agent, public PortKeeper, private net::TcpReceiver {
 public:
  // Starts at once, from the host's address. Fails if that is none of IPv4, or no port is free.
  static Result<std::unique_ptr<UpnpClient>> start(net::Host& host, const IpAddress& address,
                                                   const upnp::ControlPointOptions& options);

  [[nodiscard]] Status status() const override;
  void remove() override;

 private:
  explicit UpnpClient(net::Host& host) : Agent(host, "upnp") {}

  void take(const Endpoint& local, const net::Packet& packet) override;
  void handle_timeout(Time now) override { machine_->handle_timeout(now); }
  [[nodiscard]] Time next_timeout() const override { return machine_->next_timeout(); }
  void drain() override;

  void on_event(net::TcpSocket& socket, net::TcpEvent event) override;
  void open(const upnp::Exchange& exchange);

  std::unique_ptr<upnp::ControlPoint> machine_;  // made once the socket is there
  Endpoint local_;                               // of that
  Bytes unsent_;                                 // of the request under way
  std::unique_ptr<net::TcpSocket> socket_;       // null without an exchange
};

}  // namespace natsim::agents
