#include "sim/net/link.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/net/interface.h"
#include "sim/net/jitter.h"
#include "sim/net/link_faults.h"
#include "sim/net/network.h"
#include "sim/net/node.h"
#include "sim/net/rewrite.h"
#include "sim/net/trace.h"
#include "stack/base/wide.h"

namespace natsim::net {

using core::DropReason;
using core::PacketStep;

namespace {

QueueOptions queue_of(const LinkOptions& options) {
  return options.faults && options.limited() ? options.faults->queue : QueueOptions{};
}

bool same_plan(const LinkOptions& a, const LinkOptions& b) {
  if (!a.faults || !b.faults) return !a.faults && !b.faults;
  return a.faults->plan == b.faults->plan;
}

}  // namespace

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

void Link::Backlog::shift(Duration pause) {
  for (Entry& entry : ring_) entry.departs += pause;
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

Link::Faults& Link::faults() {
  if (faults_ == nullptr) faults_ = std::make_unique<Faults>(*this);
  if (chance_ == nullptr) chance_ = std::make_unique<Chance>(*this);
  return *faults_;
}

void Link::set_options(const LinkOptions& options) {
  // What has begun to be serialised ends when it would have, to the fraction.
  if (options_.rate != 0) {
    busy_fraction_ =
        static_cast<std::uint64_t>(WideUnsigned{busy_fraction_} * options.rate / options_.rate);
  } else if (options.rate != 0 || !same_plan(options, options_)) {
    busy_fraction_ = 0;
  }
  // Routes are chosen by the delays between forwardings.
  if (options.one_way_delay != options_.one_way_delay && from_.forwarding() != nullptr &&
      to_.forwarding() != nullptr) {
    from_.node().network().topology_changed();
  }
  const bool plan_stays = same_plan(options, options_);
  const bool queue_stays = queue_of(options) == queue_of(options_) &&
                           options.queue_packets == options_.queue_packets &&
                           options.queue_bytes == options_.queue_bytes;
  options_ = options;
  limited_ = options.limited();
  const bool chance = options.loss > 0 || options.jitter.ns != 0 || options.reorder;
  if (chance && chance_ == nullptr) chance_ = std::make_unique<Chance>(*this);
  if (options.faults && !plan_stays) {
    faults().plan_start = world().now();
    faults().cursor = DeliveryCursor(world().now());
  }
  if (options.faults) faults();
  if (!queue_stays) use_queue();
}

void Link::use_queue() {
  const QueueOptions wanted = queue_of(options_);
  const bool managed = wanted.kind != QueueKind::drop_tail;
  if (!managed && !managed_) return;
  std::vector<PacketPtr> waiting;
  if (managed_) {
    while (PacketPtr packet = faults_->queue->take()) waiting.push_back(std::move(packet));
  }
  managed_ = managed;
  const Time now = world().now();
  if (managed) {
    faults().queue =
        make_queue(wanted, {options_.queue_packets, options_.queue_bytes},
                   world().random(name() + "/queue"), [this](const Packet& packet, DropReason why) {
                     ++counters_.overflowed;
                     drop(packet, why);
                   });
    // What a drop-tail queue has sent on its way is served first.
    if (faults_->in_service == nullptr && busy_until_ > now) faults_->departure.arm(busy_until_);
    for (PacketPtr& packet : waiting) wait(std::move(packet), now);
    return;
  }
  faults_->queue.reset();
  faults_->departure.cancel();
  if (faults_->in_service != nullptr) {
    backlog_.push(busy_until_, faults_->in_service->size);
    depart(std::move(faults_->in_service), busy_until_);
  }
  for (PacketPtr& packet : waiting) {
    const Time departs = limited_ ? serialise(packet->size, now) : now;
    if (limited_) backlog_.push(departs, packet->size);
    depart(std::move(packet), departs);
  }
  if (!faults_->held_since.is_never()) arrival_.cancel();
}

void Link::send(PacketPtr packet) {
  ++counters_.sent;
  const Time now = world().now();
  if (!up_) return drop(*packet, DropReason::link_down);
  if (packet->size > options_.mtu) return drop(*packet, DropReason::too_big);
  Time departs = now;
  if (limited_) {
    if (managed_) [[unlikely]] {
      return wait(std::move(packet), now);
    }
    backlog_.drain(now);
    if (backlog_.packets() >= options_.queue_packets ||
        (options_.queue_bytes != 0 && backlog_.bytes() + packet->size > options_.queue_bytes)) {
      ++counters_.overflowed;
      return drop(*packet, DropReason::queue_overflow);
    }
    departs = serialise(packet->size, now);
    backlog_.push(departs, packet->size);
  }
  depart(std::move(packet), departs);
}

Time Link::serialise(std::uint16_t size, Time now) {
  if (busy_until_ < now) {
    busy_until_ = now;
    busy_fraction_ = 0;
  }
  if (options_.rate == 0) [[unlikely]] {
    return serialise_by_plan(size, now);
  }
  const std::uint64_t bit_nanoseconds = std::uint64_t{size} * 8 * 1'000'000'000 + busy_fraction_;
  busy_until_ += Duration{static_cast<std::int64_t>(bit_nanoseconds / options_.rate)};
  busy_fraction_ = bit_nanoseconds % options_.rate;
  return busy_until_;
}

Time Link::serialise_by_plan(std::uint16_t size, Time now) {
  const auto& plan = options_.faults->plan;
  if (const auto* const schedule = std::get_if<RateSchedule>(&plan)) {
    net::serialise(*schedule, faults_->plan_start, std::uint64_t{size} * 8, busy_until_,
                   busy_fraction_);
  } else {
    busy_until_ = faults_->cursor.serialise(std::get<DeliveryTrace>(plan), size, now);
  }
  return busy_until_;
}

void Link::wait(PacketPtr packet, Time now) {
  faults_->queue->enqueue(std::move(packet), now);
  if (!faults_->departure.armed()) serve(now);
}

void Link::serve(Time now) {
  if (!managed_ || !faults_->held_since.is_never()) return;
  PacketPtr next = faults_->queue->dequeue(now);
  if (next == nullptr) return;
  faults_->departure.arm(serialise(next->size, now));
  faults_->in_service = std::move(next);
}

void Link::depart(PacketPtr packet, Time departs) {
  if (options_.loss > 0 && chance_->loss.chance(options_.loss)) {
    packet->fate = DropReason::random_loss;
  }
  packet->due = departs + (options_.jitter.ns == 0 && !options_.faults
                               ? options_.one_way_delay
                               : draw_delay(options_, chance_->jitter));
  if (options_.faults) [[unlikely]] {
    return depart_with_faults(std::move(packet));
  }
  launch(std::move(packet), options_.reorder);
}

void Link::depart_with_faults(PacketPtr packet) {
  const LinkFaults& asked = *options_.faults;
  bool free = options_.reorder;
  if (asked.burst_loss.loses() && faults_->burst.loses_next(asked.burst_loss)) {
    packet->fate = DropReason::burst_loss;
  }
  if (asked.reordered > 0 && faults_->reorder.chance(asked.reordered)) {
    free = true;
    packet->due += asked.reordered_by;
    ++counters_.reordered;
    trace_step(world(), PacketStep::impaired, id(), *packet, [&asked] {
      return fmt::format("held back by {}, for others to overtake", to_string(asked.reordered_by));
    });
  }
  if (asked.corrupt > 0 && faults_->corrupt.chance(asked.corrupt)) {
    const auto bit =
        static_cast<std::uint32_t>(faults_->corrupt.below(packet->transport().size() * 8));
    flip_bit(*packet, bit);
    ++counters_.corrupted;
    trace_step(world(), PacketStep::impaired, id(), *packet,
               [bit] { return fmt::format("bit {} behind the IP header flipped", bit); });
  }
  PacketPtr copy;
  if (asked.duplicate > 0 && faults_->duplicate.chance(asked.duplicate) &&
      packet->fate == DropReason::none) {
    copy = from_.node().network().duplicate(*packet, id());
    copy->due = packet->due;
    ++counters_.duplicated;
  }
  launch(std::move(packet), free);
  if (copy != nullptr) launch(std::move(copy), free);
}

void Link::launch(PacketPtr packet, bool free) {
  if (free) {
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

void Link::on_timer(core::Timer& timer) {
  if (&timer != &arrival_) [[unlikely]] {
    if (faults_->in_service != nullptr) depart(std::move(faults_->in_service), world().now());
    return serve(world().now());
  }
  PacketPtr packet = land_next();
  // Armed again before the packet is handed on, because whoever takes it may send here.
  arrival_.arm(next_arrival());
  if (packet->fate != DropReason::none) {
    ++counters_.lost;
    return drop(*packet, packet->fate);
  }
  ++counters_.delivered;
  to_.arrive(std::move(packet));
}

void Link::set_up(bool up, InFlight in_flight) {
  if (up == up_) return;
  up_ = up;
  const Time now = world().now();
  if (!up) {
    if (in_flight == InFlight::drop) drop_all_in_flight();
    if (in_flight == InFlight::hold) hold(now);
  } else if (faults_ != nullptr && !faults_->held_since.is_never()) {
    go_on(now - std::exchange(faults_->held_since, Time::never()));
  }
}

void Link::drop_all_in_flight() {
  while (!next_arrival().is_never()) drop(*land_next(), DropReason::link_down);
  arrival_.cancel();
  backlog_.clear();
  busy_until_ = std::min(busy_until_, world().now());
  last_due_ = {};
  if (faults_ == nullptr) return;
  faults_->departure.cancel();
  if (const PacketPtr served = std::move(faults_->in_service)) {
    drop(*served, DropReason::link_down);
  }
  while (managed_) {
    const PacketPtr waiting = faults_->queue->take();
    if (waiting == nullptr) break;
    drop(*waiting, DropReason::link_down);
  }
}

void Link::hold(Time now) {
  faults().held_since = now;
  arrival_.cancel();
  faults_->departure.cancel();
}

void Link::go_on(Duration pause) {
  for (Packet* packet = head_; packet != nullptr; packet = packet->next) packet->due += pause;
  for (Loose& loose : chance_->loose) loose.due = loose.packet->due += pause;
  last_due_ += pause;
  busy_until_ += pause;
  backlog_.shift(pause);
  arrival_.arm(next_arrival());
  if (faults_->in_service != nullptr) {
    faults_->departure.arm(busy_until_);
  } else {
    serve(world().now());
  }
}

void Link::drop(const Packet& packet, DropReason reason) {
  trace_drop(world(), id(), packet, reason);
}

}  // namespace natsim::net
