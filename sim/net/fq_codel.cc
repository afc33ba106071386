#include "sim/net/fq_codel.h"

#include <algorithm>
#include <utility>

namespace natsim::net {

using core::DropReason;

FqCodelQueue::FqCodelQueue(const QueueOptions& options, const QueueLimits& limits, Random random,
                           Drop drop)
    : options_(options), limits_(limits), salt_(random.next()), flows_(options.flows) {
  // CoDel's drops leave a flow's queue without passing through here.
  drop_ = [this, drop = std::move(drop)](const Packet& packet, DropReason reason) {
    --packets_;
    bytes_ -= packet.size;
    drop(packet, reason);
  };
}

std::uint32_t FqCodelQueue::flow_of(const Packet& packet) const {
  std::uint64_t hash = salt_;
  const auto mix = [&hash](std::uint64_t word) {
    hash = (hash ^ word) * 0x9e37'79b9'7f4a'7c15ULL;
    hash ^= hash >> 32;
  };
  for (const Endpoint* end : {&packet.source, &packet.destination}) {
    mix(end->address.high());
    mix(end->address.low());
    mix(end->port);
  }
  mix(static_cast<std::uint64_t>(packet.protocol));
  return static_cast<std::uint32_t>(hash % flows_.size());
}

bool FqCodelQueue::over_limit() const {
  return packets_ > limits_.packets || (limits_.bytes != 0 && bytes_ > limits_.bytes);
}

void FqCodelQueue::enqueue(PacketPtr packet, Time now) {
  const std::uint32_t index = flow_of(*packet);
  Flow& flow = flows_[index];
  ++packets_;
  bytes_ += packet->size;
  packet->due = now;
  flow.queue.push(std::move(packet));
  if (!flow.listed) {
    flow.listed = true;
    flow.deficit = options_.quantum;
    new_.push_back(index);
  }
  while (over_limit()) drop_from_fattest();
}

void FqCodelQueue::drop_from_fattest() {
  const auto fattest = std::max_element(
      flows_.begin(), flows_.end(),
      [](const Flow& a, const Flow& b) { return a.queue.bytes() < b.queue.bytes(); });
  const PacketPtr packet = fattest->queue.pop();
  drop_(*packet, DropReason::queue_overflow);
}

PacketPtr FqCodelQueue::taken(PacketPtr packet) {
  --packets_;
  bytes_ -= packet->size;
  return packet;
}

PacketPtr FqCodelQueue::dequeue(Time now) {
  for (;;) {
    const bool is_new = !new_.empty();
    std::deque<std::uint32_t>& list = is_new ? new_ : old_;
    if (list.empty()) return nullptr;
    const std::uint32_t index = list.front();
    Flow& flow = flows_[index];
    if (flow.deficit <= 0) {
      flow.deficit += options_.quantum;
      list.pop_front();
      old_.push_back(index);
      continue;
    }
    PacketPtr packet = flow.codel.dequeue(flow.queue, options_, now, drop_);
    if (packet != nullptr) {
      flow.deficit -= packet->size;
      return taken(std::move(packet));
    }
    // A new flow that has run dry waits a turn among the old ones, so that it cannot stay new by
    // sending a packet at a time (RFC 8290 §4.2).
    list.pop_front();
    if (is_new && !old_.empty()) {
      old_.push_back(index);
    } else {
      flow.listed = false;
    }
  }
}

PacketPtr FqCodelQueue::take() {
  for (Flow& flow : flows_) {
    if (PacketPtr packet = flow.queue.pop()) return taken(std::move(packet));
  }
  return nullptr;
}

std::unique_ptr<QueueDiscipline> make_queue(const QueueOptions& options, const QueueLimits& limits,
                                            Random random, QueueDiscipline::Drop drop) {
  if (options.kind == QueueKind::fq_codel) {
    return std::make_unique<FqCodelQueue>(options, limits, random, std::move(drop));
  }
  return std::make_unique<CodelQueue>(options, limits, std::move(drop));
}

}  // namespace natsim::net
