// Fragments through a NAT (RFC 4787 §10, §11).
#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "sim/nat/presets.h"
#include "tests/sim/nat/home_testbed.h"

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using net::endpoint;
using net::Mailbox;
using net::PacketLog;
using net::PacketPtr;

constexpr std::string_view alice_at = "192.168.1.5:5000";
constexpr std::string_view server_at = "203.0.113.10:3478";
constexpr std::string_view alice_outside = "198.51.100.7:5000";

NatOptions with(Fragments policy) {
  NatOptions options = *find_preset("port-restricted");
  options.fragments = policy;
  return options;
}

// Alice has a mapping, and it is 1 s. A packet of the server's gets to the box in 20 ms and to
// alice in 21.
struct Open : Home {
  explicit Open(const NatOptions& options) : Home(options), log(world) {
    Home::send(*alice_socket, server_at);
    run_until(seconds(1));
    at_server.letters.clear();
  }
  // 1008 bytes of transport in pieces of 400, 400 and 208.
  std::vector<PacketPtr> incoming(std::uint16_t identification = 4711) {
    return fragments(server_at, alice_outside, 1000, 420, identification);
  }
  void send_reversed(std::vector<PacketPtr> pieces) {
    for (std::size_t i = pieces.size(); i > 0; --i) Home::send(server, std::move(pieces[i - 1]));
  }

  PacketLog log;
};

constexpr Time after(Duration since_start) { return Time{} + since_start; }

TEST(NatFragments, InOrderAllGoTheWayOfTheFirst) {
  for (const Fragments policy : {Fragments::in_order_only, Fragments::out_of_order}) {
    Open net(with(policy));
    for (PacketPtr& piece : net.incoming()) Home::send(net.server, std::move(piece));
    net.run_until(seconds(2));
    ASSERT_EQ(net.at_alice.letters.size(), 1U);
    EXPECT_EQ(net.at_alice.letters[0].at, after(milliseconds(1021)));
    EXPECT_EQ(net.at_alice.letters[0].from, endpoint(server_at));
    EXPECT_EQ(net.at_alice.letters[0].payload, Bytes(1000, 0x5a));
    EXPECT_TRUE(net.log.drops().empty());
  }
}

TEST(NatFragments, Rfc4787_Req14_OutOfOrderTheyWaitForTheFirst) {
  Open net(with(Fragments::out_of_order));
  auto pieces = net.incoming();
  Home::send(net.server, std::move(pieces[2]));
  Home::send(net.server, std::move(pieces[1]));
  net.run_until(seconds(3));
  EXPECT_TRUE(net.log.of(core::PacketStep::translated).size() == 1) << "alice's own packet";
  Home::send(net.server, std::move(pieces[0]));
  net.run_until(seconds(4));
  ASSERT_EQ(net.at_alice.letters.size(), 1U);
  EXPECT_EQ(net.at_alice.letters[0].at, after(milliseconds(3021)));
  EXPECT_TRUE(net.log.drops().empty());
  const auto translated = net.log.of(core::PacketStep::translated);
  ASSERT_EQ(translated.size(), 4U);
  EXPECT_EQ(translated[1].destination, endpoint(alice_at));
  for (const std::size_t later : {2U, 3U}) {
    EXPECT_EQ(translated[later].at, after(milliseconds(3020)));
    EXPECT_EQ(translated[later].destination, endpoint("192.168.1.5:0"));
    EXPECT_EQ(translated[later].note, "as the first fragment of its datagram");
  }
}

TEST(NatFragments, InOrderOnlyWhatComesBeforeTheFirstIsDropped) {
  Open net(with(Fragments::in_order_only));
  net.send_reversed(net.incoming());
  net.run_until(seconds(2));
  EXPECT_TRUE(net.at_alice.letters.empty());
  EXPECT_EQ(net.drops(DropReason::nat_fragment_out_of_order), 2U);
}

