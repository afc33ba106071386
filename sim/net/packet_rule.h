// Rules at an interface: what a scenario does to packets that it chooses.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sim/core/scheduler.h"
#include "sim/net/packet.h"
#include "stack/base/time.h"

namespace natsim::net {

class Interface;

enum class Direction : std::uint8_t { out, in };  // as seen from the interface's node

// What a rule wants done with a packet; by default nothing.
struct RuleVerdict {
  core::DropReason drop = core::DropReason::none;  // unless `none`, what the packet dies of
  bool hold = false;                               // it waits until the rule's handle lets it go
  Duration delay;                                  // it goes on so much later; not negative
  std::uint32_t copies = 0;                        // so many copies go on right behind it
  std::optional<std::uint32_t> flipped_bit;        // see flip_bit in rewrite.h
};

// Judges each packet that passes an interface.
class PacketRule {
 public:
  virtual ~PacketRule() = default;
  virtual RuleVerdict judge(const Packet& packet, Direction direction) = 0;
};

// Keeps a rule in force; its end takes the rule away and lets go what it holds. The interface must
// outlive it.
class RuleHandle {
 public:
  RuleHandle(Interface& interface, std::unique_ptr<PacketRule> rule);
  RuleHandle(const RuleHandle&) = delete;  // there is one end
  RuleHandle& operator=(const RuleHandle&) = delete;
  ~RuleHandle();

  // Lets go what the rule holds, in the order in which it came: it goes on at this instant, but
  // after the running event. The rule stays in force.
  void release();
  // Packets that the rule holds.
  [[nodiscard]] std::size_t held() const;

 private:
  Interface& interface_;
  std::unique_ptr<PacketRule> rule_;
};

// The rules of one interface at work. Contract:
// 1. Every rule judges every packet, in the order in which they were installed, so that one rule's
//    count does not depend on another rule.
// 2. What one rule drops is dropped, with the first one's reason. Otherwise all bits are flipped,
//    all copies made, and the packet waits for the first rule that holds it, or for the sum of the
//    delays. A copy shares the packet's changes and its waiting.
// 3. A packet that has waited goes on without being judged again.
class PacketRules : private core::Actor {
 public:
  explicit PacketRules(Interface& interface);

  void add(PacketRule& rule) { rules_.push_back(&rule); }
  void remove(const PacketRule& rule);
  void release(const PacketRule& rule);
  [[nodiscard]] std::size_t held_by(const PacketRule& rule) const;
  // Judges the packet and hands it on, now or later, if it lives.
  void pass(PacketPtr packet, Direction direction);

 private:
  struct Waiting {
    PacketPtr packet;
    Direction direction;
    Time since;
    bool was_held;
  };
  struct Held {
    const PacketRule* by;
    Waiting waiting;
  };
  struct Judgement {
    RuleVerdict verdict;                 // of all rules together
    const PacketRule* holder = nullptr;  // who holds it
  };

  void on_timer(core::Timer& timer) override;
  Judgement judge(Packet& packet, Direction direction);
  void wait_or_go(PacketPtr packet, Direction direction, const Judgement& judgement);

  Interface& interface_;
  std::vector<PacketRule*> rules_;
  std::vector<Held> held_;                // in the order in which they came
  std::multimap<Time, Waiting> waiting_;  // delayed or let go, by when they go on
  core::Timer next_;                      // armed for the first of them
};

}  // namespace natsim::net
