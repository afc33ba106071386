// FQ-CoDel (RFC 8290): flows take turns, each in a queue of its own under CoDel.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "sim/net/codel.h"
#include "sim/net/queue_discipline.h"

namespace natsim::net {

// A flow is a transport's two endpoints, hashed with a salt into one of so many queues. A flow that
// begins goes before those that have been sending (RFC 8290 §4.1, §4.2). Beyond the limits the
// queue with the most bytes loses its first packet (queue_overflow).
class FqCodelQueue : public QueueDiscipline {
 public:
  FqCodelQueue(const QueueOptions& options, const QueueLimits& limits, Random random, Drop drop);

  void enqueue(PacketPtr packet, Time now) override;
  PacketPtr dequeue(Time now) override;
  PacketPtr take() override;

 private:
  struct Flow {
    PacketFifo queue;
    Codel codel;
    std::int64_t deficit = 0;  // bytes that it may still send in its turn
    bool listed = false;       // among the new or the old flows
  };

  [[nodiscard]] std::uint32_t flow_of(const Packet& packet) const;
  [[nodiscard]] bool over_limit() const;
  void drop_from_fattest();
  PacketPtr taken(PacketPtr packet);

  QueueOptions options_;
  QueueLimits limits_;
  Drop drop_;
  std::uint64_t salt_;
  std::vector<Flow> flows_;
  std::deque<std::uint32_t> new_;  // flows that begin, in order
  std::deque<std::uint32_t> old_;  // those that have had a turn
  std::uint32_t packets_ = 0;      // of all flows
  std::uint64_t bytes_ = 0;
};

}  // namespace natsim::net
