// Rules that drop packets at an interface, and the handles that keep them there.
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "tests/sim/net/testbed.h"

namespace natsim::net {
namespace {

using core::DropReason;

// Drops the packets of one direction whose turn it is.
class DropNth : public PacketRule {
 public:
  DropNth(Direction direction, std::vector<int> turns, int* seen = nullptr)
      : direction_(direction), turns_(std::move(turns)), seen_(seen) {}
  bool drops(const Packet& /*packet*/, Direction direction) override {
    if (direction != direction_) return false;
    ++turn_;
    if (seen_ != nullptr) *seen_ = turn_;
    return std::find(turns_.begin(), turns_.end(), turn_) != turns_.end();
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

}  // namespace
}  // namespace natsim::net
