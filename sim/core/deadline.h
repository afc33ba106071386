// What the scheduler keeps of armed timers, and where.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "stack/base/time.h"

namespace natsim::core {

class Timer;

// An armed timer's place in the order of everything. It stands apart from the timer, which lives in
// its owner and is likely to be out of the processor's caches: comparing does not touch it.
struct Deadline {
  Time at;
  std::uint64_t order;  // class, actor and sequence, packed: breaks ties of `at`
  Timer* timer;

  bool operator<(const Deadline& other) const {
    return at != other.at ? at < other.at : order < other.order;
  }
};

// Some of the deadlines of one slot of the wheel, in no order: three cache lines, read in a row
// where a list of single deadlines would wait for each.
struct alignas(64) DeadlineChunk {
  static constexpr std::uint32_t capacity = 7;

  DeadlineChunk* next;  // those before it in the slot, which are full; or the next unused one
  std::uint32_t count;
  std::array<Deadline, capacity> deadlines;
};

// Recycles chunks.
class DeadlineChunkPool {
 public:
  // An empty chunk in front of `next`.
  DeadlineChunk* make(DeadlineChunk* next) {
    if (unused_ == nullptr) refill();
    DeadlineChunk* const chunk = unused_;
    unused_ = chunk->next;
    chunk->next = next;
    chunk->count = 0;
    return chunk;
  }
  // Takes the chunk back and gives the one behind it.
  DeadlineChunk* recycle(DeadlineChunk* chunk) {
    DeadlineChunk* const next = chunk->next;
    chunk->next = unused_;
    unused_ = chunk;
    return next;
  }

 private:
  void refill();

  DeadlineChunk* unused_ = nullptr;
  std::vector<std::unique_ptr<DeadlineChunk[]>> slabs_;  // all that was ever needed at once
};

}  // namespace natsim::core
