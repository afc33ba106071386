#include "sim/net/codel.h"

#include <utility>

#include "stack/base/wide.h"

namespace natsim::net {
namespace {

using core::DropReason;

// A queue of less than one full packet is never dropped from (RFC 8289 §5.3: maxpacket).
constexpr std::uint64_t max_packet = 1500;

// The greatest integer whose square is at most `value`.
std::uint64_t square_root(std::uint64_t value) {
  std::uint64_t root = 0;
  for (std::uint64_t bit = 1ULL << 31; bit != 0; bit >>= 1) {
    const std::uint64_t tried = root | bit;
    if (tried * tried <= value) root = tried;
  }
  return root;
}

// The same of a quotient that needs more than 64 bits.
std::uint64_t square_root_of_quotient(std::uint64_t side, std::uint32_t divisor) {
  const WideUnsigned value = WideUnsigned{side} * side / divisor;
  if (value <= ~std::uint64_t{0}) return square_root(static_cast<std::uint64_t>(value));
  std::uint64_t root = 0;
  for (std::uint64_t bit = 1ULL << 40; bit != 0; bit >>= 1) {
    const std::uint64_t tried = root | bit;
    if (WideUnsigned{tried} * tried <= value) root = tried;
  }
  return root;
}

}  // namespace

Time codel_control_law(Time t, Duration interval, std::uint32_t count) {
  return t + Duration{static_cast<std::int64_t>(
                 square_root_of_quotient(static_cast<std::uint64_t>(interval.ns), count))};
}

Codel::Next Codel::take(PacketFifo& queue, const QueueOptions& options, Time now) {
  Next next{queue.pop()};
  if (next.packet == nullptr) {
    first_above_ = {};
  } else if (now - next.packet->due < options.target || queue.bytes() <= max_packet) {
    first_above_ = {};
  } else if (first_above_ == Time{}) {
    first_above_ = now + options.interval;
  } else {
    next.ok_to_drop = now >= first_above_;
  }
  return next;
}

PacketPtr Codel::dequeue(PacketFifo& queue, const QueueOptions& options, Time now,
                         const QueueDiscipline::Drop& drop) {
  Next next = take(queue, options, now);
  if (dropping_) {
    if (!next.ok_to_drop) dropping_ = false;
    while (dropping_ && now >= drop_next_) {
      drop(*next.packet, DropReason::queue_management);
      ++count_;
      next = take(queue, options, now);
      if (next.ok_to_drop) {
        drop_next_ = codel_control_law(drop_next_, options.interval, count_);
      } else {
        dropping_ = false;
      }
    }
  } else if (next.ok_to_drop) {
    drop(*next.packet, DropReason::queue_management);
    next = take(queue, options, now);
    dropping_ = true;
    // Dropping that ended a moment ago goes on where it was.
    const std::uint32_t delta = count_ - last_count_;
    const bool recently = delta > 1 && now - drop_next_ < options.interval * 16;
    count_ = recently ? delta : 1;
    drop_next_ = codel_control_law(now, options.interval, count_);
    last_count_ = count_;
  }
  return std::move(next.packet);
}

void CodelQueue::enqueue(PacketPtr packet, Time now) {
  if (queue_.packets() >= limits_.packets ||
      (limits_.bytes != 0 && queue_.bytes() + packet->size > limits_.bytes)) {
    return drop_(*packet, DropReason::queue_overflow);
  }
  packet->due = now;
  queue_.push(std::move(packet));
}

PacketPtr CodelQueue::dequeue(Time now) { return codel_.dequeue(queue_, options_, now, drop_); }

}  // namespace natsim::net
