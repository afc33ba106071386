#include <algorithm>
#include <limits>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "sim/net/forwarding.h"
#include "tests/sim/net/testbed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

using core::DropReason;

// A box that is nothing but a forwarding, open to the test.
class Box : public Node {
 public:
  Box(Network& network, std::string name) : Node(network, std::move(name)), forwarding(network) {}
  void receive(PacketPtr /*packet*/, Interface& /*in*/) override {}
  Interface& add_interface() override {
    Interface& interface = Node::add_interface();
    forwarding.add_interface(interface);
    return interface;
  }
  // The interface that leads to `address`.
  Interface* out(std::string_view address) {
    const auto route = forwarding.lookup(ip(address));
    return route ? route->out : nullptr;
  }

  Forwarding forwarding;
};

struct BoxTestbed : Testbed {
  Box& box(std::string name) { return network.add<Box>(std::move(name)); }
  // A link between two new interfaces; gives the first box's.
  Interface& join(Node& a, Node& b, Duration delay, Duration back) {
    Interface& near = a.add_interface();
    network.connect(near, b.add_interface(), {.one_way_delay = delay}, {.one_way_delay = back});
    return near;
  }
  Interface& join(Node& a, Node& b, Duration delay) { return join(a, b, delay, delay); }
  // A host that has its only interface linked to `box`.
  void leaf(Box& box, std::string name, std::string_view address) {
    Host& made = host(std::move(name), {address});
    network.connect(*made.interfaces().front(), box.add_interface(), {}, {});
  }
};

TEST(Routing, TheLongestPrefixWins) {
  BoxTestbed net;
  Box& root = net.box("root");
  Box& all = net.box("all");
  Box& ten = net.box("ten");
  Box& fine = net.box("fine");
  Interface& to_all = net.join(root, all, milliseconds(1));
  Interface& to_ten = net.join(root, ten, milliseconds(50));
  Interface& to_fine = net.join(root, fine, milliseconds(100));
  all.forwarding.originate(Prefix::parse("0.0.0.0/0").value());
  ten.forwarding.originate(Prefix::parse("10.0.0.0/8").value());
  fine.forwarding.originate(Prefix::parse("10.1.2.0/24").value());
  net.leaf(all, "h", "10.1.2.3");
  EXPECT_EQ(root.out("8.8.8.8"), &to_all);
  EXPECT_EQ(root.out("10.9.9.9"), &to_ten);
  EXPECT_EQ(root.out("10.1.2.4"), &to_fine);
  EXPECT_EQ(root.out("10.1.2.3"), &to_all);  // the host's own address is longer than any
  EXPECT_FALSE(root.forwarding.lookup(ip("2001:db8::1")).has_value());
}

TEST(Routing, TheLongestPrefixWinsOverIpv6) {
  BoxTestbed net;
  Box& root = net.box("root");
  Box& all = net.box("all");
  Box& site = net.box("site");
  Interface& to_all = net.join(root, all, milliseconds(1));
  Interface& to_site = net.join(root, site, milliseconds(50));
  all.forwarding.originate(Prefix::parse("::/0").value());
  site.forwarding.originate(Prefix::parse("2001:db8::/32").value());
  net.leaf(all, "h", "2001:db8::7");
  EXPECT_EQ(root.out("2001:db9::1"), &to_all);
  EXPECT_EQ(root.out("2001:db8:ffff::1"), &to_site);
  EXPECT_EQ(root.out("2001:db8::7"), &to_all);
  EXPECT_FALSE(root.forwarding.lookup(ip("10.0.0.1")).has_value());
}

TEST(Routing, OwnAddressesAndPrefixesAreHere) {
  BoxTestbed net;
  Box& root = net.box("root");
  Box& other = net.box("other");
  Interface& out = net.join(root, other, milliseconds(1));
  Testbed::add_address(out, "192.0.2.1");
  Testbed::add_address(*other.interfaces().front(), "192.0.2.2");
  root.forwarding.originate(Prefix::parse("10.0.0.0/8").value());
  for (const char* here : {"192.0.2.1", "10.1.1.1"}) {
    const auto route = root.forwarding.lookup(ip(here));
    ASSERT_TRUE(route.has_value()) << here;
    EXPECT_EQ(route->out, nullptr);
  }
  EXPECT_EQ(root.out("192.0.2.2"), &out);
  EXPECT_EQ(other.out("10.1.1.1"), other.interfaces().front().get());
}

