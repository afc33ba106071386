// Dynamic mappings that are to outlive silence (RFC 6887 §12).
#include <algorithm>

#include "sim/nat/nat.h"

namespace natsim::nat {

MappingKeep Nat::keep_mapping(const Endpoint& internal, const Endpoint& remote, Time until,
                              Time now) {
  expire(now);
  const Found found = sender_mapping(Transport::udp, internal, remote, now);
  if (found.mapping == no_index) return {.external = {}, .until = {}, .reason = found.reason};
  const Endpoint external = externals().endpoint(table_.external(found.mapping));
  if (const auto end = leases_.until(found.mapping)) return {.external = external, .until = *end};
  const MappingTable::TimerIndex timer = table_.timer_of(found.mapping, remote);
  restart_idle(found.mapping, timer, now);
  Time& end = keeps_[{found.mapping, timer}];
  end = std::max(end, until);
  return {.external = external, .until = end};
}

void Nat::restart_idle(MappingIndex index, MappingTable::TimerIndex timer, Time now) {
  const IdleState& state = table_.idle_state(index, timer);
  table_.refresh(index, timer, state.timer, Direction::outbound, now);
  if (options_.refresh == Refresh::per_direction) {
    table_.refresh(index, timer, state.inbound_timer, Direction::inbound, now);
  }
}

// Whether what runs out is kept, and goes on now. No mapping outlives its lifetime.
bool Nat::keeps(const MappingTable::Due& due, Time now) {
  const MappingTable::TimerIndex timer = due.session == no_index ? due.mapping : due.session;
  const auto found = keeps_.find({due.mapping, timer});
  if (found == keeps_.end()) return false;
  const bool too_old = options_.max_lifetime > Duration{} &&
                       now - table_.created(due.mapping) >= options_.max_lifetime;
  if (too_old || found->second <= now) {
    keeps_.erase(found);
    return false;
  }
  restart_idle(due.mapping, timer, now);
  return true;
}

void Nat::forget_keeps(MappingIndex index) {
  auto keep = keeps_.lower_bound({index, 0});
  while (keep != keeps_.end() && keep->first.first == index) keep = keeps_.erase(keep);
}

}  // namespace natsim::nat
