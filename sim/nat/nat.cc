#include "sim/nat/nat.h"

#include "sim/net/rewrite.h"

namespace natsim::nat {

using core::DropReason;
using core::MappingStep;
using Action = Verdict::Action;

namespace {

std::uint8_t protocol_number(Transport transport, const Endpoint& internal) {
  return static_cast<std::uint8_t>(ip_protocol(transport, internal.address.family()));
}

}  // namespace

Nat::Nat(const NatOptions& options, const Random& random, MappingSink& sink)
    : options_(options),
      sink_(sink),
      pool_(options.port_allocation, options.port_range, random),
      table_(options),
      udp_phases_(options),
      sessions_(options),
      shadows_(timer_lengths(options)[static_cast<std::size_t>(TimerClass::udp_new)]) {}

Verdict Nat::outbound(net::Packet& packet, Time now) {
  expire(now);
  if (packet.protocol != net::Protocol::udp) [[unlikely]]
    return outbound_other(packet, now);
  constexpr Transport transport = Transport::udp;
  const bool hairpin = is_external(packet.destination.address);
  if (hairpin && options_.hairpin == Hairpin::off) return {.reason = DropReason::nat_hairpin_off};

  const Found sender = sender_mapping(transport, packet.source, packet.destination, now);
  if (sender.mapping == no_index) return {.reason = sender.reason};
  count_outbound(sender.mapping, packet.destination, now);
  const Endpoint external = pool_.endpoint(table_.external(sender.mapping));
  if (!hairpin) {
    net::rewrite_source(packet, external);
    return {.action = Action::forward, .sender = sender.mapping};
  }

  const Found receiver = receiver_mapping(transport, packet.destination, external);
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
  if (packet.protocol != net::Protocol::udp) [[unlikely]]
    return inbound_other(packet, now);
  const Found receiver = receiver_mapping(Transport::udp, packet.destination, packet.source);
  if (receiver.reason != DropReason::none) return turn_away(receiver, packet, now);
  count_inbound(receiver.mapping, packet.source, now);
  net::rewrite_destination(packet, table_.internal(receiver.mapping));
  return {.action = Action::forward, .receiver = receiver.mapping};
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

Nat::Found Nat::make_mapping(Transport transport, const Endpoint& internal, const Endpoint& remote,
                             bool dedicated, Time now) {
  if (options_.max_mappings != 0 && table_.size() + shadows_.size() >= options_.max_mappings) {
    return refuse(transport, internal, remote, DropReason::nat_table_full, now);
  }
  const auto host = hosts_.find(internal.address);
  const bool known = host != hosts_.end();
  if (known && options_.max_mappings_per_host != 0 &&
      host->second.mappings >= options_.max_mappings_per_host) {
    return refuse(transport, internal, remote, DropReason::nat_host_limit, now);
  }
  const bool paired = options_.pooling == Pooling::paired;
  const auto address =
      known && paired ? host->second.external : pool_.draw(internal.address.family());
  if (!address)
    return refuse(transport, internal, remote, DropReason::nat_unsupported_protocol, now);
  auto external = allocate(transport, internal, remote, *address);
  if (!paired) {
    for (std::uint16_t other = pool_.after(*address); !external && other != *address;
         other = pool_.after(other)) {
      external = allocate(transport, internal, remote, other);
    }
  }
  if (!external) return refuse(transport, internal, remote, DropReason::nat_ports_exhausted, now);

  InsideHost& inside = hosts_[internal.address];
  ++inside.mappings;
  inside.external = external->address;
  const MappingIndex index = table_.add({.internal = internal,
                                         .first_remote = remote,
                                         .external = *external,
                                         .timer = first_timer(transport, remote),
                                         .number = ++mappings_made_,
                                         .created = now,
                                         .dedicated = dedicated});
  tell(MappingStep::created, index, remote, now);
  return {.mapping = index};
}

TimerClass Nat::first_timer(Transport transport, const Endpoint& remote) const {
  switch (transport) {
    case Transport::udp:
      break;
    case Transport::tcp:
      return TimerClass::tcp_mapping;
    case Transport::icmp_query:
      return TimerClass::icmp_query;
  }
  return udp_phases_.first(remote.port);
}

std::optional<ExternalKey> Nat::allocate(Transport transport, const Endpoint& internal,
                                         const Endpoint& remote, std::uint16_t address) {
  const ExternalKey preserved{address, internal.port, transport};
  if (pool_.taken(preserved) && table_.can_share(preserved, remote) &&
      !shadows_.contains(preserved, remote)) {
    return preserved;
  }
  auto external = pool_.take(preserved);
  std::vector<ExternalKey> shadowed;
  while (external && shadows_.contains(*external, remote)) {
    shadowed.push_back(*external);
    external = pool_.take(preserved);
  }
  for (const ExternalKey key : shadowed) pool_.release(key);
  return external;
}

Nat::Found Nat::refuse(Transport transport, const Endpoint& internal, const Endpoint& remote,
                       DropReason reason, Time now) {
  sink_.on_mapping({.at = now,
                    .step = MappingStep::refused,
                    .reason = reason,
                    .nat = 0,
                    .mapping = 0,
                    .protocol = protocol_number(transport, internal),
                    .internal = internal,
                    .external = {},
                    .remote = remote,
                    .expires = now});
  return {.reason = reason};
}

Nat::Found Nat::receiver_mapping(Transport transport, const Endpoint& external,
                                 const Endpoint& remote) const {
  const auto key = pool_.find(transport, external);
  if (!key) return {.reason = DropReason::nat_no_mapping};
  const MappingIndex index = table_.find_outside(*key, remote);
  if (index == no_index) {
    return {.reason = expiries_.find(*key) == nullptr ? DropReason::nat_no_mapping
                                                      : DropReason::nat_mapping_expired};
  }
  if (!table_.admits(index, remote)) {
    const bool by_address = options_.filtering == Dependence::address_dependent;
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
  return std::min({table_.first_to_expire().at, sessions_.next_expiry(), shadows_.next_expiry()});
}

// A TCP mapping goes with its last connection.
Time Nat::expires(MappingIndex index) const {
  const Time own = table_.expires(index);
  return sessions_.has(index) ? std::min(own, sessions_.last_expiry(index)) : own;
}

void Nat::expire(Time now) {
  if (now >= other_expiry_bound()) [[unlikely]] {
    expire_sessions(now);
    expire_shadows(now);
  }
  for (MappingTable::Due due = table_.due(now); due.mapping != no_index; due = table_.due(now)) {
    if (due.session != no_index) {
      if (const auto remote = table_.end_session(due.session)) {
        tell(MappingStep::filter_closed, due.mapping, *remote, now);
        continue;
      }
    }
    expiries_.add({table_.external(due.mapping), table_.internal(due.mapping), due.at});
    remove(due.mapping, MappingStep::expired, now);
  }
}

void Nat::flush(Time now) {
  expire(now);
  for (MappingTable::Due next = table_.first_to_expire(); next.mapping != no_index;
       next = table_.first_to_expire()) {
    remove(next.mapping, MappingStep::evicted, now);
  }
  for (SessionIndex session = sessions_.first_to_expire(); session != no_index;
       session = sessions_.first_to_expire()) {
    remove(sessions_.mapping(session), MappingStep::evicted, now);
  }
  shadows_.clear();
  expiries_.clear();
}

void Nat::remove(MappingIndex index, MappingStep step, Time now) {
  tell(step, index, table_.origin(index).first_remote, now);
  const ExternalKey external = table_.external(index);
  if (external.transport == Transport::tcp) sessions_.remove_all_of(index);
  const auto host = hosts_.find(table_.internal(index).address);
  if (--host->second.mappings == 0) hosts_.erase(host);
  if (table_.remove(index)) pool_.release(external);
}

void Nat::tell(MappingStep step, MappingIndex index, const Endpoint& remote, Time now) {
  const MappingOrigin mapping = table_.origin(index);
  sink_.on_mapping({.at = now,
                    .step = step,
                    .reason = DropReason::none,
                    .nat = 0,
                    .mapping = mapping.number,
                    .protocol = protocol_number(mapping.external.transport, mapping.internal),
                    .internal = mapping.internal,
                    .external = pool_.endpoint(mapping.external),
                    .remote = remote,
                    .expires = expires(index)});
}

}  // namespace natsim::nat