TEST(Routing, LeastDelayNotFewestLinks) {
  BoxTestbed net;
  Box& a = net.box("a");
  Box& b = net.box("b");
  Box& c = net.box("c");
  Interface& direct = net.join(a, c, milliseconds(30));
  Interface& around = net.join(a, b, milliseconds(10));
  net.join(b, c, milliseconds(19));
  net.leaf(c, "h", "10.0.0.1");
  EXPECT_EQ(a.out("10.0.0.1"), &around);
  EXPECT_NE(a.out("10.0.0.1"), &direct);
}

TEST(Routing, DelaysCountInTheDirectionOfTravel) {
  BoxTestbed net;
  Box& a = net.box("a");
  Box& b = net.box("b");
  net.leaf(a, "at_a", "10.0.0.1");
  net.leaf(b, "at_b", "10.0.0.2");
  Interface& fast_forth = net.join(a, b, milliseconds(1), milliseconds(100));
  Interface& fast_back = net.join(a, b, milliseconds(50), milliseconds(1));
  EXPECT_EQ(a.out("10.0.0.2"), &fast_forth);
  EXPECT_EQ(b.out("10.0.0.1"), &fast_back.peer());
}

TEST(Routing, OfEqualDelaysTheFewestLinks) {
  BoxTestbed net;
  Box& a = net.box("a");
  Box& b = net.box("b");
  Box& c = net.box("c");
  net.join(a, b, milliseconds(10));
  net.join(b, c, milliseconds(10));
  Interface& direct = net.join(a, c, milliseconds(20));
  net.leaf(c, "h", "10.0.0.1");
  EXPECT_EQ(a.out("10.0.0.1"), &direct);
}

TEST(Routing, OfEqualWaysTheFirstBuilt) {
  BoxTestbed net;
  Box& a = net.box("a");
  Box& end = net.box("end");
  std::vector<Box*> middles;
  for (const char* name : {"m0", "m1", "m2", "m3", "m4"}) middles.push_back(&net.box(name));
  // The last links are built in the other order.
  for (Box* middle : middles) net.join(a, *middle, milliseconds(10));
  for (auto it = middles.rbegin(); it != middles.rend(); ++it) {
    net.join(**it, end, milliseconds(10));
  }
  Interface& second = net.join(a, *middles[0], milliseconds(10));
  net.leaf(end, "h", "10.0.0.1");
  EXPECT_EQ(a.out("10.0.0.1"), a.interfaces().front().get());
  EXPECT_EQ(end.out("10.0.0.1")->node().name(), "end");
  EXPECT_NE(a.out("10.0.0.1"), &second);
}

TEST(Routing, TheNearestOfTwoThatAnnounceTheSame) {
  BoxTestbed net;
  Box& a = net.box("a");
  Box& far = net.box("far");
  Box& near = net.box("near");
  net.join(a, far, milliseconds(30));
  Interface& to_near = net.join(a, near, milliseconds(10));
  net.leaf(far, "h1", "10.0.0.1");
  net.leaf(near, "h2", "10.0.0.1");
  EXPECT_EQ(a.out("10.0.0.1"), &to_near);
}

TEST(Routing, RealmsMayUseTheSameAddresses) {
  BoxTestbed net;
  Box& left = net.box("left");
  Box& right = net.box("right");
  net.leaf(left, "h1", "192.168.1.2");
  net.leaf(right, "h2", "192.168.1.2");
  net.leaf(right, "h3", "192.168.1.3");
  EXPECT_EQ(left.out("192.168.1.2")->peer().node().name(), "h1");
  EXPECT_EQ(right.out("192.168.1.2")->peer().node().name(), "h2");
  EXPECT_FALSE(left.forwarding.lookup(ip("192.168.1.3")).has_value());
}

TEST(Routing, ANodeThatIsNoForwardingEndsTheRealm) {
  // A host between two boxes joins nothing.
  BoxTestbed net;
  Box& left = net.box("left");
  Box& right = net.box("right");
  Host& between = net.host("between", {"10.0.0.1"});
  Testbed::add_address(between.add_interface(), "10.0.0.2");
  net.network.connect(*between.interfaces()[0], left.add_interface(), {}, {});
  net.network.connect(*between.interfaces()[1], right.add_interface(), {}, {});
  net.leaf(right, "h", "10.0.0.3");
  EXPECT_NE(left.out("10.0.0.1"), nullptr);
  EXPECT_FALSE(left.forwarding.lookup(ip("10.0.0.2")).has_value());
  EXPECT_FALSE(left.forwarding.lookup(ip("10.0.0.3")).has_value());
}

