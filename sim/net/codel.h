// CoDel, controlled delay (RFC 8289): a queue that drops by how long packets have waited.
#pragma once

#include <cstdint>

#include "sim/net/packet_fifo.h"
#include "sim/net/queue_discipline.h"

namespace natsim::net {

// The instant of the next drop: `interval` divided by the square root of `count` later, rounded
// down to the nanosecond (RFC 8289 §3.3). Preconditions: count > 0; 0 <= interval < 1000 s.
Time codel_control_law(Time t, Duration interval, std::uint32_t count);

// The state of one queue (RFC 8289 §5.3). The queue itself is the caller's.
class Codel {
 public:
  // The next packet of `queue` that is not dropped; null if none is left.
  PacketPtr dequeue(PacketFifo& queue, const QueueOptions& options, Time now,
                    const QueueDiscipline::Drop& drop);

 private:
  // The pseudo-code's dodequeue.
  struct Next {
    PacketPtr packet;
    bool ok_to_drop = false;
  };
  Next take(PacketFifo& queue, const QueueOptions& options, Time now);

  Time first_above_;         // when to begin dropping; 0: the delay is below the target
  Time drop_next_;           // the next drop
  std::uint32_t count_ = 0;  // drops since dropping began
  std::uint32_t last_count_ = 0;
  bool dropping_ = false;
};

// One queue under CoDel. What finds it full is dropped (queue_overflow).
class CodelQueue : public QueueDiscipline {
 public:
  CodelQueue(const QueueOptions& options, const QueueLimits& limits, Drop drop)
      : options_(options), limits_(limits), drop_(std::move(drop)) {}

  void enqueue(PacketPtr packet, Time now) override;
  PacketPtr dequeue(Time now) override;
  PacketPtr take() override { return queue_.pop(); }

 private:
  QueueOptions options_;
  QueueLimits limits_;
  Drop drop_;
  PacketFifo queue_;
  Codel codel_;
};

}  // namespace natsim::net
