// A host's answers for its own names on the link: multicast DNS.
#pragma once

#include <memory>
#include <string>

#include "sim/net/host.h"
#include "sim/net/udp_socket.h"
#include "stack/base/result.h"
#include "stack/dns/multicast.h"

namespace natsim::agents {

// One for all programs of a host, since they share the port. It hears what hosts of its LAN send to
// the group, where the LAN lets that through, and answers to where it came from.
class MdnsResponder : private net::DatagramReceiver {
 public:
  // Fails if the port is taken.
  static Result<std::unique_ptr<MdnsResponder>> start(net::Host& host);

  void publish(const std::string& name, const IpAddress& address) { names_.publish(name, address); }
  void withdraw(const std::string& name) { names_.withdraw(name); }

 private:
  MdnsResponder() = default;
  void receive(net::UdpSocket& socket, const net::Packet& packet) override;

  dns::LinkNames names_;
  std::unique_ptr<net::UdpSocket> v4_;
  std::unique_ptr<net::UdpSocket> v6_;
};

}  // namespace natsim::agents
