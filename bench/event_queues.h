// Bare event queues to measure the scheduler against: the least that keeps 16-byte events in exact
// (time, insertion) order, with no cancelling, no owners and no calls.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

namespace natsim::bench {

// What a queue gives back: which event, and when it was due.
struct Due {
  std::int64_t at;  // nanoseconds
  std::uint32_t id;
};

// A heap of four children a node, each family of children in one cache line.
class Heap4 {
 public:
  explicit Heap4(std::uint32_t capacity) { lines_.resize(capacity / 4 + 2); }

  void push(std::uint32_t id, std::int64_t at) {
    const Entry entry{at, sequence_++, id};
    std::uint32_t index = size_++;
    while (index > 0) {
      const std::uint32_t parent = (index - 1) / 4;
      if (!(entry < slot(parent))) break;
      slot(index) = slot(parent);
      index = parent;
    }
    slot(index) = entry;
  }

  Due pop() {
    const Entry top = slot(0);
    const Entry last = slot(--size_);
    std::uint32_t index = 0;
    for (;;) {
      const std::uint32_t first = 4 * index + 1;
      if (first >= size_) break;
      std::uint32_t least = first;
      for (std::uint32_t child = first + 1; child < first + 4 && child < size_; ++child) {
        if (slot(child) < slot(least)) least = child;
      }
      if (!(slot(least) < last)) break;
      slot(index) = slot(least);
      index = least;
    }
    slot(index) = last;
    return {top.at, top.id};
  }

 private:
  struct Entry {
    std::int64_t at;
    std::uint32_t sequence;
    std::uint32_t id;
    bool operator<(const Entry& other) const {
      return at != other.at ? at < other.at : sequence < other.sequence;
    }
  };
  struct alignas(64) Line {
    std::array<Entry, 4> entries;
  };

  // The root stands at the end of the first line, so that siblings share theirs.
  Entry& slot(std::uint32_t index) { return lines_[(index + 3) / 4].entries[(index + 3) % 4]; }

  std::vector<Line> lines_;
  std::uint32_t size_ = 0;
  std::uint32_t sequence_ = 0;
};

// A timing wheel of eight levels with 256 slots, the lowest of one nanosecond. Each slot is a list
// in order of insertion.
class Wheel8x256 {
 public:
  explicit Wheel8x256(std::uint32_t capacity) : nodes_(capacity) {}

  void push(std::uint32_t id, std::int64_t at) {
    nodes_[id].at = at;
    place(id);
  }

  // Precondition: not empty.
  Due pop() {
    for (;;) {
      int level = 0;
      while (levels_[static_cast<std::size_t>(level)].empty()) ++level;
      Level& wheel = levels_[static_cast<std::size_t>(level)];
      const std::uint32_t slot = wheel.first();
      if (level == 0) {
        const std::uint32_t id = wheel.heads[slot];
        wheel.heads[slot] = nodes_[id].next;
        if (wheel.heads[slot] == none) wheel.clear(slot);
        now_ = nodes_[id].at;
        return {now_, id};
      }
      const int shift = level * 8;
      now_ = (now_ >> shift >> 8 << 8 | slot) << shift;
      std::uint32_t id = wheel.heads[slot];
      wheel.heads[slot] = none;
      wheel.clear(slot);
      while (id != none) {
        const std::uint32_t next = nodes_[id].next;
        place(id);
        id = next;
      }
    }
  }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  struct Node {
    std::int64_t at = 0;
    std::uint32_t next = none;
    std::uint32_t unused = 0;  // 16 bytes, as in the heap
  };
  // The slots before the clock's own are empty, so the first that is occupied is the earliest.
  struct Level {
    Level() { heads.fill(none); }
    [[nodiscard]] bool empty() const {
      return (occupied[0] | occupied[1] | occupied[2] | occupied[3]) == 0;
    }
    [[nodiscard]] std::uint32_t first() const {
      std::uint32_t word = 0;
      while (occupied[word] == 0) ++word;
      return word * 64 + static_cast<std::uint32_t>(std::countr_zero(occupied[word]));
    }
    void set(std::uint32_t slot) { occupied[slot / 64] |= std::uint64_t{1} << (slot % 64); }
    void clear(std::uint32_t slot) { occupied[slot / 64] &= ~(std::uint64_t{1} << (slot % 64)); }

    std::array<std::uint32_t, 256> heads;
    std::array<std::uint32_t, 256> tails{};
    std::array<std::uint64_t, 4> occupied{};
  };

  void place(std::uint32_t id) {
    Node& node = nodes_[id];
    node.next = none;
    const auto difference = static_cast<std::uint64_t>(node.at ^ now_);
    const int level = difference == 0 ? 0 : (63 - std::countl_zero(difference)) / 8;
    Level& wheel = levels_[static_cast<std::size_t>(level)];
    const std::uint32_t slot = static_cast<std::uint32_t>(node.at >> (level * 8)) & 255;
    if (wheel.heads[slot] == none) {
      wheel.heads[slot] = id;
      wheel.set(slot);
    } else {
      nodes_[wheel.tails[slot]].next = id;
    }
    wheel.tails[slot] = id;
  }

  std::vector<Node> nodes_;
  std::array<Level, 8> levels_;
  std::int64_t now_ = 0;
};

}  // namespace natsim::bench
