// Timers of a few constant lengths, and which of them runs out next.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "sim/nat/dense_pool.h"
#include "stack/base/time.h"

namespace natsim::nat {

// The length of timers that never run out.
inline constexpr Duration endless{std::numeric_limits<std::int64_t>::max()};

// Contract:
// 1. A timer is known by a number, which its owner chooses densely from 0. While it runs it is of
//    one class, which the owner keeps in mind. All timers of a class have one length.
// 2. Time never goes back from one start to the next, so that a class's timers run out in the order
//    in which they were started: each class is a list, and every operation takes constant time.
class TimerLists {
 public:
  using Class = std::uint8_t;

  // The lengths by class; at most 64.
  explicit TimerLists(const std::vector<Duration>& lengths) {
    lists_.reserve(lengths.size());
    for (const Duration length : lengths) lists_.push_back({length});
  }

  // Precondition: it does not run.
  void start(std::uint32_t timer, Class timer_class, Time now) {
    if (timer >= timers_.size()) timers_.resize(timer + 1U);
    timers_[timer].started = now;
    append(timer, timer_class);
    bound_ = std::min(bound_, deadline(timer, timer_class));
  }
  // From now on, as one of class `to`. Precondition: it runs and is of class `from`.
  void restart(std::uint32_t timer, Class from, Class to, Time now) {
    timers_[timer].started = now;
    if (from == to && lists_[to].newest == timer) return;
    unlink(timer, from);
    append(timer, to);
    if (from != to) bound_ = std::min(bound_, deadline(timer, to));
  }
  // Precondition: it runs.
  void stop(std::uint32_t timer, Class timer_class) { unlink(timer, timer_class); }

  // It will be restarted soon: has the memory fetched that this takes, which lies apart.
  void prefetch(std::uint32_t timer) const { __builtin_prefetch(timers_.data() + timer, 1); }
  // Precondition: it runs.
  void prefetch_neighbours(std::uint32_t timer) const {
    const auto& [started, older, newer] = timers_[timer];
    if (older != no_index) prefetch(older);
    if (newer != no_index) prefetch(newer);
  }

  [[nodiscard]] Time started(std::uint32_t timer) const { return timers_[timer].started; }
  // When it runs out. Precondition: it runs.
  [[nodiscard]] Time deadline(std::uint32_t timer, Class timer_class) const {
    const Duration length = lists_[timer_class].length;
    return length == endless ? Time::never() : timers_[timer].started + length;
  }

  struct First {
    Time deadline = Time::never();
    std::uint32_t timer = no_index;
  };
  // The timer that runs out first; no_index if none runs. Of several at one instant it is one of
  // the class that was named first, and there the one that was started first.
  [[nodiscard]] First first() const {
    First first;
    for (std::uint64_t lists = in_use_; lists != 0; lists &= lists - 1) {
      const auto list = static_cast<Class>(std::countr_zero(lists));
      const std::uint32_t timer = lists_[list].oldest;
      const Time at = deadline(timer, list);
      if (at < first.deadline) first = {at, timer};
    }
    return first;
  }
  // The first timer if it has run out by `now`; otherwise no_index.
  [[nodiscard]] std::uint32_t due(Time now) {
    if (now < bound_) return no_index;
    const First next = first();
    if (next.deadline <= now) return next.timer;
    bound_ = next.deadline;
    return no_index;
  }
  // Of the running timers that `suits` accepts, the one that was started first; no_index if there
  // is none. `classes` has a bit for each class that may have it: these are walked.
  template <typename Suits>
  [[nodiscard]] std::uint32_t oldest(std::uint64_t classes, Suits&& suits) const {
    std::uint32_t best = no_index;
    for (std::uint64_t lists = in_use_ & classes; lists != 0; lists &= lists - 1) {
      std::uint32_t timer = lists_[static_cast<std::size_t>(std::countr_zero(lists))].oldest;
      while (timer != no_index &&
             (best == no_index || timers_[timer].started < timers_[best].started)) {
        if (suits(timer)) best = timer;
        timer = timers_[timer].newer;
      }
    }
    return best;
  }
  // No timer runs out before it; the truth may be later.
  [[nodiscard]] Time bound() const { return bound_; }
  void raise_bound() { bound_ = first().deadline; }

 private:
  struct Timer {
    Time started;
    std::uint32_t older = no_index;
    std::uint32_t newer = no_index;
  };
  struct List {
    Duration length;
    std::uint32_t oldest = no_index;
    std::uint32_t newest = no_index;
  };

  void append(std::uint32_t timer, Class list) {
    List& ends = lists_[list];
    timers_[timer].older = ends.newest;
    timers_[timer].newer = no_index;
    (ends.newest == no_index ? ends.oldest : timers_[ends.newest].newer) = timer;
    ends.newest = timer;
    in_use_ |= std::uint64_t{1} << list;
  }
  void unlink(std::uint32_t timer, Class list) {
    List& ends = lists_[list];
    const std::uint32_t older = timers_[timer].older;
    const std::uint32_t newer = timers_[timer].newer;
    (older == no_index ? ends.oldest : timers_[older].newer) = newer;
    (newer == no_index ? ends.newest : timers_[newer].older) = older;
    if (ends.oldest == no_index) in_use_ &= ~(std::uint64_t{1} << list);
  }

  std::vector<List> lists_;     // by class
  std::vector<Timer> timers_;   // by number
  std::uint64_t in_use_ = 0;    // a bit for each class that is not empty
  Time bound_ = Time::never();  // see bound()
};

}  // namespace natsim::nat
