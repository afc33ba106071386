// How a NAT translates ICMP queries (RFC 5508 §3).
#include "sim/nat/nat.h"
#include "sim/net/icmp_query.h"
#include "sim/net/rewrite.h"

namespace natsim::nat {

namespace {

using core::DropReason;
using Action = Verdict::Action;

}  // namespace

// With NatOptions::icmp_query_ends_at_reply a reply leaves no time at all.
void Nat::refresh_query(MappingIndex mapping, Direction direction, Time now) {
  const bool ends = options_.icmp_query_ends_at_reply && direction == Direction::inbound;
  table_.refresh(mapping, mapping, ends ? TimerClass::icmp_query_answered : TimerClass::icmp_query,
                 direction, now);
}

Verdict Nat::outbound_query(net::Packet& packet, const net::IcmpQuery& query, Time now) {
  // No request comes in, so that no reply goes out.
  if (query.reply) return {.reason = DropReason::nat_icmp_mismatch};
  // An identifier on its way out is the sender's; nothing in the request says whom inside it is
  // for.
  if (is_external(packet.destination.address)) return {.reason = DropReason::nat_hairpin_off};
  const Endpoint internal{packet.source.address, query.identifier};
  const Found sender = sender_mapping(Transport::icmp_query, internal, packet.destination, now);
  if (sender.mapping == no_index) return {.reason = sender.reason};
  table_.count_out(sender.mapping);
  if (options_.refresh != Refresh::inbound) {
    refresh_query(sender.mapping, Direction::outbound, now);
  }
  const Endpoint external = externals().endpoint(table_.external(sender.mapping));
  net::rewrite_source(packet, external);
  net::rewrite_identifier(packet, external.port);
  return {.action = Action::forward, .sender = sender.mapping};
}

Verdict Nat::inbound_query(net::Packet& packet, const net::IcmpQuery& query, Time now) {
  if (!query.reply) {
    const bool accepts = options_.unsolicited == Unsolicited::accept_local_and_track;
    return {.reason = DropReason::nat_no_mapping,
            .answer = accepts ? Verdict::Answer::echo_reply : Verdict::Answer::none};
  }
  const Endpoint external{packet.destination.address, query.identifier};
  const Found receiver = receiver_mapping(Transport::icmp_query, external, packet.source, true);
  if (receiver.reason != DropReason::none) {
    return {.reason = receiver.reason, .receiver = receiver.mapping};
  }
  table_.count_in(receiver.mapping);
  if (options_.icmp_query_ends_at_reply || options_.refresh != Refresh::outbound) {
    refresh_query(receiver.mapping, Direction::inbound, now);
  }
  const Endpoint internal = table_.internal(receiver.mapping);
  net::rewrite_destination(packet, internal);
  net::rewrite_identifier(packet, internal.port);
  return {.action = Action::forward, .receiver = receiver.mapping};
}

}  // namespace natsim::nat
