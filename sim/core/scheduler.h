// The order of everything: a hierarchical timing wheel of timers.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/core/deadline.h"
#include "sim/core/event.h"
#include "stack/base/time.h"

namespace natsim::core {

class Scheduler;
class Timer;

// What comes first among the things of one instant. A packet that arrives just when a timeout
// fires still counts as arrived, and a scenario sees the state after all of it.
enum class EventClass : std::uint8_t { network, timer, script };

// Whoever owns timers. Its key and its own count of armings order the events of one instant, so
// that adding an unrelated actor never reorders the others.
class Actor {
 public:
  Actor(Scheduler& scheduler, ObjectId key) : scheduler_(scheduler), key_(key) {}
  Actor(const Actor&) = delete;  // its timers refer to it
  Actor& operator=(const Actor&) = delete;
  virtual ~Actor() = default;

  // Called once each time that `timer` comes due, with the clock standing at its deadline. The
  // timer is idle by then and may be armed again.
  virtual void on_timer(Timer& timer) = 0;

 private:
  friend class Timer;

  Scheduler& scheduler_;
  ObjectId key_;
  std::uint32_t armings_ = 0;  // the sequence of this actor's own events
};

// A wake-up of one actor. Contract:
// 1. It is idle or armed for one instant. Arming an armed timer moves it; cancelling, arming and
//    moving take constant time and never allocate.
// 2. A deadline that has passed counts as now.
// 3. Destroying an armed timer cancels it.
class Timer {
 public:
  explicit Timer(Actor& owner, EventClass event_class = EventClass::timer)
      : owner_(owner), event_class_(event_class) {}
  Timer(const Timer&) = delete;  // linked into the wheel
  Timer& operator=(const Timer&) = delete;
  ~Timer() { cancel(); }

  // Time::never() cancels.
  void arm(Time at);
  void cancel();
  [[nodiscard]] bool armed() const { return place_ != Place::idle; }
  // Meaningful while armed.
  [[nodiscard]] Time deadline() const { return at_; }

 private:
  friend class Scheduler;

  enum class Place : std::uint8_t { idle, wheel, current };

  Actor& owner_;
  Time at_;
  DeadlineChunk* chunk_ = nullptr;  // where its deadline is, while in the wheel
  std::uint32_t index_ = 0;         // of its deadline in the chunk, or in the heap of current ones
  std::uint16_t slot_ = 0;          // of all levels' slots, while in the wheel
  EventClass event_class_;
  Place place_ = Place::idle;
};

// Events in the total order (time, class, actor, the actor's own sequence).
//
// The wheel has five levels of 1024 slots; a slot of the lowest level spans 256 ns, one of the
// next level 1024 times that, and so on to nine years; what is later waits in the last level and
// goes round. A slot of a higher level is dealt out to the levels below when the clock enters it.
// The timers of the lowest slot that the clock stands in are kept in a heap, in their exact order.
class Scheduler {
 public:
  Scheduler();

  [[nodiscard]] Time now() const { return now_; }
  // Runs the earliest event if it is due at `horizon` or before, and moves the clock to it.
  // Returns false, with the clock left where it was, if there is none.
  bool step(Time horizon);
  // Runs all events up to and including `horizon` and leaves the clock there.
  void run_until(Time horizon);
  // The instant of the earliest event; Time::never() if there is none.
  Time next();
  [[nodiscard]] std::uint64_t pending() const { return pending_; }
  [[nodiscard]] std::uint64_t executed() const { return executed_; }

 private:
  friend class Timer;

  static constexpr int levels = 5;
  static constexpr int slot_bits = 10;
  static constexpr int tick_bits = 8;  // the lowest slot spans 2^8 ns
  static constexpr std::uint32_t slots = 1u << slot_bits;
  static constexpr std::uint32_t words = slots / 64;
  static_assert(levels * slots <= 1u << 16, "Timer::slot_ has 16 bits");

  struct Level {
    std::array<DeadlineChunk*, slots> heads{};    // only the first chunk of a slot may have room
    std::array<std::uint64_t, words> occupied{};  // a bit for each slot with a timer
    std::uint32_t occupied_words = 0;             // a bit for each word above that is not zero
  };

  void insert(Time at, std::uint64_t order, Timer& timer);
  void remove(Timer& timer);
  void remove_from_wheel(Timer& timer);
  void push_current(Time at, std::uint64_t order, Timer& timer);
  void remove_current(std::uint32_t index);
  void place_current(std::uint32_t index, const Deadline& deadline);
  void sift_up(std::uint32_t index, const Deadline& deadline);
  void sift_down(std::uint32_t index, const Deadline& deadline);
  static void mark_empty(Level& wheel, std::uint32_t slot);
  // Fills the heap with the earliest timers if it is empty; false if there are none at or before
  // `horizon`, in which case the wheel has not been turned past it.
  bool refill(Time horizon);

  std::vector<Deadline> current_;  // binary heap: the slot that the wheel stands in
  std::array<Level, levels> levels_;
  DeadlineChunkPool chunks_;
  std::uint64_t tick_ = 0;  // the lowest slot that has been moved to the heap, counted from time 0
  Time now_;
  std::uint64_t pending_ = 0;
  std::uint64_t executed_ = 0;
};

}  // namespace natsim::core
