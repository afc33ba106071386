// Fragmentation at sources and routers, reassembly at hosts.
#include "sim/net/fragment.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "sim/net/datagram_reassembly.h"
#include "tests/sim/net/testbed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

using core::DropReason;

Bytes numbered(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  return bytes;
}

// a - 1500 - router - 576 - b, with an address of each family everywhere.
struct NarrowPath : Testbed {
  NarrowPath()
      : a(host("a", {"10.0.1.1", "2001:db8:1::1"})),
        b(host("b", {"10.0.2.1", "2001:db8:2::1"})),
        router(network.add<Router>("router")) {
    Interface& near = attach(a, router, {.one_way_delay = milliseconds(1)}, "10.0.1.254");
    add_address(near, "2001:db8:1::fe");
    attach(b, router, {.one_way_delay = milliseconds(1), .mtu = 1300});
    from = &open(a, "10.0.1.1:5000", at_a);
    open(b, "10.0.2.1:5000", at_b);
    from_v6 = &open(a, "[2001:db8:1::1]:5000", at_a);
    open(b, "[2001:db8:2::1]:5000", at_b);
  }
  Link& narrow() { return b.interfaces().front()->peer().link(); }

  Host& a;
  Host& b;
  Router& router;
  Mailbox at_a;
  Mailbox at_b;
  UdpSocket* from;
  UdpSocket* from_v6;
};

PacketPtr uncut(PacketPool& pool, std::size_t payload) {
  PacketPtr packet =
      make_udp(pool, endpoint("10.0.0.1:1000"), endpoint("10.0.0.2:2000"), numbered(payload));
  packet->id = 77;
  allow_fragmentation(*packet, 4711);
  return packet;
}

TEST(Fragment, Ipv4PiecesAreRealFragments) {
  PacketPool pool;
  const PacketPtr whole = uncut(pool, 1472);
  ASSERT_TRUE(checksums_right(*whole));
  const auto pieces = cut(pool, *whole, 576);
  // 1480 bytes of transport, at most 552 (69 times 8) of the 556 that fit, and the rest.
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(pieces[0]->size, 572);
  EXPECT_EQ(pieces[1]->fragment_offset, 552);
  EXPECT_EQ(pieces[2]->fragment_offset, 1104);
  EXPECT_EQ(pieces[2]->size, 20 + 1480 - 1104);
  EXPECT_EQ(pieces[0]->source.port, 1000);
  EXPECT_EQ(pieces[1]->source, endpoint("10.0.0.1:0"));
  for (const PacketPtr& piece : pieces) {
    EXPECT_EQ(piece->more_fragments, piece != pieces.back());
    EXPECT_TRUE(checksums_right(*piece));
    EXPECT_EQ(identification_of(*piece), 4711U);
    EXPECT_EQ(piece->id, 77U);
    // The bytes say what the fields say.
    const PacketPtr read = parse_datagram(pool, piece->datagram());
    ASSERT_NE(read, nullptr);
    EXPECT_EQ(read->fragment_offset, piece->fragment_offset);
    EXPECT_EQ(read->more_fragments, piece->more_fragments);
    EXPECT_FALSE(read->dont_fragment);
    EXPECT_EQ(read->source, piece->source);
  }
}