TEST(Routing, FollowsEveryChangeOfTheTopology) {
  BoxTestbed net;
  Box& a = net.box("a");
  Box& b = net.box("b");
  Box& c = net.box("c");
  const auto known = [&](std::string_view address) {
    return a.forwarding.lookup(ip(address)).has_value();
  };
  EXPECT_FALSE(known("10.0.0.1"));
  net.leaf(c, "h", "10.0.0.1");
  Interface& slow = net.join(a, c, milliseconds(50));
  EXPECT_EQ(a.out("10.0.0.1"), &slow);
  Interface& quick = net.join(a, b, milliseconds(10));
  net.join(b, c, milliseconds(10));
  EXPECT_EQ(a.out("10.0.0.1"), &quick);
  EXPECT_FALSE(known("10.7.0.0"));
  c.forwarding.originate(Prefix::parse("10.7.0.0/16").value());
  EXPECT_EQ(a.out("10.7.0.0"), &quick);
  EXPECT_FALSE(known("10.0.0.9"));
  Testbed::add_address(*net.network.find("h")->interfaces().front(), "10.0.0.9");
  EXPECT_EQ(a.out("10.0.0.9"), &quick);
}

TEST(Routing, FollowsAChangedDelayBetweenForwardings) {
  BoxTestbed net;
  Box& a = net.box("a");
  Box& b = net.box("b");
  net.leaf(b, "h", "10.0.0.1");
  Interface& first = net.join(a, b, milliseconds(10));
  Interface& second = net.join(a, b, milliseconds(20));
  EXPECT_EQ(a.out("10.0.0.1"), &first);
  first.link().set_options({.one_way_delay = milliseconds(30)});
  EXPECT_EQ(a.out("10.0.0.1"), &second);
  // Neither another option nor the delay of an access link is a reason to compute again.
  const auto generation = net.network.topology_generation();
  first.link().set_options({.rate = 1000, .one_way_delay = milliseconds(30), .loss = 0.5});
  net.network.find("h")->interfaces().front()->link().set_options(
      {.one_way_delay = milliseconds(7)});
  EXPECT_EQ(net.network.topology_generation(), generation);
}

// Next hops of random graphs against Bellman and Ford's way to find shortest paths.
RC_GTEST_PROP(RoutingProperty, NextHopsAreOnAShortestPath, ()) {
  struct Edge {
    std::size_t from;
    std::size_t to;
    std::int64_t delay;
    const Interface* by;
  };
  using Cost = std::pair<std::int64_t, std::int64_t>;
  constexpr Cost far{std::numeric_limits<std::int64_t>::max() / 2, 0};
  const auto count = *rc::gen::inRange<std::size_t>(2, 8);
  BoxTestbed net;
  std::vector<Box*> boxes;
  for (std::size_t i = 0; i < count; ++i) boxes.push_back(&net.box("b" + std::to_string(i)));
  std::vector<Edge> edges;
  const auto links = *rc::gen::inRange<std::size_t>(1, 20);
  for (std::size_t i = 0; i < links; ++i) {
    const auto from = *rc::gen::inRange<std::size_t>(0, count);
    const auto to = *rc::gen::inRange<std::size_t>(0, count);
    // Few values, so that ties are common.
    const auto forth = *rc::gen::inRange<std::int64_t>(0, 4);
    const auto back = *rc::gen::inRange<std::int64_t>(0, 4);
    const Interface& near =
        net.join(*boxes[from], *boxes[to], milliseconds(forth), milliseconds(back));
    edges.push_back({from, to, milliseconds(forth).ns, &near});
    edges.push_back({to, from, milliseconds(back).ns, &near.peer()});
  }
  for (std::size_t i = 0; i < count; ++i) {
    boxes[i]->forwarding.originate(
        Prefix::of(IpAddress::v4(10, 0, static_cast<std::uint8_t>(i), 0), 24));
  }
  for (std::size_t to = 0; to < count; ++to) {
    std::vector<Cost> cost(count, far);  // from each box to `to`
    cost[to] = {};
    for (std::size_t round = 0; round < count; ++round) {
      for (const Edge& e : edges) {
        cost[e.from] = std::min(cost[e.from], {cost[e.to].first + e.delay, cost[e.to].second + 1});
      }
    }
    for (std::size_t from = 0; from < count; ++from) {
      if (from == to) continue;
      const auto address = IpAddress::v4(10, 0, static_cast<std::uint8_t>(to), 1);
      const auto route = boxes[from]->forwarding.lookup(address);
      RC_ASSERT(route.has_value() == (cost[from] < far));
      if (!route) continue;
      const Interface* expected = nullptr;  // the first built of those on a shortest path
      for (const Edge& e : edges) {
        if (e.from != from || e.to == from) continue;
        const Cost by_it{cost[e.to].first + e.delay, cost[e.to].second + 1};
        if (by_it != cost[from]) continue;
        if (expected == nullptr || e.by->id() < expected->id()) expected = e.by;
      }
      RC_ASSERT(route->out == expected);
    }
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
