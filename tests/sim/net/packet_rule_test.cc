// Rules that drop packets at an interface, and the handles that keep them there.
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "tests/sim/net/testbed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

using core::DropReason;

// Drops the packets of one direction whose turn it is.
class DropNth : public PacketRule {
 public:
  DropNth(Direction direction, std::vector<int> turns, int* seen = nullptr)
      : direction_(direction), turns_(std::move(turns)), seen_(seen) {}
  RuleVerdict judge(const Packet& /*packet*/, Direction direction) override {
    if (direction != direction_) return {};
    ++turn_;
    if (seen_ != nullptr) *seen_ = turn_;
    const bool chosen = std::find(turns_.begin(), turns_.end(), turn_) != turns_.end();
    return chosen ? RuleVerdict{.drop = DropReason::scripted_drop} : RuleVerdict{};
  }

 private:
  Direction direction_;
  std::vector<int> turns_;
  int* seen_;
  int turn_ = 0;
};

struct Ruled : TwoHosts {
  Ruled() : TwoHosts({.one_way_delay = milliseconds(10)}) {}
  // Sends datagrams of 100, 101, … bytes and gives the sizes of those that arrive.
  std::vector<std::size_t> arriving(int count) {
    at_b.letters.clear();
    for (int i = 0; i < count; ++i) send(static_cast<std::uint16_t>(100 + i));
    run();
    std::vector<std::size_t> sizes;
    for (const auto& letter : at_b.letters) sizes.push_back(letter.payload.size() + 28);
    return sizes;
  }
  Interface& out() { return *a.interfaces().front(); }
  Interface& in() { return *b.interfaces().front(); }
};

TEST(PacketRule, DropsTheNthOnItsWayOut) {
  Ruled net;
  PacketLog log(net.world);
  const RuleHandle rule(net.out(), std::make_unique<DropNth>(Direction::out, std::vector{2, 3}));
  EXPECT_EQ(net.arriving(4), (std::vector<std::size_t>{100, 103}));
  ASSERT_EQ(log.drops().size(), 2U);
  for (const auto& drop : log.drops()) {
    EXPECT_EQ(drop.reason, DropReason::scripted_drop);
    EXPECT_EQ(drop.where, net.out().id());
    EXPECT_EQ(drop.at, Time{});
  }
  EXPECT_EQ(net.drops(DropReason::scripted_drop), 2U);
  EXPECT_EQ(net.forth().counters().sent, 2U);  // the link never saw the others
}

TEST(PacketRule, DropsTheNthOnItsWayIn) {
  Ruled net;
  PacketLog log(net.world);
  const RuleHandle rule(net.in(), std::make_unique<DropNth>(Direction::in, std::vector{1}));
  EXPECT_EQ(net.arriving(2), std::vector<std::size_t>{101});
  ASSERT_EQ(log.drops().size(), 1U);
  EXPECT_EQ(log.drops()[0].where, net.in().id());
  EXPECT_EQ(log.drops()[0].at, Time{} + milliseconds(10));
}

TEST(PacketRule, EndsWithItsHandle) {
  Ruled net;
  {
    const RuleHandle rule(net.out(), std::make_unique<DropNth>(Direction::out, std::vector{1, 2}));
    EXPECT_TRUE(net.arriving(2).empty());
  }
  EXPECT_EQ(net.arriving(2).size(), 2U);
}

TEST(PacketRule, EveryRuleSeesEveryPacket) {
  Ruled net;
  int first_seen = 0;
  int second_seen = 0;
  auto first = std::make_unique<RuleHandle>(
      net.out(), std::make_unique<DropNth>(Direction::out, std::vector{1}, &first_seen));
  const RuleHandle second(
      net.out(), std::make_unique<DropNth>(Direction::out, std::vector{1, 3}, &second_seen));
  EXPECT_EQ(net.arriving(3), std::vector<std::size_t>{101});
  EXPECT_EQ(first_seen, 3);
  EXPECT_EQ(second_seen, 3);
  EXPECT_EQ(net.drops(DropReason::scripted_drop), 2U);  // one for a packet, not for a rule
  first.reset();                                        // the other stays
  net.arriving(1);
  EXPECT_EQ(first_seen, 3);
  EXPECT_EQ(second_seen, 4);
}

