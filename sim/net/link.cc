#include "sim/net/link.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/net/interface.h"
#include "sim/net/network.h"
#include "sim/net/node.h"
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

Link::Chance::Chance(const Link& link)
    : loss(link.world().random(link.name() + "/loss")),
      jitter(link.world().random(link.name() + "/jitter")) {}

Link::Link(Interface& from, Interface& to, const LinkOptions& options)
    : Object(from.world()),
      Actor(from.world().scheduler(), id()),
      from_(from),
      to_(to),
      arrival_(*this, core::EventClass::network) {
  set_options(options);
}

Link::~Link() {
  while (!next_arrival().is_never()) land_next();
}

std::string Link::name() const { return fmt::format("{}->{}", from_.name(), to_.name()); }

void Link::set_options(const LinkOptions& options) {
  // What has begun to be serialised ends when it would have, to the fraction.
  if (options_.rate != 0) {
    __extension__ using Wide = unsigned __int128;
    busy_fraction_ =
        static_cast<std::uint64_t>(Wide{busy_fraction_} * options.rate / options_.rate);
  }
  // Routes are chosen by the delays between forwardings.
  if (options.one_way_delay != options_.one_way_delay && from_.forwarding() != nullptr &&
      to_.forwarding() != nullptr) {
    from_.node().network().topology_changed();
  }
  options_ = options;
  const bool chance = options.loss > 0 || options.jitter.ns != 0 || options.reorder;
  if (chance && chance_ == nullptr) chance_ = std::make_unique<Chance>(*this);
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
  packet->lost = options_.loss > 0 && chance_->loss.chance(options_.loss);
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
      options_.one_way_delay + chance_->jitter.between(-options_.jitter, options_.jitter);
  return std::max(delay, Duration{});
}

void Link::launch(PacketPtr packet) {
  if (options_.reorder) {
    auto& loose = chance_->loose;
    const Time due = packet->due;
    loose.push_back({due, chance_->loose_sequence++, packet.release()});
    std::push_heap(loose.begin(), loose.end());
    if (!arrival_.armed() || due < arrival_.deadline()) arrival_.arm(due);
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
  if (chance_ == nullptr || chance_->loose.empty()) return ordered;
  return std::min(ordered, chance_->loose.front().due);
}

PacketPtr Link::land_next() {
  if (head_ != nullptr && head_->due == next_arrival()) {
    Packet* const packet = head_;
    head_ = std::exchange(packet->next, nullptr);
    return PacketPtr(packet);
  }
  auto& loose = chance_->loose;
  std::pop_heap(loose.begin(), loose.end());
  Packet* const packet = loose.back().packet;
  loose.pop_back();
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
