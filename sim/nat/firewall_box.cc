#include "sim/nat/firewall_box.h"

#include <string_view>
#include <utility>

#include "sim/net/network.h"
#include "sim/net/tcp_segment.h"
#include "sim/net/trace.h"

namespace natsim::nat {

using core::DropReason;
using net::IcmpError;

FirewallBox::FirewallBox(net::Network& network, std::string name, const FirewallOptions& options)
    : Router(network, std::move(name)),
      Actor(network.world().scheduler(), id()),
      firewall_(options),
      outside_(Router::add_interface()),
      patience_(*this) {}

bool FirewallBox::passes(net::PacketPtr& packet, net::Interface& in, net::Interface& out) {
  const bool from_outside = &in == &outside_;
  if (from_outside == (&out == &outside_)) return true;
  const Time now = world().now();
  const FirewallVerdict verdict =
      from_outside ? firewall_.inbound(*packet, now) : firewall_.outbound(*packet, now);
  if (verdict.passes()) {
    if (!held_syns_.empty() && !from_outside) [[unlikely]]
      withdraw_syn(*packet);
    return true;
  }
  if (verdict.syn) {
    turn_away_syn(packet, verdict);
  } else {
    drop(*packet, verdict, from_outside);
    refuse(*packet, verdict.refusal, in);
  }
  return false;
}

void FirewallBox::drop(const net::Packet& packet, const FirewallVerdict& verdict,
                       bool from_outside) {
  trace_drop(world(), id(), packet, verdict.reason,
             [&] { return firewall_.explain(verdict, packet, !from_outside, world().now()); });
}

void FirewallBox::refuse(const net::Packet& packet, Refusal refusal, net::Interface& in) {
  switch (refusal) {
    case Refusal::silence:
      break;
    case Refusal::icmp:
      send_icmp_error(IcmpError::admin_prohibited, packet, in);
      break;
    case Refusal::reset:
      if (packet.protocol == net::Protocol::tcp) {
        refuse_with_reset(packet, in);
      } else {
        send_icmp_error(IcmpError::admin_prohibited, packet, in);
      }
      break;
  }
}

void FirewallBox::turn_away_syn(net::PacketPtr& packet, const FirewallVerdict& verdict) {
  if (*verdict.syn == UnsolicitedSyn::hold) return hold_syn(packet, verdict);
  drop(*packet, verdict, true);
  switch (*verdict.syn) {
    case UnsolicitedSyn::drop:
    case UnsolicitedSyn::hold:
      break;
    case UnsolicitedSyn::port_unreachable:
      send_icmp_error(IcmpError::port_unreachable, *packet, outside_);
      break;
    case UnsolicitedSyn::reset:
      refuse_with_reset(*packet, outside_);
      break;
  }
}

void FirewallBox::hold_syn(net::PacketPtr& packet, const FirewallVerdict& verdict) {
  switch (held_syns_.hold(packet, verdict.reason, world().now())) {
    case HeldSyns::Outcome::held:
      if (!patience_.armed()) patience_.arm(held_syns_.next_deadline());
      break;
    case HeldSyns::Outcome::repeated:
      trace_drop(world(), id(), *packet, verdict.reason, [] {
        return std::string_view("the firewall already keeps a SYN of the connection");
      });
      break;
    case HeldSyns::Outcome::no_room:
      drop(*packet, verdict, true);
      break;
  }
}

void FirewallBox::withdraw_syn(const net::Packet& outbound) {
  const HeldSyns::Held held = held_syns_.withdraw(outbound);
  if (held.packet == nullptr) return;
  trace_drop(world(), id(), *held.packet, held.reason, [] {
    return std::string_view("the firewall kept the SYN until the inside host sent its own");
  });
  patience_.arm(held_syns_.next_deadline());
}

void FirewallBox::on_timer(core::Timer& /*timer*/) {
  const Time now = world().now();
  for (HeldSyns::Held held = held_syns_.take_due(now); held.packet != nullptr;
       held = held_syns_.take_due(now)) {
    trace_drop(world(), id(), *held.packet, held.reason, [] {
      return std::string_view("no inside host sent a SYN of its own while the firewall waited");
    });
    send_icmp_error(IcmpError::admin_prohibited, *held.packet, outside_);
  }
  patience_.arm(held_syns_.next_deadline());
}

void FirewallBox::flush() {
  firewall_.flush();
  for (HeldSyns::Held held = held_syns_.take_due(Time::never()); held.packet != nullptr;
       held = held_syns_.take_due(Time::never())) {
    trace_drop(world(), id(), *held.packet, held.reason,
               [] { return std::string_view("the firewall was flushed while it kept the SYN"); });
  }
  patience_.cancel();
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
