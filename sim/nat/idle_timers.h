// The idle timers of mappings or of sessions, of each its own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/nat/timer_class.h"
#include "sim/nat/timer_lists.h"
#include "stack/base/time.h"

namespace natsim::nat {

// Which way a packet goes.
enum class Direction : std::uint8_t { outbound, inbound };

// What the owner of an idle timer keeps of it.
struct IdleState {
  TimerClass timer = TimerClass::udp_new;
  TimerClass inbound_timer = TimerClass::udp_new;  // where each direction has a timer
  bool replied = false;                            // a packet has come in
};

// Contract:
// 1. A timer runs from `start` to `stop`, and anew from each `restart`. Numbers as in TimerLists.
// 2. With two directions there is a timer for each, restarted by its own packets alone, and the
//    earlier one counts.
class IdleTimers {
 public:
  IdleTimers(const std::vector<Duration>& lengths, bool two_directions)
      : timers_(lengths),
        inbound_timers_(two_directions ? lengths : std::vector<Duration>()),
        two_directions_(two_directions) {}

  void start(std::uint32_t number, IdleState& state, TimerClass timer, Time now) {
    state.timer = timer;
    timers_.start(number, class_number(timer), now);
    if (!two_directions_) return;
    state.inbound_timer = timer;
    inbound_timers_.start(number, class_number(timer), now);
  }
  void restart(std::uint32_t number, IdleState& state, TimerClass timer, Direction direction,
               Time now) {
    const bool inbound = two_directions_ && direction == Direction::inbound;
    TimerClass& old = inbound ? state.inbound_timer : state.timer;
    (inbound ? inbound_timers_ : timers_)
        .restart(number, class_number(old), class_number(timer), now);
    old = timer;
  }
  void stop(std::uint32_t number, const IdleState& state) {
    timers_.stop(number, class_number(state.timer));
    if (two_directions_) inbound_timers_.stop(number, class_number(state.inbound_timer));
  }

  // As in TimerLists.
  void prefetch(std::uint32_t number) const { timers_.prefetch(number); }
  void prefetch_neighbours(std::uint32_t number) const { timers_.prefetch_neighbours(number); }

  // When one of its timers was last started.
  [[nodiscard]] Time started(std::uint32_t number) const {
    if (!two_directions_) return timers_.started(number);
    return std::max(timers_.started(number), inbound_timers_.started(number));
  }
  [[nodiscard]] Time deadline(std::uint32_t number, const IdleState& state) const {
    const Time deadline = timers_.deadline(number, class_number(state.timer));
    if (!two_directions_) return deadline;
    return std::min(deadline, inbound_timers_.deadline(number, class_number(state.inbound_timer)));
  }
  // As in TimerLists.
  [[nodiscard]] TimerLists::First first() const {
    const TimerLists::First first = timers_.first();
    if (!two_directions_) return first;
    const TimerLists::First inbound = inbound_timers_.first();
    return inbound.deadline < first.deadline ? inbound : first;
  }
  // As in TimerLists; of two directions the outbound one counts.
  template <typename Suits>
  [[nodiscard]] std::uint32_t oldest(std::uint64_t classes, Suits&& suits) const {
    return timers_.oldest(classes, suits);
  }
  [[nodiscard]] Time bound() const { return std::min(timers_.bound(), inbound_timers_.bound()); }
  void raise_bound() {
    timers_.raise_bound();
    if (two_directions_) inbound_timers_.raise_bound();
  }

 private:
  static constexpr TimerLists::Class class_number(TimerClass timer) {
    return static_cast<TimerLists::Class>(timer);
  }

  TimerLists timers_;
  TimerLists inbound_timers_;  // without classes unless two_directions_
  const bool two_directions_;
};

}  // namespace natsim::nat
