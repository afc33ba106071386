#include "sim/nat/nat.h"

#include "sim/net/rewrite.h"

namespace natsim::nat {

using core::DropReason;
using core::MappingStep;
using Action = Verdict::Action;

Nat::Nat(const NatOptions& options, const Random& random, MappingSink& sink,
         std::uint64_t mappings_made, const Softwires* softwires)
    : options_(options),
      sink_(sink),
      softwires_(softwires),
      table_(options),
      shadows_(timer_lengths(options)[static_cast<std::size_t>(TimerClass::udp_new)]),
      ports_(options, random, table_, shadows_),
      hosts_(options),
      udp_phases_(options),
      sessions_(options),
      mappings_made_(mappings_made) {}

Verdict Nat::outbound(net::Packet& packet, Time now) {
  expire(now);
  if (packet.source == packet.destination) [[unlikely]]
    return {.reason = DropReason::land};
  if (packet.protocol != net::Protocol::udp) [[unlikely]]
    return outbound_other(packet, now);
  constexpr Transport transport = Transport::udp;
  const bool hairpin = is_external(packet.destination.address);
  if (hairpin && options_.hairpin == Hairpin::off) return hairpin_off();

  const Found sender = sender_mapping(transport, packet.source, packet.destination, now);
  if (sender.mapping == no_index) return {.reason = sender.reason};
  table_.prefetch_timer(sender.mapping);
  const Endpoint external = externals().endpoint(table_.external(sender.mapping));
  if (!hairpin) {
    net::rewrite_source(packet, external);
    count_outbound(sender.mapping, packet.destination, now);
    return {.action = Action::forward, .sender = sender.mapping};
  }

  count_outbound(sender.mapping, packet.destination, now);
  const Found receiver =
      receiver_mapping(transport, packet.destination, external, options_.hairpin_filtered);
  if (receiver.reason != DropReason::none) {
    return {.reason = receiver.reason, .sender = sender.mapping, .receiver = receiver.mapping};
  }
  count_inbound(receiver.mapping, external, now);
  if (options_.hairpin == Hairpin::external_source) net::rewrite_source(packet, external);
  net::rewrite_destination(packet, table_.internal(receiver.mapping));
  return {.action = Action::hairpin, .sender = sender.mapping, .receiver = receiver.mapping};
}

Verdict Nat::inbound(net::Packet& packet, Time now) {
  expire(now);
  if (packet.source == packet.destination) [[unlikely]]
    return {.reason = DropReason::land};
  if (packet.protocol != net::Protocol::udp) [[unlikely]]
    return inbound_other(packet, now);
  const Found receiver = receiver_mapping(Transport::udp, packet.destination, packet.source, true);
  if (receiver.reason != DropReason::none) return turn_away(receiver, packet, now);
  table_.prefetch_timer(receiver.mapping);
  net::rewrite_destination(packet, table_.internal(receiver.mapping));
  count_inbound(receiver.mapping, packet.source, now);
  return {.action = Action::forward, .receiver = receiver.mapping};
}

// Where the box takes what nobody admits for its own, it does so from inside as well.
Verdict Nat::hairpin_off() const {
  const bool accepts = options_.unsolicited == Unsolicited::accept_local_and_track;
  return {.reason = DropReason::nat_hairpin_off,
          .answer = accepts ? Verdict::Answer::port_unreachable : Verdict::Answer::none};
}

Verdict Nat::outbound_other(net::Packet& packet, Time now) {
  if (packet.protocol == net::Protocol::tcp) return outbound_tcp(packet, now);
  if (!packet.is_icmp()) return {.reason = DropReason::nat_unsupported_protocol};
  if (const auto query = net::parse_icmp_query(packet)) return outbound_query(packet, *query, now);
  return outbound_error(packet);
}

Verdict Nat::inbound_other(net::Packet& packet, Time now) {
  if (packet.protocol == net::Protocol::tcp) return inbound_tcp(packet, now);
  if (!packet.is_icmp()) return {.reason = DropReason::nat_unsupported_protocol};
  if (const auto query = net::parse_icmp_query(packet)) return inbound_query(packet, *query, now);
  return inbound_error(packet);
}

Nat::Found Nat::sender_mapping(Transport transport, const Endpoint& internal,
                               const Endpoint& remote, Time now) {
  const MappingIndex index = table_.find_inside(transport, internal, remote);
  if (index == no_index) return make_mapping(transport, internal, remote, false, now);
  if (shadows_.size() > 0 && shadowed(index, remote)) {
    return make_mapping(transport, internal, remote, true, now);
  }
  switch (table_.hold(index, remote, first_timer(transport, remote), now)) {
    case MappingTable::Hold::held:
      break;
    case MappingTable::Hold::opened:
      tell(MappingStep::filter_opened, index, remote, now);
      break;
    case MappingTable::Hold::clash:
      return make_mapping(transport, internal, remote, true, now);
  }
  return {.mapping = index};
}

TimerClass Nat::first_timer(Transport transport, const Endpoint& remote) const {
  switch (transport) {
    case Transport::udp:
      break;
    case Transport::tcp:
      return TimerClass::tcp_mapping_new;
    case Transport::icmp_query:
      return TimerClass::icmp_query;
  }
  return udp_phases_.first(remote.port);
}

Nat::Found Nat::receiver_mapping(Transport transport, const Endpoint& external,
                                 const Endpoint& remote, bool filtered) const {
  const auto key = externals().find(transport, external);
  if (!key) return {.reason = DropReason::nat_no_mapping};
  const MappingIndex index = table_.find_outside(*key, remote);
  if (index == no_index) {
    return {.reason = expiries_.find(*key) == nullptr ? DropReason::nat_no_mapping
                                                      : DropReason::nat_mapping_expired};
  }
  if (filtered && !table_.admits(index, remote)) {
    const bool by_address =
        options_.filtering == Dependence::address_dependent && !table_.origin(index).strict;
    return {
        .mapping = index,
        .reason = by_address ? DropReason::nat_filtered_address : DropReason::nat_filtered_port};
  }
  return {.mapping = index};
}

void Nat::count_outbound(MappingIndex index, const Endpoint& remote, Time now) {
  table_.count_out(index);
  if (options_.refresh != Refresh::inbound) refresh(index, remote, Direction::outbound, now);
}

void Nat::count_inbound(MappingIndex index, const Endpoint& remote, Time now) {
  table_.count_in(index);
  refresh(index, remote, Direction::inbound, now);
}

// A packet that a lax filter lets in though it belongs to no session restarts nothing.
void Nat::refresh(MappingIndex index, const Endpoint& remote, Direction direction, Time now) {
  const MappingTable::TimerIndex timer = table_.timer_of(index, remote);
  if (timer == no_index) return;
  IdleState& state = table_.idle_state(index, timer);
  if (direction == Direction::outbound || options_.refresh != Refresh::outbound) {
    const TimerClass next = udp_phases_.next(state.timer, state.replied, remote.port, now,
                                             [&] { return table_.opened(index, timer); });
    table_.refresh(index, timer, next, direction, now);
  }
  if (direction == Direction::inbound) state.replied = true;
}

Time Nat::next_expiry() const {
  return std::min({table_.first_to_expire().at, sessions_.next_expiry(), shadows_.next_expiry(),
                   leases_.first().until});
}

// A TCP mapping goes with its last connection, a static one when it was to go.
Time Nat::expires(MappingIndex index) const {
  if (const auto until = leases_.until(index)) return *until;
  const Time own = table_.expires(index);
  return sessions_.has(index) ? std::min(own, sessions_.last_expiry(index)) : own;
}

void Nat::expire(Time now) {
  if (now >= other_expiry_bound()) [[unlikely]] {
    expire_leases(now);
    expire_sessions(now);
    expire_shadows(now);
  }
  for (MappingTable::Due due = table_.due(now); due.mapping != no_index; due = table_.due(now)) {
    if (!keeps_.empty() && keeps(due, now)) continue;
    if (due.session != no_index) {
      if (const auto remote = table_.end_session(due.session)) {
        tell(MappingStep::filter_closed, due.mapping, *remote, now);
        continue;
      }
    }
    remove_expired(due.mapping, due.at, now);
  }
}

void Nat::remove_expired(MappingIndex index, Time at, Time now) {
  expiries_.add({table_.external(index), table_.internal(index), at});
  remove(index, MappingStep::expired, now);
}

void Nat::flush(Time now, DropReason reason) {
  expire(now);
  for (MappingTable::Due next = table_.first_to_expire(); next.mapping != no_index;
       next = table_.first_to_expire()) {
    remove(next.mapping, MappingStep::evicted, now, reason);
  }
  for (SessionIndex session = sessions_.first_to_expire(); session != no_index;
       session = sessions_.first_to_expire()) {
    remove(sessions_.mapping(session), MappingStep::evicted, now, reason);
  }
  for (Leases::Lease lease = leases_.first(); lease.mapping != no_index; lease = leases_.first()) {
    remove(lease.mapping, MappingStep::evicted, now, reason);
  }
  shadows_.clear();
  expiries_.clear();
  ports_.release_held();
}

void Nat::remove(MappingIndex index, MappingStep step, Time now, DropReason reason) {
  tell(step, index, table_.origin(index).first_remote, now, reason);
  const ExternalKey external = table_.external(index);
  if (external.transport == Transport::tcp) sessions_.remove_all_of(index);
  const IpAddress host = subscriber(table_.internal(index).address);
  hosts_.remove_mapping(host, external.transport);
  leases_.remove(index);
  if (!keeps_.empty()) forget_keeps(index);
  // What is seen late to have expired has freed its port when it did.
  const Time freed = std::min(now, table_.expires(index));
  if (table_.remove(index)) ports_.release(external, host, freed);
}

void Nat::tell(MappingStep step, MappingIndex index, const Endpoint& remote, Time now,
               DropReason reason) {
  const MappingOrigin mapping = table_.origin(index);
  sink_.on_mapping({.at = now,
                    .step = step,
                    .reason = reason,
                    .nat = 0,
                    .mapping = mapping.number,
                    .protocol = static_cast<std::uint8_t>(
                        ip_protocol(mapping.external.transport, mapping.internal.address.family())),
                    .internal = mapping.internal,
                    .external = externals().endpoint(mapping.external),
                    .remote = remote,
                    .expires = expires(index)});
}

}  // namespace natsim::nat