TEST(PacketRule, HearsOfItsOwnInterfaceAndDirectionOnly) {
  Ruled net;
  int seen = 0;
  const RuleHandle rule(net.in(),
                        std::make_unique<DropNth>(Direction::out, std::vector<int>{}, &seen));
  net.arriving(2);
  EXPECT_EQ(seen, 0);
  net.b_socket->send(net.a_socket->local(), as_bytes("back"));
  net.run();
  EXPECT_EQ(seen, 1);
  EXPECT_EQ(net.at_a.letters.size(), 1U);
}

// Gives every packet that leaves the same verdict.
class Always : public PacketRule {
 public:
  explicit Always(const RuleVerdict& verdict) : verdict_(verdict) {}
  RuleVerdict judge(const Packet& /*packet*/, Direction direction) override {
    return direction == Direction::out ? verdict_ : RuleVerdict{};
  }

 private:
  RuleVerdict verdict_;
};

std::unique_ptr<RuleHandle> always(Interface& interface, const RuleVerdict& verdict) {
  return std::make_unique<RuleHandle>(interface, std::make_unique<Always>(verdict));
}

TEST(PacketRule, DelaysAddUpAndOutliveTheirRules) {
  Ruled net;
  PacketLog log(net.world);
  auto first = always(net.out(), {.delay = milliseconds(5)});
  auto second = always(net.out(), {.delay = milliseconds(2)});
  net.send(100);
  first.reset();
  second.reset();
  net.send(200);
  net.run();
  // The later one overtakes: the link's delay is 10 ms.
  EXPECT_EQ(net.arrivals(), (std::vector{Time{} + milliseconds(10), Time{} + milliseconds(17)}));
  EXPECT_EQ(net.at_b.letters[0].payload.size(), 200U - 28);
  const auto told = log.of(core::PacketStep::impaired);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].note, "delayed by 7ms by a rule");
  EXPECT_EQ(told[0].where, net.out().id());
}

TEST(PacketRule, CopiesGoRightBehindWithIdentitiesOfTheirOwn) {
  Ruled net;
  PacketLog log(net.world);
  const auto rule = always(net.out(), {.copies = 2});
  net.send(100);
  net.run();
  EXPECT_EQ(net.arrivals(), std::vector<Time>(3, Time{} + milliseconds(10)));
  const auto copied = log.of(core::PacketStep::copied);
  ASSERT_EQ(copied.size(), 2U);
  EXPECT_EQ(copied[0].note, "a copy of its creator's packet 1");
  EXPECT_EQ(copied[0].packet >> 40, net.a.id());
  EXPECT_NE(copied[0].packet, copied[1].packet);
  EXPECT_NE(net.at_b.letters[0].packet, net.at_b.letters[1].packet);
  EXPECT_EQ(net.at_b.letters[0].payload, net.at_b.letters[2].payload);
}

TEST(PacketRule, AFlippedBitIsFoundByTheReceiver) {
  Ruled net;
  const auto rule = always(net.out(), {.flipped_bit = 100});
  net.send(100);
  net.run();
  EXPECT_TRUE(net.at_b.letters.empty());
  EXPECT_EQ(net.drops(DropReason::bad_checksum), 1U);
}

TEST(PacketRule, HoldsUntilReleasedInOrder) {
  Ruled net;
  const auto rule = always(net.out(), {.hold = true});
  net.send(100);
  net.send(200);
  net.run_until(milliseconds(50));
  EXPECT_EQ(rule->held(), 2U);
  rule->release();
  net.send(300);  // the rule is still there
  net.run();
  EXPECT_EQ(rule->held(), 1U);
  EXPECT_EQ(net.arrivals(), std::vector<Time>(2, Time{} + milliseconds(60)));
  EXPECT_EQ(net.at_b.letters[0].payload.size(), 100U - 28);
}

TEST(PacketRule, TheEndOfAHoldingRuleLetsGo) {
  Ruled net;
  PacketLog log(net.world);
  auto rule = always(net.out(), {.hold = true});
  net.send(100);
  net.run_until(milliseconds(50));
  rule.reset();
  net.run();
  EXPECT_EQ(net.arrivals(), std::vector{Time{} + milliseconds(60)});
  const auto told = log.of(core::PacketStep::impaired);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1].note, "let go after 50ms");
}

TEST(PacketRule, DroppingBeatsTheRest) {
  Ruled net;
  const auto first = always(net.out(), {.delay = seconds(1), .copies = 3});
  const auto second = always(net.out(), {.drop = DropReason::partitioned});
  net.send(100);
  net.run();
  EXPECT_TRUE(net.at_b.letters.empty());
  EXPECT_EQ(net.drops(DropReason::partitioned), 1U);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
