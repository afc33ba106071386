// One direction of a link: queue, serialisation, delay, loss.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/core/scheduler.h"
#include "sim/core/world.h"
#include "sim/net/packet.h"
#include "stack/base/random.h"
#include "stack/base/time.h"

namespace natsim::net {

class Interface;

// How one direction of a link treats packets.
struct LinkOptions {
  // Bits per second of IP datagrams; 0 is unlimited: no serialisation time and no queue.
  std::uint64_t rate = 0;
  // Propagation from the end of serialisation to arrival; not negative.
  Duration one_way_delay;
  // Each packet's delay is drawn uniformly from one_way_delay ± jitter, but is never negative.
  Duration jitter;
  // Whether a packet with a short delay may overtake one with a long delay; otherwise it arrives
  // right behind it.
  bool reorder = false;
  // The probability that a packet is lost, each on its own; 0 to 1.
  double loss = 0;
  // What may wait or be in serialisation at once; a packet beyond either limit is dropped. Without
  // a rate there is no queue.
  std::uint32_t queue_packets = 1000;
  std::uint64_t queue_bytes = 0;  // 0: only queue_packets limits
  // The largest IP datagram in bytes; at least 576.
  std::uint16_t mtu = 1500;
  // Routers drop what is too large for the link and tell nobody: a path-MTU black hole (RFC 2923
  // §2.1).
  bool mtu_black_hole = false;
};

// What a direction has done since the world began.
struct LinkCounters {
  std::uint64_t sent = 0;  // packets offered
  std::uint64_t delivered = 0;
  std::uint64_t lost = 0;
  std::uint64_t overflowed = 0;  // found the queue full
};

// One direction of a link. A packet passes, in this order:
//   1. MTU: a larger packet is dropped (too_big);
//   2. queue: beyond queue_packets or queue_bytes it is dropped (queue_overflow);
//   3. serialisation at `rate`, after the packets before it, exact to the fraction of a nanosecond;
//   4. one-way delay with jitter;
//   5. loss, at the moment of arrival (random_loss).
// Queue length and serialisation follow from when the link is busy until, so that a crossing is one
// event. Changed options apply to packets sent afterwards.
class Link : public core::Object, private core::Actor {
 public:
  Link(Interface& from, Interface& to, const LinkOptions& options);
  ~Link() override;

  [[nodiscard]] std::string name() const override;  // "<from>-><to>"
  void send(PacketPtr packet);

  [[nodiscard]] const LinkOptions& options() const { return options_; }
  void set_options(const LinkOptions& options);
  // While a link is down, packets that are sent into it are dropped; those in flight arrive.
  void set_up(bool up) { up_ = up; }
  [[nodiscard]] bool up() const { return up_; }
  [[nodiscard]] const LinkCounters& counters() const { return counters_; }
  [[nodiscard]] Interface& from() const { return from_; }
  [[nodiscard]] Interface& to() const { return to_; }

 private:
  // Packets that were sent but whose serialisation has not ended, oldest first: a ring.
  class Backlog {
   public:
    void push(Time departs, std::uint16_t size);
    // Forgets those that have left by `now`.
    void drain(Time now);
    [[nodiscard]] std::uint32_t packets() const { return count_; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

   private:
    struct Entry {
      Time departs;
      std::uint16_t size;
    };
    std::vector<Entry> ring_;  // its size is a power of two, or zero
    std::uint32_t first_ = 0;  // index of the oldest
    std::uint32_t count_ = 0;
    std::uint64_t bytes_ = 0;  // sum of the sizes
  };

  // A packet that may be overtaken, in a heap by (due, sequence).
  struct Loose {
    Time due;
    std::uint64_t sequence;
    Packet* packet;
    bool operator<(const Loose& other) const {  // std::push_heap keeps the greatest first
      return due != other.due ? due > other.due : sequence > other.sequence;
    }
  };

  // What only links with chance in them need; made when first asked for.
  struct Chance {
    explicit Chance(const Link& link);
    Random loss;
    Random jitter;
    std::vector<Loose> loose;  // in flight and free to overtake: a heap
    std::uint64_t loose_sequence = 0;
  };

  void on_timer(core::Timer& timer) override;
  Time serialise(std::uint16_t size, Time now);
  Duration draw_delay();
  void launch(PacketPtr packet);
  PacketPtr land_next();
  [[nodiscard]] Time next_arrival() const;
  void drop(const Packet& packet, core::DropReason reason);

  Interface& from_;
  Interface& to_;
  LinkOptions options_;
  bool up_ = true;
  std::unique_ptr<Chance> chance_;   // null while the options ask for no chance
  Time busy_until_;                  // whole nanoseconds, rounded down
  std::uint64_t busy_fraction_ = 0;  // and this many nanoseconds/rate more
  Time last_due_;                    // of the latest packet in order; the next is not due earlier
  Packet* head_ = nullptr;           // in flight and in order: a list through Packet::next
  Packet* tail_ = nullptr;           // its last; meaningless if there is no head
  Backlog backlog_;
  LinkCounters counters_;
  core::Timer arrival_;  // armed for the earliest packet in flight
};

}  // namespace natsim::net
