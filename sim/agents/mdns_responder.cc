#include "sim/agents/mdns_responder.h"

#include <utility>

namespace natsim::agents {

Result<std::unique_ptr<MdnsResponder>> MdnsResponder::start(net::Host& host) {
  std::unique_ptr<MdnsResponder> responder(new MdnsResponder());
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const bool v4 = family == Family::ipv4;
    const IpAddress any = v4 ? IpAddress::any_v4() : IpAddress::any_v6();
    auto socket = host.open_udp({any, dns::multicast_port}, *responder);
    if (!socket) return Error{socket.error()};
    (v4 ? responder->v4_ : responder->v6_) = std::move(socket.value());
    host.join(dns::multicast_group(family).address);
  }
  return responder;
}

void MdnsResponder::receive(net::UdpSocket& socket, const net::Packet& packet) {
  const auto answer = names_.answer(packet.payload());
  if (!answer) {
    return socket.host().discard(packet, core::DropReason::agent_unexpected,
                                 "no question for a name of this host");
  }
  socket.send(packet.source, *answer);
}

}  // namespace natsim::agents