TEST(NatFragments, NoneGetThroughWhereTheyAreDropped) {
  Open net(with(Fragments::drop));
  for (PacketPtr& piece : net.incoming()) Home::send(net.server, std::move(piece));
  net.run_until(seconds(2));
  EXPECT_TRUE(net.at_alice.letters.empty());
  EXPECT_EQ(net.drops(DropReason::nat_fragment_policy), 3U);
  net.Home::send(*net.server_socket, alice_outside);
  net.run_until(seconds(3));
  EXPECT_EQ(net.at_alice.letters.size(), 1U) << "what is whole does";
}

TEST(NatFragments, TheyWaitForTheTimeoutAndNoLonger) {
  Open net(with(Fragments::out_of_order));
  Home::send(net.server, std::move(net.incoming()[1]));
  net.run_until(seconds(40));
  const auto drops = net.log.drops();
  ASSERT_EQ(drops.size(), 1U);
  EXPECT_EQ(drops[0].reason, DropReason::fragment_timeout);
  EXPECT_EQ(drops[0].at, after(milliseconds(1020) + seconds(30)));
  EXPECT_EQ(drops[0].where, net.box.id());
}

TEST(NatFragments, TheFirstIsRememberedForTheTimeoutAndNoLonger) {
  NatOptions options = with(Fragments::in_order_only);
  options.fragment_timeout = seconds(2);
  Open net(options);
  auto pieces = net.incoming();
  Home::send(net.server, std::move(pieces[0]));
  net.run_until(seconds(3) - nanoseconds(1));
  Home::send(net.server, std::move(pieces[1]));
  net.run_until(seconds(3));
  Home::send(net.server, std::move(pieces[2]));
  net.run_until(seconds(4));
  EXPECT_EQ(net.log.of(core::PacketStep::translated).size(), 3U) << "alice's own, and two of three";
  EXPECT_EQ(net.drops(DropReason::nat_fragment_out_of_order), 1U);
}

// RFC 4787 REQ-14a: a flood of later fragments takes the places of one another alone.
TEST(NatFragments, Rfc4787_Req14a_AFloodDisturbsNeitherWholeNorOrderedDatagrams) {
  NatOptions options = with(Fragments::out_of_order);
  options.max_fragments = 3;
  Open net(options);
  auto ordered = net.incoming(1);
  Home::send(net.server, std::move(ordered[0]));
  for (std::uint16_t k = 0; k < 100; ++k) {
    Home::send(net.server, std::move(net.incoming(static_cast<std::uint16_t>(100 + k))[1]));
  }
  net.Home::send(*net.server_socket, alice_outside);
  Home::send(net.server, std::move(ordered[1]));
  Home::send(net.server, std::move(ordered[2]));
  net.run_until(seconds(2));
  ASSERT_EQ(net.at_alice.letters.size(), 2U);
  EXPECT_EQ(net.at_alice.letters[1].payload.size(), 1000U);
  EXPECT_EQ(net.drops(DropReason::fragment_limit), 97U);
}

TEST(NatFragments, OfHeldOnesTheOldestGivesWay) {
  NatOptions options = with(Fragments::out_of_order);
  options.max_fragments = 2;
  Open net(options);
  net.send_reversed(net.incoming(1));  // both wait and are let through
  auto first = net.incoming(2);
  Home::send(net.server, std::move(first[2]));
  auto second = net.incoming(3);
  Home::send(net.server, std::move(second[2]));
  Home::send(net.server, std::move(second[1]));
  Home::send(net.server, std::move(first[1]));
  Home::send(net.server, std::move(second[0]));
  net.run_until(seconds(2));
  // What waited: 2/2, then 3/2, then 3/1 for 2/2, then 2/1 for 3/2.
  EXPECT_EQ(net.drops(DropReason::fragment_limit), 2U);
  EXPECT_EQ(net.at_alice.letters.size(), 1U);
}

TEST(NatFragments, LaterOnesShareTheFirstOnesEnd) {
  Open net(with(Fragments::out_of_order));
  net.send_reversed(net.fragments("203.0.113.10:9", alice_outside, 1000, 420));
  net.run_until(seconds(2));
  const auto drops = net.log.drops();
  ASSERT_EQ(drops.size(), 3U);
  for (const auto& drop : drops) EXPECT_EQ(drop.reason, DropReason::nat_filtered_port);
  EXPECT_EQ(drops[1].note, "as the first fragment of its datagram");
  EXPECT_EQ(net.box.mappings().size(), 1U);
}

