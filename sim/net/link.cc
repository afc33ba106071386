#include "sim/net/link.h"

#include <algorithm>
#include <utility>

#include "sim/net/interface.h"
#include "sim/net/trace.h"

namespace natsim::net {

using core::DropReason;

void Link::Backlog::push(Time departs, std::uint16_t size) {
  if (count_ == ring_.size()) {
    std::rotate(ring_.begin(), ring_.begin() + first_, ring_.end());
    first_ = 0;
    ring_.resize(std::max<std::size_t>(16, ring_.size() * 2));
  }
  ring_[(first_ + count_) & (ring_.size() - 1)] = {departs, size};
  ++count_;
  bytes_ += size;
}

void Link::Backlog::drain(Time now) {
  while (count_ > 0 && ring_[first_].departs <= now) {
    bytes_ -= ring_[first_].size;
    first_ = (first_ + 1) & static_cast<std::uint32_t>(ring_.size() - 1);
    --count_;
  }
}

Link::Link(core::World& world, std::string name, Interface& from, Interface& to,
           const LinkOptions& options)
    : Object(world, std::move(name)),
      Actor(world.scheduler(), id()),
      from_(from),
      to_(to),
      options_(options),
      loss_random_(world.random(this->name() + "/loss")),
      jitter_random_(world.random(this->name() + "/jitter")),
      arrival_(*this, core::EventClass::network) {}

Link::~Link() {
  while (head_ != nullptr || !loose_.empty()) land_next();
}

void Link::send(PacketPtr packet) {
  ++counters_.sent;
  const Time now = world().now();
  if (!up_) return drop(*packet, DropReason::link_down);
  if (packet->size > options_.mtu) return drop(*packet, DropReason::too_big);
  Time departs = now;
  if (options_.rate != 0) {
    backlog_.drain(now);
    if (backlog_.packets() >= options_.queue_packets ||
        (options_.queue_bytes != 0 && backlog_.bytes() + packet->size > options_.queue_bytes)) {
      ++counters_.overflowed;
      return drop(*packet, DropReason::queue_overflow);
    }
    departs = serialise(packet->size, now);
    backlog_.push(departs, packet->size);
  }
  packet->lost = options_.loss > 0 && loss_random_.chance(options_.loss);
  packet->due = departs + draw_delay();
  launch(std::move(packet));
}

Time Link::serialise(std::uint16_t size, Time now) {
  if (busy_until_ < now) {
    busy_until_ = now;
    busy_fraction_ = 0;
  }
  const std::uint64_t bit_nanoseconds = std::uint64_t{size} * 8 * 1'000'000'000 + busy_fraction_;
  busy_until_ += Duration{static_cast<std::int64_t>(bit_nanoseconds / options_.rate)};
  busy_fraction_ = bit_nanoseconds % options_.rate;
  return busy_until_;
}

Duration Link::draw_delay() {
  if (options_.jitter.ns == 0) return options_.one_way_delay;
  const Duration delay =
      options_.one_way_delay + jitter_random_.between(-options_.jitter, options_.jitter);
  return std::max(delay, Duration{});
}

void Link::launch(PacketPtr packet) {
  if (options_.reorder) {
    loose_.push_back({packet->due, loose_sequence_++, packet.get()});
    packet.release();
    std::push_heap(loose_.begin(), loose_.end());
    if (!arrival_.armed() || loose_.front().due < arrival_.deadline())
      arrival_.arm(loose_.front().due);
    return;
  }
  Packet* const last = packet.release();
  last->due = last_due_ = std::max(last->due, last_due_);
  if (head_ == nullptr) {
    head_ = tail_ = last;
    if (!arrival_.armed() || last->due < arrival_.deadline()) arrival_.arm(last->due);
  } else {
    tail_->next = last;
    tail_ = last;
  }
}

Time Link::next_arrival() const {
  const Time ordered = head_ != nullptr ? head_->due : Time::never();
  return loose_.empty() ? ordered : std::min(ordered, loose_.front().due);
}

PacketPtr Link::land_next() {
  if (loose_.empty() || (head_ != nullptr && head_->due <= loose_.front().due)) {
    Packet* const packet = head_;
    head_ = std::exchange(packet->next, nullptr);
    return PacketPtr(packet);
  }
  std::pop_heap(loose_.begin(), loose_.end());
  Packet* const packet = loose_.back().packet;
  loose_.pop_back();
  return PacketPtr(packet);
}

void Link::on_timer(core::Timer& /*timer*/) {
  PacketPtr packet = land_next();
  // Armed again before the packet is handed on, because whoever takes it may send here.
  arrival_.arm(next_arrival());
  if (packet->lost) {
    ++counters_.lost;
    return drop(*packet, DropReason::random_loss);
  }
  ++counters_.delivered;
  to_.arrive(std::move(packet));
}

void Link::drop(const Packet& packet, DropReason reason) {
  trace_drop(world(), id(), packet, reason);
}

}  // namespace natsim::net
