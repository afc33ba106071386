#include "sim/nat/firewall_flows.h"

#include <algorithm>

namespace natsim::nat {

FirewallFlows::FirewallFlows(const FirewallOptions& options)
    : filtering_(options.filtering),
      closed_timeout_(options.tcp_timeouts.closed),
      timers_({options.udp_timeout, options.icmp_query_timeout, options.tcp_timeouts.syn_sent,
               options.tcp_timeouts.syn_received, options.tcp_timeouts.established,
               options.tcp_timeouts.fin_wait, options.tcp_timeouts.close_wait,
               options.tcp_timeouts.last_ack, options.tcp_timeouts.time_wait,
               options.tcp_timeouts.closed}) {}

void FirewallFlows::expire(Time now) {
  for (FlowIndex index = timers_.due(now); index != no_index; index = timers_.due(now)) {
    const Expiry expiry{flows_[index].key, timers_.deadline(index, flows_[index].timer)};
    if (expiries_.size() < remembered) {
      expiries_.push_back(expiry);
    } else {
      expiries_[next_expiry_] = expiry;
      next_expiry_ = (next_expiry_ + 1) % remembered;
    }
    remove(index);
  }
}

FlowIndex FirewallFlows::find(Transport transport, const Endpoint& internal,
                              const Endpoint& remote) const {
  const auto found = index_.find(FlowKey{transport, internal, remote});
  return found == index_.end() ? no_index : found->second;
}

bool FirewallFlows::admits(Transport transport, const Endpoint& internal,
                           const Endpoint& remote) const {
  return openings_.contains(seen(transport, internal, remote));
}

FlowIndex FirewallFlows::add(Transport transport, const Endpoint& internal, const Endpoint& remote,
                             Time now, const TcpTracking& tracking) {
  const bool tcp = transport == Transport::tcp;
  const TimerLists::Class timer = tcp ? timer_of(tracking.state()) : timer_of(transport);
  const FlowIndex index = flows_.take({.key = {transport, internal, remote},
                                       .tracking = tracking,
                                       .timer = timer,
                                       .number = ++made_,
                                       .created = now});
  index_.emplace(flows_[index].key, index);
  ++openings_[seen(transport, internal, remote)];
  timers_.start(index, timer, now);
  return index;
}

void FirewallFlows::follow(FlowIndex index, TcpSide from, const net::TcpSegment& segment,
                           Time now) {
  Flow& flow = flows_[index];
  flow.tracking.receive(from, segment, false);
  if (segment.has(net::tcp_flag::rst) &&
      now + closed_timeout_ >= timers_.deadline(index, flow.timer)) {
    return;
  }
  const TimerLists::Class timer = timer_of(flow.tracking.state());
  timers_.restart(index, flow.timer, timer, now);
  flow.timer = timer;
}

void FirewallFlows::remove(FlowIndex index) {
  const Flow& flow = flows_[index];
  index_.erase(flow.key);
  const auto opening = openings_.find(seen(flow.key.transport, flow.key.internal, flow.key.remote));
  if (--opening->second == 0) openings_.erase(opening);
  timers_.stop(index, flow.timer);
  flows_.give_back(index);
}

void FirewallFlows::clear() {
  for (FlowIndex index = timers_.first().timer; index != no_index; index = timers_.first().timer) {
    remove(index);
  }
  expiries_.clear();
  next_expiry_ = 0;
}

std::optional<Time> FirewallFlows::expired(Transport transport, const Endpoint& internal,
                                           const Endpoint& remote) const {
  const FlowKey wanted = seen(transport, internal, remote);
  std::optional<Time> latest;
  for (const Expiry& expiry : expiries_) {
    const FlowKey& gone = expiry.key;
    if (seen(gone.transport, gone.internal, gone.remote) != wanted) continue;
    if (!latest || expiry.at > *latest) latest = expiry.at;
  }
  return latest;
}

FlowSnapshot FirewallFlows::snapshot(FlowIndex index) const {
  const Flow& flow = flows_[index];
  FlowSnapshot snapshot{.transport = flow.key.transport,
                        .internal = flow.key.internal,
                        .remote = flow.key.remote,
                        .tcp_state = std::nullopt,
                        .created = flow.created,
                        .expires = timers_.deadline(index, flow.timer)};
  if (flow.key.transport == Transport::tcp) snapshot.tcp_state = flow.tracking.state();
  return snapshot;
}

std::vector<FlowSnapshot> FirewallFlows::snapshots(Time now) const {
  std::vector<FlowIndex> live;
  for (const auto& [key, index] : index_) {
    if (timers_.deadline(index, flows_[index].timer) > now) live.push_back(index);
  }
  std::sort(live.begin(), live.end(),
            [this](FlowIndex a, FlowIndex b) { return flows_[a].number < flows_[b].number; });
  std::vector<FlowSnapshot> all;
  for (const FlowIndex index : live) all.push_back(snapshot(index));
  return all;
}

}  // namespace natsim::nat
