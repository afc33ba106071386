// Which packets wait before a link, and which goes next.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "sim/core/drop_reason.h"
#include "sim/net/packet.h"
#include "stack/base/random.h"
#include "stack/base/time.h"

namespace natsim::net {

enum class QueueKind : std::uint8_t {
  drop_tail,  // first in, first out; what finds the queue full is dropped
  codel,      // RFC 8289
  fq_codel,   // RFC 8290
};

struct QueueOptions {
  QueueKind kind = QueueKind::drop_tail;
  // Of CoDel: the standing delay that is acceptable, and the time in which it has to be undercut,
  // about a round trip; target is less than interval, and both are greater than zero.
  Duration target = milliseconds(5);
  Duration interval = milliseconds(100);
  // Of FQ-CoDel: the queues among which flows are hashed, and the bytes that each may send in turn;
  // both greater than zero.
  std::uint32_t flows = 1024;
  std::uint32_t quantum = 1514;

  bool operator==(const QueueOptions&) const = default;
};

// A queue that manages itself. Contract:
// 1. What it drops, on either call, it hands to the function that it was made with.
// 2. Packet::due is the queue's while a packet waits: when it came.
class QueueDiscipline {
 public:
  using Drop = std::function<void(const Packet& packet, core::DropReason reason)>;

  virtual ~QueueDiscipline() = default;
  virtual void enqueue(PacketPtr packet, Time now) = 0;
  // The packet that goes next; null if none waits.
  virtual PacketPtr dequeue(Time now) = 0;
  // Any waiting packet, for a queue that is to be emptied; null if none waits.
  virtual PacketPtr take() = 0;
};

// What a queue holds at most.
struct QueueLimits {
  std::uint32_t packets;
  std::uint64_t bytes;  // 0: only `packets` limits
};

// A queue of a kind but drop_tail. `random` salts FQ-CoDel's hash.
std::unique_ptr<QueueDiscipline> make_queue(const QueueOptions& options, const QueueLimits& limits,
                                            Random random, QueueDiscipline::Drop drop);

}  // namespace natsim::net
