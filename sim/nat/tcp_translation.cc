// How a NAT translates TCP (RFC 5382).
#include "sim/nat/nat.h"
#include "sim/net/rewrite.h"
#include "sim/net/tcp_segment.h"

namespace natsim::nat {

namespace {

using core::DropReason;
using Action = Verdict::Action;
namespace flag = net::tcp_flag;

Verdict::Answer answer_to_syn(UnsolicitedSyn policy) {
  switch (policy) {
    case UnsolicitedSyn::drop:
      break;
    case UnsolicitedSyn::port_unreachable:
      return Verdict::Answer::port_unreachable;
    case UnsolicitedSyn::reset:
      return Verdict::Answer::tcp_reset;
    case UnsolicitedSyn::hold:
      return Verdict::Answer::port_unreachable_after_hold;
  }
  return Verdict::Answer::none;
}

}  // namespace

Verdict Nat::outbound_tcp(net::Packet& packet, Time now) {
  const auto segment = net::parse_tcp(packet.transport());
  if (!segment) return {.reason = DropReason::malformed};
  const bool hairpin = is_external(packet.destination.address);
  if (hairpin && options_.hairpin == Hairpin::off) return {.reason = DropReason::nat_hairpin_off};

  const Endpoint remote = packet.destination;
  MappingIndex sender = table_.find_inside(Transport::tcp, packet.source, remote);
  SessionIndex session = sender == no_index ? no_index : sessions_.find(sender, remote);
  if (session == no_index) {
    if (const Verdict stray = judge_stray(*segment); stray.reason != DropReason::none) return stray;
    const Found found = sender_mapping(Transport::tcp, packet.source, remote, now);
    if (found.mapping == no_index) return {.reason = found.reason};
    sender = found.mapping;
    session = begin_session(sender, remote, *segment, now);
  }
  sessions_.receive(session, TcpSide::inside, *segment, now);
  table_.count_out(sender);
  const Endpoint external = externals().endpoint(table_.external(sender));
  if (!hairpin) {
    net::rewrite_source(packet, external);
    return {.action = Action::forward, .sender = sender};
  }

  const Verdict inside =
      admit_segment(packet.destination, external, options_.hairpin_filtered, *segment, now);
  if (inside.reason != DropReason::none) {
    return {.reason = inside.reason, .sender = sender, .receiver = inside.receiver};
  }
  if (options_.hairpin == Hairpin::external_source) net::rewrite_source(packet, external);
  net::rewrite_destination(packet, table_.internal(inside.receiver));
  return {.action = Action::hairpin, .sender = sender, .receiver = inside.receiver};
}

Verdict Nat::inbound_tcp(net::Packet& packet, Time now) {
  const auto segment = net::parse_tcp(packet.transport());
  if (!segment) return {.reason = DropReason::malformed};
  Verdict verdict = admit_segment(packet.destination, packet.source, true, *segment, now);
  if (verdict.reason == DropReason::none) {
    verdict.action = Action::forward;
    net::rewrite_destination(packet, table_.internal(verdict.receiver));
  } else if (segment->opens() && verdict.reason != DropReason::nat_tcp_simultaneous_open) {
    verdict.answer = answer_to_syn(options_.unsolicited_syn);
  }
  return verdict;
}

// What a segment from `remote` to `external` meets: the receiver, or why it does not get in.
Verdict Nat::admit_segment(const Endpoint& external, const Endpoint& remote, bool filtered,
                           const net::TcpSegment& segment, Time now) {
  const Found receiver = receiver_mapping(Transport::tcp, external, remote, filtered);
  if (receiver.reason != DropReason::none) {
    return {.reason = receiver.reason, .receiver = receiver.mapping};
  }
  SessionIndex session = sessions_.find(receiver.mapping, remote);
  if (session == no_index) {
    Verdict stray = judge_stray(segment);
    stray.receiver = receiver.mapping;
    if (stray.reason != DropReason::none) return stray;
    session = begin_session(receiver.mapping, remote, segment, now);
  } else if (segment.opens() && !options_.tcp_simultaneous_open &&
             sessions_.tracking(session).state() == TcpState::syn_sent &&
             sessions_.tracking(session).has_syn(TcpSide::inside)) {
    return {.reason = DropReason::nat_tcp_simultaneous_open, .receiver = receiver.mapping};
  }
  sessions_.receive(session, TcpSide::outside, segment, now);
  table_.count_in(receiver.mapping);
  if (table_.timer_class(receiver.mapping) == TimerClass::tcp_mapping_new) {
    table_.refresh(receiver.mapping, TimerClass::tcp_mapping_replied, now);
  }
  return {.receiver = receiver.mapping};
}

// What becomes of a segment without a connection: no reason if it may begin or continue one.
Verdict Nat::judge_stray(const net::TcpSegment& segment) const {
  if (segment.opens()) return {};
  if (segment.has(flag::rst)) return {.reason = DropReason::nat_tcp_no_connection};
  switch (options_.tcp_midstream) {
    case TcpMidstream::drop:
      break;
    case TcpMidstream::reset:
      return {.reason = DropReason::nat_tcp_no_connection, .answer = Verdict::Answer::tcp_reset};
    case TcpMidstream::pick_up:
      return {};
  }
  return {.reason = DropReason::nat_tcp_no_connection};
}

SessionIndex Nat::begin_session(MappingIndex mapping, const Endpoint& remote,
                                const net::TcpSegment& segment, Time now) {
  return sessions_.add(mapping, remote, segment.opens() ? TcpTracking() : TcpTracking::under_way(),
                       now);
}

// Those whose timer has run out, and the dynamic mappings that have no other.
void Nat::expire_sessions(Time now) {
  for (SessionIndex session = sessions_.due(now); session != no_index;
       session = sessions_.due(now)) {
    const MappingIndex mapping = sessions_.mapping(session);
    const TcpTracking tracking = sessions_.tracking(session);
    const Time at = sessions_.expires(session);
    if (options_.tcp_reset_on_expiry && tracking.state() == TcpState::established) {
      sink_.on_connection_expired({.internal = table_.internal(mapping),
                                   .external = externals().endpoint(table_.external(mapping)),
                                   .remote = sessions_.remote(session),
                                   .hairpinned = is_external(sessions_.remote(session).address),
                                   .next_from_inside = tracking.next_seq(TcpSide::inside),
                                   .next_from_outside = tracking.next_seq(TcpSide::outside)});
    }
    if (!sessions_.remove(session) || leases_.until(mapping)) continue;
    expiries_.add({table_.external(mapping), table_.internal(mapping), at});
    remove(mapping, core::MappingStep::expired, now);
  }
}

}  // namespace natsim::nat
