#include "sim/net/packet_rule.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/net/interface.h"
#include "sim/net/network.h"
#include "sim/net/node.h"
#include "sim/net/rewrite.h"
#include "sim/net/trace.h"

namespace natsim::net {

using core::DropReason;
using core::PacketStep;

RuleHandle::RuleHandle(Interface& interface, std::unique_ptr<PacketRule> rule)
    : interface_(interface), rule_(std::move(rule)) {
  interface_.rules().add(*rule_);
}

RuleHandle::~RuleHandle() {
  release();
  interface_.rules().remove(*rule_);
}

void RuleHandle::release() { interface_.rules().release(*rule_); }

std::size_t RuleHandle::held() const { return interface_.rules().held_by(*rule_); }

PacketRules::PacketRules(Interface& interface)
    : Actor(interface.world().scheduler(), interface.id()),
      interface_(interface),
      next_(*this, core::EventClass::network) {}

void PacketRules::remove(const PacketRule& rule) { std::erase(rules_, &rule); }

void PacketRules::release(const PacketRule& rule) {
  std::vector<Held> rest;
  for (Held& held : held_) {
    if (held.by == &rule) {
      waiting_.emplace(interface_.world().now(), std::move(held.waiting));
    } else {
      rest.push_back(std::move(held));
    }
  }
  held_ = std::move(rest);
  if (!waiting_.empty()) next_.arm(waiting_.begin()->first);
}

std::size_t PacketRules::held_by(const PacketRule& rule) const {
  return static_cast<std::size_t>(std::count_if(
      held_.begin(), held_.end(), [&rule](const Held& held) { return held.by == &rule; }));
}

PacketRules::Judgement PacketRules::judge(Packet& packet, Direction direction) {
  Judgement judgement;
  std::vector<std::uint32_t> flipped;
  for (PacketRule* const rule : rules_) {
    const RuleVerdict verdict = rule->judge(packet, direction);
    if (judgement.verdict.drop == DropReason::none) judgement.verdict.drop = verdict.drop;
    if (verdict.hold && judgement.holder == nullptr) judgement.holder = rule;
    judgement.verdict.delay += verdict.delay;
    judgement.verdict.copies += verdict.copies;
    if (verdict.flipped_bit) flipped.push_back(*verdict.flipped_bit);
  }
  for (const std::uint32_t bit : flipped) {
    flip_bit(packet, bit);
    trace_step(interface_.world(), PacketStep::impaired, interface_.id(), packet,
               [bit] { return fmt::format("bit {} behind the IP header flipped by a rule", bit); });
  }
  return judgement;
}

void PacketRules::pass(PacketPtr packet, Direction direction) {
  const Judgement judgement = judge(*packet, direction);
  if (judgement.verdict.drop != DropReason::none) {
    return trace_drop(interface_.world(), interface_.id(), *packet, judgement.verdict.drop);
  }
  std::vector<PacketPtr> copies;
  for (std::uint32_t i = 0; i < judgement.verdict.copies; ++i) {
    copies.push_back(interface_.node().network().duplicate(*packet, interface_.id()));
  }
  wait_or_go(std::move(packet), direction, judgement);
  for (PacketPtr& copy : copies) wait_or_go(std::move(copy), direction, judgement);
}

void PacketRules::wait_or_go(PacketPtr packet, Direction direction, const Judgement& judgement) {
  core::World& world = interface_.world();
  const Time now = world.now();
  if (judgement.holder != nullptr) {
    trace_step(world, PacketStep::impaired, interface_.id(), *packet,
               [] { return std::string_view("held by a rule"); });
    held_.push_back({judgement.holder, {std::move(packet), direction, now, true}});
    return;
  }
  const Duration delay = judgement.verdict.delay;
  if (delay == Duration{}) return interface_.go_on(std::move(packet), direction);
  trace_step(world, PacketStep::impaired, interface_.id(), *packet,
             [delay] { return fmt::format("delayed by {} by a rule", to_string(delay)); });
  waiting_.emplace(now + delay, Waiting{std::move(packet), direction, now, false});
  next_.arm(waiting_.begin()->first);
}

void PacketRules::on_timer(core::Timer& /*timer*/) {
  Waiting waiting = std::move(waiting_.begin()->second);
  waiting_.erase(waiting_.begin());
  if (!waiting_.empty()) next_.arm(waiting_.begin()->first);
  if (waiting.was_held) {
    core::World& world = interface_.world();
    trace_step(world, PacketStep::impaired, interface_.id(), *waiting.packet, [&] {
      return fmt::format("let go after {}", to_string(world.now() - waiting.since));
    });
  }
  interface_.go_on(std::move(waiting.packet), waiting.direction);
}

}  // namespace natsim::net
