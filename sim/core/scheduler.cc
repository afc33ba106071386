#include "sim/core/scheduler.h"

#include <bit>
#include <utility>

namespace natsim::core {
namespace {

std::uint64_t pack_order(EventClass event_class, ObjectId actor, std::uint32_t sequence) {
  return static_cast<std::uint64_t>(event_class) << 60 | std::uint64_t{actor} << 32 | sequence;
}

}  // namespace

void Timer::arm(Time at) {
  cancel();
  if (at.is_never()) return;
  Scheduler& scheduler = owner_.scheduler_;
  at_ = at < scheduler.now_ ? scheduler.now_ : at;
  scheduler.insert(at_, pack_order(event_class_, owner_.key_, owner_.armings_++), *this);
  ++scheduler.pending_;
}

void Timer::cancel() {
  if (place_ == Place::idle) return;
  Scheduler& scheduler = owner_.scheduler_;
  scheduler.remove(*this);
  --scheduler.pending_;
}

Scheduler::Scheduler() { current_.reserve(64); }

void Scheduler::insert(Time at, std::uint64_t order, Timer& timer) {
  const std::uint64_t tick = static_cast<std::uint64_t>(at.ns) >> tick_bits;
  if (tick <= tick_) return push_current(at, order, timer);
  // The level is that of the highest digit (of slot_bits each) in which the ticks differ. What lies
  // beyond the last level waits there, in the slot that comes round last.
  const int highest_bit = 63 - std::countl_zero(tick ^ tick_);
  int level = highest_bit / slot_bits;
  std::uint32_t slot;
  if (level < levels) {
    slot = static_cast<std::uint32_t>(tick >> (level * slot_bits)) & (slots - 1);
  } else {
    level = levels - 1;
    slot = (static_cast<std::uint32_t>(tick_ >> (level * slot_bits)) - 1) & (slots - 1);
  }
  Level& wheel = levels_[static_cast<std::size_t>(level)];
  DeadlineChunk*& head = wheel.heads[slot];
  if (head == nullptr || head->count == DeadlineChunk::capacity) head = chunks_.make(head);
  timer.chunk_ = head;
  timer.index_ = head->count;
  timer.slot_ = static_cast<std::uint16_t>(static_cast<std::uint32_t>(level) * slots + slot);
  timer.place_ = Timer::Place::wheel;
  head->deadlines[head->count++] = {at, order, &timer};
  wheel.occupied[slot / 64] |= std::uint64_t{1} << (slot % 64);
  wheel.occupied_words |= 1u << (slot / 64);
}

void Scheduler::remove(Timer& timer) {
  if (timer.place_ == Timer::Place::current) {
    remove_current(timer.index_);
  } else {
    remove_from_wheel(timer);
  }
  timer.place_ = Timer::Place::idle;
}

// The last of the slot's first chunk takes its place.
void Scheduler::remove_from_wheel(Timer& timer) {
  const std::uint32_t slot = timer.slot_ % slots;
  Level& wheel = levels_[timer.slot_ / slots];
  DeadlineChunk*& head = wheel.heads[slot];
  const Deadline& last = head->deadlines[--head->count];
  if (last.timer != &timer) {
    timer.chunk_->deadlines[timer.index_] = last;
    last.timer->chunk_ = timer.chunk_;
    last.timer->index_ = timer.index_;
  }
  if (head->count > 0) return;
  head = chunks_.recycle(head);
  if (head == nullptr) mark_empty(wheel, slot);
}

void Scheduler::place_current(std::uint32_t index, const Deadline& deadline) {
  current_[index] = deadline;
  deadline.timer->index_ = index;
}

void Scheduler::sift_up(std::uint32_t index, const Deadline& deadline) {
  while (index > 0) {
    const std::uint32_t parent = (index - 1) / 2;
    if (!(deadline < current_[parent])) break;
    place_current(index, current_[parent]);
    index = parent;
  }
  place_current(index, deadline);
}

void Scheduler::sift_down(std::uint32_t index, const Deadline& deadline) {
  const auto size = static_cast<std::uint32_t>(current_.size());
  for (;;) {
    std::uint32_t child = 2 * index + 1;
    if (child >= size) break;
    if (child + 1 < size && current_[child + 1] < current_[child]) ++child;
    if (!(current_[child] < deadline)) break;
    place_current(index, current_[child]);
    index = child;
  }
  place_current(index, deadline);
}

void Scheduler::push_current(Time at, std::uint64_t order, Timer& timer) {
  timer.place_ = Timer::Place::current;
  current_.emplace_back();
  sift_up(static_cast<std::uint32_t>(current_.size() - 1), {at, order, &timer});
}

void Scheduler::remove_current(std::uint32_t index) {
  const Deadline last = current_.back();
  current_.pop_back();
  if (index == current_.size()) return;
  if (index > 0 && last < current_[(index - 1) / 2]) {
    sift_up(index, last);
  } else {
    sift_down(index, last);
  }
}

void Scheduler::mark_empty(Level& wheel, std::uint32_t slot) {
  wheel.occupied[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
  if (wheel.occupied[slot / 64] == 0) wheel.occupied_words &= ~(1u << (slot / 64));
}

bool Scheduler::refill(Time horizon) {
  while (current_.empty()) {
    if (pending_ == 0) return false;
    // The lowest level with a timer holds the earliest: within a level the slots after the
    // clock's own digit come in order, and in the last level the slots before it after those.
    int level = 0;
    while (levels_[static_cast<std::size_t>(level)].occupied_words == 0) ++level;
    Level& wheel = levels_[static_cast<std::size_t>(level)];
    const int shift = level * slot_bits;
    const auto own = static_cast<std::uint32_t>(tick_ >> shift) & (slots - 1);
    const auto first_from = [&wheel](std::uint32_t from) {
      const std::uint32_t word = from / 64;
      if (word >= words) return slots;
      const std::uint64_t bits = wheel.occupied[word] & ~std::uint64_t{0} << (from % 64);
      if (bits != 0) return word * 64 + static_cast<std::uint32_t>(std::countr_zero(bits));
      const std::uint32_t later =
          wheel.occupied_words & static_cast<std::uint32_t>(~std::uint64_t{0} << (word + 1));
      if (later == 0) return slots;
      const auto next_word = static_cast<std::uint32_t>(std::countr_zero(later));
      return next_word * 64 +
             static_cast<std::uint32_t>(std::countr_zero(wheel.occupied[next_word]));
    };
    std::uint32_t slot = first_from(own + 1);
    std::uint64_t base = tick_ >> shift >> slot_bits << slot_bits;
    if (slot == slots) {
      slot = first_from(0);
      base += slots;
    }
    const std::uint64_t slot_tick = (base + slot) << shift;
    if (slot_tick > static_cast<std::uint64_t>(horizon.ns) >> tick_bits) return false;
    tick_ = slot_tick;
    mark_empty(wheel, slot);
    DeadlineChunk* chunk = std::exchange(wheel.heads[slot], nullptr);
    while (chunk != nullptr) {
      for (std::uint32_t i = 0; i < chunk->count; ++i) {
        const Deadline& deadline = chunk->deadlines[i];
        insert(deadline.at, deadline.order, *deadline.timer);
      }
      chunk = chunks_.recycle(chunk);
    }
  }
  return true;
}

Time Scheduler::next() {
  if (current_.empty() && !refill(Time::never())) return Time::never();
  return current_.front().at;
}

bool Scheduler::step(Time horizon) {
  if (current_.empty() && !refill(horizon)) return false;
  if (current_.front().at > horizon) return false;
  Timer* const timer = current_.front().timer;
  remove_current(0);
  timer->place_ = Timer::Place::idle;
  --pending_;
  ++executed_;
  now_ = timer->at_;
  timer->owner_.on_timer(*timer);
  return true;
}

void Scheduler::run_until(Time horizon) {
  while (step(horizon)) {
  }
  if (!horizon.is_never() && now_ < horizon) now_ = horizon;
}

}  // namespace natsim::core
