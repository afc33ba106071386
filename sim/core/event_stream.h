// The one way that events leave a world, and the digest of all that happened.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "sim/core/event.h"
#include "stack/base/wide.h"

namespace natsim::core {

// Contract:
// 1. Every event is folded into the digest whether or not anybody listens; two runs with the same
//    digest did the same things at the same times in the same order.
// 2. Listeners are called in the order in which they were added, for each event, and may be added
//    or removed between events only.
// 3. With no listener an event costs its folding and one branch. Callers build what only a
//    listener reads (texts, views) after asking `listened()`, and notes of packets that live on
//    after asking `notes_read()`.
class EventStream {
 public:
  // The listener must outlive the stream or be removed first.
  void add_listener(EventListener& listener);
  void remove_listener(EventListener& listener);
  [[nodiscard]] bool listened() const { return !listeners_.empty(); }
  [[nodiscard]] bool notes_read() const { return readers_of_notes_ > 0; }

  // Folds a packet's step and counts it. `content` stands for the packet's bytes.
  void fold_packet(Time at, PacketStep step, DropReason reason, ObjectId where, PacketId packet,
                   std::uint64_t content) {
    fold(static_cast<std::uint64_t>(at.ns) ^ packet * 0x9e3779b97f4a7c15ULL);
    fold(content ^ (std::uint64_t{where} << 16 | static_cast<std::uint64_t>(step) << 8 |
                    static_cast<std::uint64_t>(reason)) *
                       0xd6e8feb86659fd93ULL);
    ++count_;
  }
  void tell_packet(const PacketEvent& event);
  void emit(const MappingEvent& event);
  void emit(Time at, ObjectId agent, std::string_view kind, std::initializer_list<Field> fields);

  void count_drop(DropReason reason) { ++drops_[static_cast<std::size_t>(reason)]; }
  [[nodiscard]] std::uint64_t drops(DropReason reason) const {
    return drops_[static_cast<std::size_t>(reason)];
  }

  [[nodiscard]] std::uint64_t digest() const { return digest_; }
  // Events folded so far.
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  // One step of a multiply-mix hash (after wyhash, public domain): any changed bit of any word, or
  // of their order, changes the result.
  void fold(std::uint64_t word) {
    const WideUnsigned product =
        static_cast<WideUnsigned>(digest_ ^ word) * (0xa0761d6478bd642fULL ^ (digest_ >> 32 | 1));
    digest_ = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    digest_ += word;
  }
  void fold(std::string_view text);
  void fold(const Endpoint& endpoint);

  std::vector<EventListener*> listeners_;
  std::size_t readers_of_notes_ = 0;              // of the listeners
  std::uint64_t digest_ = 0xe7037ed1a0b428dbULL;  // an arbitrary start that is not zero
  std::uint64_t count_ = 0;
  std::array<std::uint64_t, drop_reason_count> drops_{};
};

}  // namespace natsim::core
