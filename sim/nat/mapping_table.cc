#include "sim/nat/mapping_table.h"

#include <algorithm>

namespace natsim::nat {

MappingTable::MappingTable(const NatOptions& options)
    : mapping_(options.mapping),
      filtering_(options.filtering),
      finest_(std::max(options.mapping, options.filtering)),
      alone_(options.symmetric_on_collision || options.degrade_above != 0
                 ? Dependence::address_and_port_dependent
                 : finest_),
      shares_ports_(overloads(options.port_allocation) &&
                    finest_ != Dependence::endpoint_independent),
      filters_endpoint_(options.filter_scope == FilterScope::per_endpoint &&
                        filtering_ != Dependence::endpoint_independent &&
                        (mapping_ != Dependence::endpoint_independent || shares_ports_)),
      sessions_(options.timer_scope == TimerScope::per_session),
      leased_remote_(options.mapped_ports_outbound ? Endpoint() : Endpoint{IpAddress::any_v4(), 1}),
      max_lifetime_(options.max_lifetime),
      timers_(timer_lengths(options), options.refresh == Refresh::per_direction),
      session_timers_(sessions_ ? timer_lengths(options) : std::vector<Duration>(),
                      options.refresh == Refresh::per_direction),
      lifetimes_({options.max_lifetime}),
      by_key_(0, Hash{this}, Equal{this}),
      by_external_(0, ExternalHash{this}, ExternalEqual{this}) {}

MappingTable::Key MappingTable::key_of(MappingIndex index) const {
  const Mapping& mapping = mappings_[index];
  if (mapping.leased) [[unlikely]]
    return {mapping.internal(), leased_remote_, mapping.external().transport};
  return {mapping.internal(), seen_by(key_dependence(mapping), mapping.first_remote()),
          mapping.external().transport};
}

MappingOrigin MappingTable::origin(MappingIndex index) const {
  const Mapping& mapping = mappings_[index];
  return {.internal = mapping.internal(),
          .first_remote = mapping.first_remote(),
          .external = mapping.external(),
          .timer = mapping.idle.timer,
          .number = births_[index].number,
          .created = births_[index].created,
          .dedicated = mapping.dedicated,
          .strict = mapping.strict,
          .leased = mapping.leased};
}

std::vector<MappingIndex> MappingTable::all() const {
  std::vector<MappingIndex> indexes(by_key_.begin(), by_key_.end());
  std::sort(indexes.begin(), indexes.end(), [this](MappingIndex a, MappingIndex b) {
    return births_[a].number < births_[b].number;
  });
  return indexes;
}

MappingIndex MappingTable::find_key(const Key& key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? no_index : *found;
}

MappingIndex MappingTable::find_inside(Transport transport, const Endpoint& internal,
                                       const Endpoint& remote) const {
  if (dedicated_ > 0) {
    const MappingIndex index = find_key({internal, seen_by(alone_, remote), transport});
    if (index != no_index) return index;
  }
  const MappingIndex index = find_key({internal, seen_by(mapping_, remote), transport});
  if (index != no_index || leased_ == 0 || leased_remote_.is_set()) return index;
  return find_key({internal, {}, transport});
}

MappingIndex MappingTable::find_leased(Transport transport, const Endpoint& internal) const {
  if (leased_ == 0) return no_index;
  const MappingIndex index = find_key({internal, leased_remote_, transport});
  return index != no_index && mappings_[index].leased ? index : no_index;
}

MappingIndex MappingTable::find_outside(ExternalKey external, const Endpoint& remote) const {
  const auto found = by_external_.find(external);
  if (found == by_external_.end()) return no_index;
  const MappingIndex first = *found;
  if (!shares_ports_ || births_[first].next_on_port == first) return first;
  const MappingIndex holder = remotes_.mapping_of(external.packed(), seen_by(finest_, remote));
  // No other can admit the remote, unless the filter is coarser than what is held, or looks beyond
  // the mapping.
  if (holder != no_index) return holder;
  if (filtering_ == finest_ && !filters_endpoint_) return first;
  MappingIndex index = first;
  do {
    if (admits(index, remote)) return index;
    index = births_[index].next_on_port;
  } while (index != first);
  return first;
}

MappingIndex MappingTable::find_sender(ExternalKey external, const Endpoint& remote) const {
  const auto found = by_external_.find(external);
  if (found == by_external_.end()) return no_index;
  const MappingIndex first = *found;
  if (shares_ports_ && births_[first].next_on_port != first) {
    return remotes_.mapping_of(external.packed(), seen_by(finest_, remote));
  }
  const Dependence dependence = key_dependence(mappings_[first]);
  return key_of(first).remote == seen_by(dependence, remote) ? first : no_index;
}

MappingIndex MappingTable::add(const MappingOrigin& origin) {
  const MappingIndex index = mappings_.take(
      {.internal_address = origin.internal.address,
       .remote_address = origin.first_remote.address,
       .internal_port = origin.internal.port,
       .remote_port = origin.first_remote.port,
       .packed_external = origin.external.packed(),
       .dedicated = origin.dedicated,
       .strict = origin.strict,
       .has_sessions = sessions_ && !origin.leased && origin.external.transport == Transport::udp,
       .leased = origin.leased});
  if (index == births_.size()) births_.emplace_back();
  births_[index] = {origin.number, origin.created, index, index};
  Mapping& mapping = mappings_[index];
  const bool endless_timer = mapping.has_sessions || mapping.leased;
  timers_.start(index, mapping.idle, endless_timer ? TimerClass::udp_mapping : origin.timer,
                origin.created);
  if (max_lifetime_ > Duration{} && !mapping.leased) lifetimes_.start(index, 0, origin.created);
  by_key_.insert(index);
  if (origin.dedicated) ++dedicated_;
  if (origin.leased) ++leased_;
  join_port(index);
  if (lists_first(index)) add_remote(index, origin.first_remote, origin.timer, origin.created);
  if (filters_endpoint_ && !origin.leased) {
    count_contact(origin.internal, origin.first_remote, 1);
  }
  return index;
}

bool MappingTable::remove(MappingIndex index) {
  const Mapping& mapping = mappings_[index];
  if (filters_endpoint_) {
    each_remote(index,
                [&](const Endpoint& remote) { count_contact(mapping.internal(), remote, -1); });
  }
  if (mapping.has_sessions) {
    for (std::uint32_t e = mapping.further_remotes; e != no_index; e = remotes_[e].older) {
      session_timers_.stop(e, remotes_[e].idle);
    }
  }
  remotes_.remove_list(mapping.further_remotes);
  by_key_.erase(index);
  if (mapping.dedicated) --dedicated_;
  if (mapping.leased) --leased_;
  const bool port_free = leave_port(index);
  timers_.stop(index, mapping.idle);
  if (max_lifetime_ > Duration{} && !mapping.leased) lifetimes_.stop(index, 0);
  mappings_.give_back(index);
  return port_free;
}

bool MappingTable::admits(MappingIndex index, const Endpoint& remote) const {
  const Mapping& mapping = mappings_[index];
  if (mapping.leased) return true;
  if (mapping.strict) return remote == mapping.first_remote();
  if (filtering_ == Dependence::endpoint_independent) return true;
  const Endpoint seen = seen_by(filtering_, remote);
  const bool holds_first = !mapping.has_sessions || mapping_ >= filtering_;
  if (holds_first && seen_by(filtering_, mapping.first_remote()) == seen) return true;
  if (mapping_ < filtering_ && mapping.further_remotes != no_index &&
      remotes_.mapping_of(scope_of(index), seen) == index) {
    return true;
  }
  return filters_endpoint_ && contacts_.contains(std::pair(mapping.internal(), seen));
}

bool MappingTable::holds(MappingIndex index, const Endpoint& remote) const {
  const Mapping& mapping = mappings_[index];
  const Endpoint seen = seen_by(finest_, remote);
  if (!mapping.has_sessions && seen_by(finest_, mapping.first_remote()) == seen) return true;
  return mapping.further_remotes != no_index && remotes_.mapping_of(scope_of(index), seen) == index;
}

MappingTable::Hold MappingTable::hold(MappingIndex index, const Endpoint& remote, TimerClass timer,
                                      Time now) {
  if (mappings_[index].leased || holds(index, remote)) return Hold::held;
  if (shares_ports_ && !can_share(mappings_[index].external(), remote)) return Hold::clash;
  add_remote(index, remote, timer, now);
  if (filters_endpoint_) count_contact(mappings_[index].internal(), remote, 1);
  return Hold::opened;
}

bool MappingTable::can_share(ExternalKey external, const Endpoint& remote) const {
  if (!shares_ports_) return false;
  if (leased_ > 0) {
    const auto found = by_external_.find(external);
    if (found != by_external_.end() && mappings_[*found].leased) return false;
  }
  return remotes_.find(external.packed(), seen_by(finest_, remote)) == no_index;
}

std::uint32_t MappingTable::scope_of(MappingIndex index) const {
  return shares_ports_ ? mappings_[index].packed_external : index;
}

void MappingTable::add_remote(MappingIndex index, const Endpoint& remote, TimerClass timer,
                              Time now) {
  Mapping& mapping = mappings_[index];
  const std::uint32_t entry =
      remotes_.add(scope_of(index), seen_by(finest_, remote), index, mapping.further_remotes, now);
  mapping.further_remotes = entry;
  if (mapping.has_sessions) session_timers_.start(entry, remotes_[entry].idle, timer, now);
}

std::optional<Endpoint> MappingTable::end_session(std::uint32_t session) {
  const RemoteSet::Entry& entry = remotes_[session];
  Mapping& mapping = mappings_[entry.mapping];
  if (mapping.further_remotes == session && entry.older == no_index) return std::nullopt;
  const Endpoint remote = entry.remote();
  session_timers_.stop(session, entry.idle);
  if (filters_endpoint_) count_contact(mapping.internal(), remote, -1);
  mapping.further_remotes = remotes_.remove(session, mapping.further_remotes);
  return remote;
}

MappingTable::Due MappingTable::first_to_expire() const {
  const TimerLists::First mapping = timers_.first();
  Due due{.at = mapping.deadline, .mapping = mapping.timer};
  const TimerLists::First session = session_timers_.first();
  if (session.deadline < due.at) {
    due = {session.deadline, remotes_[session.timer].mapping, session.timer};
  }
  const TimerLists::First life = lifetimes_.first();
  if (life.deadline < due.at) due = {life.deadline, life.timer, no_index};
  return due;
}

MappingTable::Due MappingTable::find_due(Time now) {
  const Due due = first_to_expire();
  if (due.at <= now) return due;
  timers_.raise_bound();
  session_timers_.raise_bound();
  lifetimes_.raise_bound();
  return {};
}

Time MappingTable::expires(MappingIndex index) const {
  const Mapping& mapping = mappings_[index];
  Time at = timers_.deadline(index, mapping.idle);
  if (mapping.has_sessions) {
    at = Time{};
    for (std::uint32_t e = mapping.further_remotes; e != no_index; e = remotes_[e].older) {
      at = std::max(at, session_timers_.deadline(e, remotes_[e].idle));
    }
  }
  if (max_lifetime_ > Duration{} && !mapping.leased) {
    at = std::min(at, lifetimes_.deadline(index, 0));
  }
  return at;
}

Time MappingTable::refreshed(MappingIndex index) const {
  const Mapping& mapping = mappings_[index];
  Time at = timers_.started(index);
  if (!mapping.has_sessions) return at;
  for (std::uint32_t e = mapping.further_remotes; e != no_index; e = remotes_[e].older) {
    at = std::max(at, session_timers_.started(e));
  }
  return at;
}

void MappingTable::count_contact(const Endpoint& internal, const Endpoint& remote,
                                 std::int32_t change) {
  const auto found = contacts_.try_emplace({internal, seen_by(filtering_, remote)}, 0).first;
  found->second += change;
  if (found->second == 0) contacts_.erase(found);
}

void MappingTable::join_port(MappingIndex index) {
  const auto found = by_external_.find(mappings_[index].external());
  if (found == by_external_.end()) {
    by_external_.insert(index);
    return;
  }
  const MappingIndex first = *found;
  const MappingIndex last = births_[first].previous_on_port;
  births_[index].next_on_port = first;
  births_[index].previous_on_port = last;
  births_[last].next_on_port = index;
  births_[first].previous_on_port = index;
}

bool MappingTable::leave_port(MappingIndex index) {
  const Birth& birth = births_[index];
  const auto found = by_external_.find(mappings_[index].external());
  const bool first = *found == index;
  if (first) by_external_.erase(found);
  if (birth.next_on_port == index) return true;
  births_[birth.previous_on_port].next_on_port = birth.next_on_port;
  births_[birth.next_on_port].previous_on_port = birth.previous_on_port;
  if (first) by_external_.insert(birth.next_on_port);
  return false;
}

}  // namespace natsim::nat
