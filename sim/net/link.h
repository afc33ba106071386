// One direction of a link: queue, serialisation, delay, loss.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/core/scheduler.h"
#include "sim/core/world.h"
#include "sim/net/link_options.h"
#include "sim/net/packet.h"
#include "stack/base/random.h"
#include "stack/base/time.h"

namespace natsim::net {

class Interface;

// What a direction has done since the world began.
struct LinkCounters {
  std::uint64_t sent = 0;  // packets offered
  std::uint64_t delivered = 0;
  std::uint64_t lost = 0;        // singly or in bursts
  std::uint64_t overflowed = 0;  // dropped by the queue, full or managed
  std::uint64_t duplicated = 0;  // copies made
  std::uint64_t corrupted = 0;
  std::uint64_t reordered = 0;  // held back for others to overtake
};

// What becomes of the packets in flight, those that wait in the queue included, when a link goes
// down.
enum class InFlight : std::uint8_t {
  deliver,  // they arrive as if nothing had happened
  drop,     // they die at once (link_down)
  hold,     // they stop where they are, and go on when the link is up again
};

// One direction of a link. A packet passes, in this order:
//   1. MTU: a larger packet is dropped (too_big);
//   2. queue: beyond queue_packets or queue_bytes it is dropped (queue_overflow), or by the queue's
//      management (queue_management);
//   3. serialisation at the rate, after the packets before it, exact to the fraction of a
//      nanosecond;
//   4. one-way delay with jitter, reordering, corruption, duplication;
//   5. loss, at the moment of arrival (random_loss, burst_loss); a lost packet leaves no copy.
// Of a drop-tail queue the length and serialisation follow from when the link is busy until, so
// that a crossing is one event; a managed queue has one more, at each departure. Changed options
// apply to packets sent afterwards, those of the queue also to what waits there.
class Link : public core::Object, private core::Actor {
 public:
  Link(Interface& from, Interface& to, const LinkOptions& options);
  ~Link() override;

  [[nodiscard]] std::string name() const override;  // "<from>-><to>"
  void send(PacketPtr packet);

  [[nodiscard]] const LinkOptions& options() const { return options_; }
  void set_options(const LinkOptions& options);
  // While a link is down, packets that are sent into it are dropped (link_down). `in_flight` is
  // without effect when it goes up, or is down already.
  void set_up(bool up, InFlight in_flight = InFlight::deliver);
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
    void clear() {
      count_ = 0;
      bytes_ = 0;
    }
    // Lets all leave so much later.
    void shift(Duration pause);
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
  // What only links with faults need; made when first asked for.
  struct Faults;
  Faults& faults();

  void on_timer(core::Timer& timer) override;
  void use_queue();
  Time serialise(std::uint16_t size, Time now);
  Time serialise_by_plan(std::uint16_t size, Time now);
  void wait(PacketPtr packet, Time now);
  void serve(Time now);
  void depart(PacketPtr packet, Time departs);
  void depart_with_faults(PacketPtr packet);
  void launch(PacketPtr packet, bool free);
  PacketPtr land_next();
  [[nodiscard]] Time next_arrival() const;
  void hold(Time now);
  void go_on(Duration pause);
  void drop_all_in_flight();
  void drop(const Packet& packet, core::DropReason reason);

  Interface& from_;
  Interface& to_;
  // What each packet looks at comes first, to lie in few cache lines.
  core::Timer arrival_;     // armed for the earliest packet in flight
  Packet* head_ = nullptr;  // in flight and in order: a list through Packet::next
  Packet* tail_ = nullptr;  // its last; meaningless if there is no head
  Time last_due_;           // of the latest packet in order; the next is not due earlier
  LinkOptions options_;
  std::unique_ptr<Chance> chance_;  // null until the options ask for chance
  bool up_ = true;
  bool limited_ = false;  // whether serialisation takes time
  bool managed_ = false;  // whether the queue is one that manages itself
  LinkCounters counters_;
  std::unique_ptr<Faults> faults_;   // null until the options ask for faults
  Time busy_until_;                  // whole nanoseconds, rounded down
  std::uint64_t busy_fraction_ = 0;  // and this many nanoseconds/rate more
  Backlog backlog_;
};

}  // namespace natsim::net
