#include "sim/nat/tcp_sessions.h"

#include <algorithm>

namespace natsim::nat {
namespace {

constexpr TimerLists::Class class_of(TimerClass timer) {
  return static_cast<TimerLists::Class>(timer);
}

}  // namespace

TcpSessions::TcpSessions(const NatOptions& options)
    : closed_(options.tcp_timeouts.closed),
      revives_(options.tcp_revives_after_reset),
      ends_when_refused_(options.tcp_ends_when_refused),
      timers_(timer_lengths(options)) {}

SessionIndex TcpSessions::find(MappingIndex mapping, const Endpoint& remote) const {
  const auto found = index_.find(std::pair(mapping, remote));
  return found == index_.end() ? no_index : found->second;
}

SessionIndex TcpSessions::add(MappingIndex mapping, const Endpoint& remote,
                              const TcpTracking& tracking, Time now) {
  const TimerClass timer = timer_of(tracking.state());
  const SessionIndex index = sessions_.take({.mapping = mapping,
                                             .remote = remote,
                                             .tracking = tracking,
                                             .timer = timer,
                                             .next = no_index,
                                             .previous = no_index});
  timers_.start(index, class_of(timer), now);
  index_.emplace(std::pair(mapping, remote), index);
  Session& session = sessions_[index];
  const auto [ring, alone] = rings_.try_emplace(mapping, index);
  session.next = ring->second;
  session.previous = alone ? index : sessions_[session.next].previous;
  sessions_[session.previous].next = index;
  sessions_[session.next].previous = index;
  return index;
}

void TcpSessions::receive(SessionIndex index, TcpSide from, const net::TcpSegment& segment,
                          Time now) {
  Session& session = sessions_[index];
  const bool reset = segment.has(net::tcp_flag::rst);
  const bool refused = ends_when_refused_ && reset && session.tracking.awaits_answer_of(from);
  session.tracking.receive(from, segment, revives_);
  const TimerClass timer = refused ? TimerClass::tcp_refused : timer_of(session.tracking.state());
  if (reset && !refused && expires(index) <= now + closed_) return;
  timers_.restart(index, class_of(session.timer), class_of(timer), now);
  session.timer = timer;
}

bool TcpSessions::remove(SessionIndex index) {
  const Session& session = sessions_[index];
  const bool last = session.next == index;
  if (last) {
    rings_.erase(session.mapping);
  } else {
    rings_[session.mapping] = session.next;
    sessions_[session.previous].next = session.next;
    sessions_[session.next].previous = session.previous;
  }
  timers_.stop(index, class_of(session.timer));
  index_.erase(std::pair(session.mapping, session.remote));
  sessions_.give_back(index);
  return last;
}

void TcpSessions::remove_all_of(MappingIndex mapping) {
  for (auto ring = rings_.find(mapping); ring != rings_.end(); ring = rings_.find(mapping)) {
    remove(ring->second);
  }
}

Time TcpSessions::last_expiry(MappingIndex mapping) const {
  const SessionIndex first = rings_.find(mapping)->second;
  Time last = expires(first);
  for (SessionIndex index = sessions_[first].next; index != first; index = sessions_[index].next) {
    last = std::max(last, expires(index));
  }
  return last;
}

}  // namespace natsim::nat
