#include "sim/nat/firewall_box.h"

#include <utility>

#include "sim/net/network.h"
#include "sim/net/tcp_segment.h"
#include "sim/net/trace.h"

namespace natsim::nat {

FirewallBox::FirewallBox(net::Network& network, std::string name, const FirewallOptions& options)
    : Router(network, std::move(name)), firewall_(options), outside_(Router::add_interface()) {}

bool FirewallBox::passes(const net::Packet& packet, net::Interface& in, net::Interface& out) {
  const bool from_outside = &in == &outside_;
  if (from_outside == (&out == &outside_)) return true;
  const Time now = world().now();
  const FirewallVerdict verdict =
      from_outside ? firewall_.inbound(packet, now) : firewall_.outbound(packet, now);
  if (verdict.passes()) return true;
  trace_drop(world(), id(), packet, verdict.reason,
             [&] { return firewall_.explain(verdict, packet, !from_outside, now); });
  switch (verdict.refusal) {
    case Refusal::silence:
      break;
    case Refusal::icmp:
      send_icmp_error(net::IcmpError::admin_prohibited, packet, in);
      break;
    case Refusal::reset:
      if (packet.protocol == net::Protocol::tcp) {
        refuse_with_reset(packet, in);
      } else {
        send_icmp_error(net::IcmpError::admin_prohibited, packet, in);
      }
      break;
  }
  return false;
}

// As the other end would refuse it (RFC 9293 §3.10.7.1).
void FirewallBox::refuse_with_reset(const net::Packet& packet, net::Interface& in) {
  namespace flag = net::tcp_flag;
  const auto segment = net::parse_tcp(packet.transport());
  if (!segment || segment->has(flag::rst)) return;
  net::TcpSegment reset{.flags = flag::rst};
  if (segment->has(flag::ack)) {
    reset.seq = segment->ack;
  } else {
    reset.flags |= flag::ack;
    reset.ack = segment->seq + segment->length();
  }
  net::PacketPtr answer = net::make_tcp(network().pool(), packet.destination, packet.source, reset);
  stamp(*answer);
  in.send(std::move(answer));
}

}  // namespace natsim::nat