TEST(NatFragments, OutboundInAnyOrderOfAnyCuts) {
  rc::check([] {
    Open net(with(Fragments::out_of_order));
    const auto size = *rc::gen::inRange<std::size_t>(600, 2000);
    auto pieces =
        net.fragments(alice_at, server_at, size, *rc::gen::inRange<std::uint16_t>(68, 600));
    for (std::size_t i = pieces.size(); i > 1; --i) {
      std::swap(pieces[i - 1], pieces[*rc::gen::inRange<std::size_t>(0, i)]);
    }
    for (PacketPtr& piece : pieces) Home::send(net.alice, std::move(piece));
    net.run_until(seconds(2));
    RC_ASSERT(net.at_server.letters.size() == 1U);
    RC_ASSERT(net.at_server.letters[0].from == endpoint(alice_outside));
    RC_ASSERT(net.at_server.letters[0].payload == Bytes(size, 0x5a));
    RC_ASSERT(net.log.drops().empty());
  });
}

TEST(NatFragments, HairpinnedOnesGoTheSameWay) {
  NatOptions options = with(Fragments::out_of_order);
  options.filtering = Dependence::endpoint_independent;
  options.hairpin = Hairpin::external_source;
  Open net(options);
  auto pieces = net.fragments("192.168.1.6:6000", alice_outside, 1000, 420);
  Home::send(net.bob, std::move(pieces[1]));
  Home::send(net.bob, std::move(pieces[0]));
  Home::send(net.bob, std::move(pieces[2]));
  net.run_until(seconds(2));
  ASSERT_EQ(net.at_alice.letters.size(), 1U);
  EXPECT_EQ(net.at_alice.letters[0].from, endpoint("198.51.100.7:6000"));
}

TEST(NatFragments, WhatTheBoxLosesItDoesNotFollowOn) {
  Open net(with(Fragments::out_of_order));
  auto waiting = net.incoming(1);
  auto begun = net.incoming(2);
  Home::send(net.server, std::move(waiting[1]));
  Home::send(net.server, std::move(begun[0]));
  net.run_until(milliseconds(1500));
  net.box.flush();
  EXPECT_EQ(net.drops(DropReason::nat_flushed), 1U) << "the one that waited";
  Home::send(net.server, std::move(begun[1]));
  net.run_until(seconds(40));
  EXPECT_EQ(net.drops(DropReason::fragment_timeout), 2U) << "at the box, and of the first at alice";
}

// 1508 bytes of IP do not fit 600; 576 (72 times 8) of transport do.
TEST(NatFragments, Rfc4787_Req13a_WhatMayBeCutIsCutInOrder) {
  Home net(with(Fragments::out_of_order));
  net.box.outside_interface().link().set_options({.one_way_delay = milliseconds(10), .mtu = 600});
  net.alice.interfaces().front()->peer().link().set_options(
      {.one_way_delay = milliseconds(1), .mtu = 600});
  PacketLog log(net.world);
  net.alice_socket->set_dont_fragment(false);
  net.server_socket->set_dont_fragment(false);
  net.alice_socket->send(endpoint(server_at), Bytes(1472, 0x5a));
  net.run_until(seconds(1));
  ASSERT_EQ(net.at_server.letters.size(), 1U);
  EXPECT_EQ(net.at_server.letters[0].payload.size(), 1472U);
  const auto cuts = log.of(core::PacketStep::impaired);
  ASSERT_EQ(cuts.size(), 1U);
  EXPECT_EQ(cuts[0].where, net.box.id());
  EXPECT_EQ(cuts[0].note, "cut into 3 fragments for an MTU of 600");
  net.server_socket->send(endpoint(alice_outside), Bytes(1472, 0x5a));
  net.run_until(seconds(2));
  EXPECT_EQ(net.at_alice.letters.size(), 1U);
  EXPECT_TRUE(log.drops().empty());
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