TEST(Fragment, Ipv6PiecesHaveTheFragmentHeader) {
  PacketPool pool;
  const PacketPtr whole = make_udp(pool, endpoint("[2001:db8::1]:1000"),
                                   endpoint("[2001:db8::2]:2000"), numbered(1992));
  const auto pieces = cut_at_source(pool, *whole, 1280, 0x1234'5678);
  // 2000 bytes of transport; 1280 - 48 = 1232 is a multiple of eight.
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces[0]->size, 1280);
  EXPECT_EQ(pieces[1]->size, 48 + 768);
  EXPECT_EQ(pieces[0]->data()[6], 44);
  EXPECT_EQ(load_be16(pieces[1]->data() + 42), 1232);
  EXPECT_EQ(identification_of(*pieces[1]), 0x1234'5678U);
  EXPECT_EQ(pieces[0]->destination.port, 2000);
  const PacketPtr read = parse_datagram(pool, pieces[1]->datagram());
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(read->fragment_offset, 1232);
  EXPECT_EQ(read->protocol, Protocol::udp);
}

TEST(Fragment, AnyOrderOfAnyCutsGivesTheDatagramBack) {
  rc::check([] {
    PacketPool pool;
    const auto size = *rc::gen::inRange<std::size_t>(600, 3000);
    const PacketPtr whole = uncut(pool, size);
    std::vector<PacketPtr> pieces;
    for (PacketPtr& piece : cut(pool, *whole, *rc::gen::inRange<std::uint16_t>(300, 590))) {
      const auto mtu = *rc::gen::inRange<std::uint16_t>(28, 600);
      if (piece->size <= mtu) {
        pieces.push_back(std::move(piece));
      } else {
        for (PacketPtr& small : cut(pool, *piece, mtu)) pieces.push_back(std::move(small));
      }
    }
    std::vector<std::size_t> order(pieces.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    for (std::size_t i = order.size(); i > 1; --i) {
      std::swap(order[i - 1], order[*rc::gen::inRange<std::size_t>(0, i)]);
    }
    int dropped = 0;
    DatagramReassembly reassembly(pool, {}, [&](const Packet&, DropReason) { ++dropped; });
    PacketPtr result;
    for (const std::size_t i : order) {
      RC_ASSERT(result == nullptr);
      result = reassembly.add(std::move(pieces[i]), Time{});
    }
    RC_ASSERT(result != nullptr);
    RC_ASSERT(dropped == 0);
    RC_ASSERT(reassembly.next_expiry().is_never());
    RC_ASSERT(Bytes(result->datagram().begin(), result->datagram().end()) ==
              Bytes(whole->datagram().begin(), whole->datagram().end()));
    RC_ASSERT(result->payload_offset == whole->payload_offset);
  });
}

TEST(Reassembly, OverlapsDropAll) {
  PacketPool pool;
  const PacketPtr whole = uncut(pool, 1472);
  auto coarse = cut(pool, *whole, 800);
  auto fine = cut(pool, *whole, 576);
  std::vector<DropReason> drops;
  DatagramReassembly reassembly(pool, {},
                                [&](const Packet&, DropReason why) { drops.push_back(why); });
  EXPECT_EQ(reassembly.add(std::move(coarse[0]), Time{}), nullptr);  // 0 to 776
  EXPECT_EQ(reassembly.add(std::move(fine[1]), Time{}), nullptr);    // 552 to 1104
  EXPECT_EQ(drops, std::vector<DropReason>(2, DropReason::fragment_overlap));
  EXPECT_TRUE(reassembly.next_expiry().is_never());
}

TEST(Reassembly, ADuplicateIsDroppedAlone) {
  PacketPool pool;
  const PacketPtr whole = uncut(pool, 1000);
  auto first = cut(pool, *whole, 576);
  auto again = cut(pool, *whole, 576);
  int drops = 0;
  DatagramReassembly reassembly(pool, {}, [&](const Packet&, DropReason) { ++drops; });
  reassembly.add(std::move(first[0]), Time{});
  reassembly.add(std::move(again[0]), Time{});
  EXPECT_EQ(drops, 1);
  EXPECT_NE(reassembly.add(std::move(first[1]), Time{}), nullptr);
}

TEST(Reassembly, TheLongestWaitingGivesWayAtTheLimit) {
  PacketPool pool;
  std::vector<DropReason> drops;
  DatagramReassembly reassembly(pool, {.max_bytes = 1200},
                                [&](const Packet&, DropReason why) { drops.push_back(why); });
  for (std::uint16_t i = 0; i < 3; ++i) {
    PacketPtr whole = uncut(pool, 1000);
    allow_fragmentation(*whole, i);
    reassembly.add(std::move(cut(pool, *whole, 576)[0]), Time{seconds(i).ns});  // 572 bytes each
  }
  EXPECT_EQ(drops, std::vector{DropReason::fragment_limit});
  EXPECT_EQ(reassembly.next_expiry(), Time{} + seconds(31));  // the second's
}

TEST(FragmentedPath, ARouterCutsWhatAllowsIt) {
  NarrowPath net;
  net.from->set_dont_fragment(false);
  const Bytes payload = numbered(1472);
  net.from->send(endpoint("10.0.2.1:5000"), payload);
  net.run();
  ASSERT_EQ(net.at_b.letters.size(), 1U);
  EXPECT_EQ(net.at_b.letters[0].payload, payload);
  EXPECT_EQ(net.narrow().counters().delivered, 2U);
  EXPECT_TRUE(net.at_a.failures.empty());
}

TEST(FragmentedPath, WithDontFragmentTheSenderIsTold) {
  NarrowPath net;
  net.from->send(endpoint("10.0.2.1:5000"), numbered(1472));
  net.run();
  EXPECT_TRUE(net.at_b.letters.empty());
  ASSERT_EQ(net.at_a.failures.size(), 1U);
  EXPECT_EQ(net.at_a.failures[0].error, IcmpError::too_big);
}

TEST(FragmentedPath, ABlackHoleTellsNobody) {
  NarrowPath net;
  PacketLog log(net.world);
  LinkOptions options = net.narrow().options();
  options.mtu_black_hole = true;
  net.narrow().set_options(options);
  net.from->send(endpoint("10.0.2.1:5000"), numbered(1472));
  net.from->send(endpoint("10.0.2.1:5000"), numbered(1272));
  net.run();
  EXPECT_EQ(net.at_b.letters.size(), 1U);
  EXPECT_TRUE(net.at_a.failures.empty());
  ASSERT_EQ(log.drops().size(), 1U);
  EXPECT_EQ(log.drops()[0].reason, DropReason::too_big);
  EXPECT_EQ(log.drops()[0].note, "too large, and nobody is told");
}

TEST(FragmentedPath, ASourceCutsForItsOwnLink) {
  NarrowPath net;
  net.from->set_dont_fragment(false);
  const Bytes payload = numbered(5000);
  net.from->send(endpoint("10.0.2.1:5000"), payload);
  net.run();
  ASSERT_EQ(net.at_b.letters.size(), 1U);
  EXPECT_EQ(net.at_b.letters[0].payload, payload);
}

TEST(FragmentedPath, Ipv6SourcesLearnThePath) {
  NarrowPath net;
  net.from_v6->set_dont_fragment(false);
  const Bytes payload = numbered(1400);
  net.from_v6->send(endpoint("[2001:db8:2::1]:5000"), payload);
  net.run();
  // Fits the first link; the router may not cut it.
  EXPECT_TRUE(net.at_b.letters.empty());
  EXPECT_EQ(net.drops(DropReason::too_big), 1U);
  net.from_v6->send(endpoint("[2001:db8:2::1]:5000"), payload);
  net.run();
  ASSERT_EQ(net.at_b.letters.size(), 1U);
  EXPECT_EQ(net.at_b.letters[0].payload, payload);
}

TEST(FragmentedPath, WhatStaysIncompleteTimesOut) {
  NarrowPath net;
  net.from->set_dont_fragment(false);
  LinkOptions lossy = net.narrow().options();
  net.from->send(endpoint("10.0.2.1:5000"), numbered(1472));
  // The second fragment finds a queue of one packet full.
  lossy.rate = 1'000'000;
  lossy.queue_packets = 1;
  net.narrow().set_options(lossy);
  PacketLog log(net.world);
  net.run();
  EXPECT_EQ(net.drops(DropReason::queue_overflow), 1U);
  ASSERT_EQ(net.drops(DropReason::fragment_timeout), 1U);
  // 1 ms, 1300 - 20 = 1280 bytes of transport in 1300 bytes at 1 Mbit/s, 1 ms; and 30 s.
  EXPECT_EQ(log.drops()[1].at, Time{} + milliseconds(2) + microseconds(1300 * 8) + seconds(30));
  // Told to the sender, whose port the first fragment has.
  ASSERT_EQ(net.at_a.failures.size(), 1U);
  EXPECT_EQ(net.at_a.failures[0].error, IcmpError::reassembly_timeout);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
