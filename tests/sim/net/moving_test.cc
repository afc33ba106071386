// Hosts that move: interfaces that go, addresses that change, sleep.
#include <vector>

#include <gtest/gtest.h>

#include "tests/sim/net/testbed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

using core::DropReason;

TEST(Moving, ADownInterfaceTakesAndGivesNothing) {
  TwoHosts net({.one_way_delay = milliseconds(10)});
  PacketLog log(net.world);
  Interface& mine = *net.a.interfaces().front();
  net.b_socket->send(net.a_socket->local(), as_bytes("comes too late"));
  mine.set_up(false);
  net.send(100);
  net.run();
  ASSERT_EQ(log.drops().size(), 2U);
  for (const auto& drop : log.drops()) {
    EXPECT_EQ(drop.reason, DropReason::interface_down);
    EXPECT_EQ(drop.where, mine.id());
  }
  mine.set_up(true);
  net.send(100);
  net.run();
  EXPECT_EQ(net.at_b.letters.size(), 1U);
}

// A phone with two interfaces, and a server that both lead to.
struct Phone : Testbed {
  Phone()
      : phone(host("phone", {"10.0.1.1"})),
        server(host("server", {"10.0.9.1"})),
        router(network.add<Router>("router")) {
    attach(phone, router, {.one_way_delay = milliseconds(5)});
    attach(server, router, {});
    Interface& cellular = phone.add_interface();
    add_address(cellular, "10.0.2.1");
    network.connect(cellular, router.add_interface(), {.one_way_delay = milliseconds(40)},
                    {.one_way_delay = milliseconds(40)});
    open(server, "10.0.9.1:7", at_server);
  }
  Interface& wifi() { return *phone.interfaces()[0]; }
  Interface& cellular() { return *phone.interfaces()[1]; }

  Host& phone;
  Host& server;
  Router& router;
  Mailbox at_server;
  Mailbox at_phone;
};

TEST(Moving, FromWifiToCellularWithAGap) {
  Phone net;
  UdpSocket& any = net.open(net.phone, "0.0.0.0:5000", net.at_phone);
  UdpSocket& bound = net.open(net.phone, "10.0.1.1:6000", net.at_phone);
  const auto send = [&] {
    any.send(endpoint("10.0.9.1:7"), as_bytes("any"));
    bound.send(endpoint("10.0.9.1:7"), as_bytes("bound"));
    net.run();
  };
  net.cellular().set_up(false);
  send();
  net.wifi().set_up(false);  // the gap
  send();
  EXPECT_EQ(net.drops(DropReason::no_route), 1U);        // nowhere to go
  EXPECT_EQ(net.drops(DropReason::interface_down), 1U);  // its own interface
  net.cellular().set_up(true);
  send();
  std::vector<Endpoint> from;
  for (const auto& letter : net.at_server.letters) from.push_back(letter.from);
  EXPECT_EQ(from, (std::vector{endpoint("10.0.1.1:5000"), endpoint("10.0.1.1:6000"),
                               endpoint("10.0.2.1:5000")}));
}

TEST(Moving, AnAddressThatIsGoneIsTold) {
  Phone net;
  UdpSocket& old = net.open(net.phone, "10.0.1.1:6000", net.at_phone);
  UdpSocket& server = net.open(net.server, "10.0.9.1:8", net.at_server);
  server.send(endpoint("10.0.1.1:6000"), as_bytes("under way"));
  net.run_until(milliseconds(1));
  net.wifi().set_addresses({{ip("10.0.1.77"), 32}});
  old.send(endpoint("10.0.9.1:7"), as_bytes("from nowhere"));
  net.run();
  EXPECT_EQ(net.drops(DropReason::address_gone), 2U);
  EXPECT_TRUE(net.at_phone.letters.empty());
  // The new one is routed to.
  UdpSocket& renewed = net.open(net.phone, "10.0.1.77:6000", net.at_phone);
  server.send(renewed.local(), as_bytes("welcome"));
  net.run();
  EXPECT_EQ(net.at_phone.letters.size(), 1U);
  EXPECT_FALSE(net.phone.open_udp(endpoint("10.0.1.1:9"), net.at_phone));
}

// A program with one timer.
class Clockwork : public core::Actor {
 public:
  Clockwork(Host& host, Time due)
      : Actor(host.world().scheduler(), host.id()), host_(host), timer(*this) {
    timer.arm(due);
  }
  void on_timer(core::Timer& due) override {
    if (host_.asleep()) return host_.defer(due);
    fired.push_back(host_.world().now());
  }

 private:
  Host& host_;

 public:
  core::Timer timer;
  std::vector<Time> fired;
};

TEST(Moving, AHostThatSleepsHearsNothingAndWakesLate) {
  TwoHosts net({.one_way_delay = milliseconds(10)});
  Clockwork early(net.b, Time{} + milliseconds(50));
  Clockwork late(net.b, Time{} + milliseconds(500));
  Clockwork ended(net.b, Time{} + milliseconds(60));
  net.b.sleep();
  net.send(100);
  net.b_socket->send(net.a_socket->local(), as_bytes("in its sleep"));
  net.run_until(milliseconds(200));
  EXPECT_EQ(net.drops(DropReason::host_asleep), 2U);
  net.b.forget(ended.timer);
  net.b.wake();
  net.run();
  EXPECT_EQ(early.fired, std::vector{Time{} + milliseconds(200)});
  EXPECT_EQ(late.fired, std::vector{Time{} + milliseconds(500)});
  EXPECT_TRUE(ended.fired.empty());
  net.send(100);
  net.run();
  EXPECT_EQ(net.at_b.letters.size(), 1U);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
