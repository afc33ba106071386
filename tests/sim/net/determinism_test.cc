// The same world runs the same way, alone or in company.
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "tests/sim/net/testbed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

constexpr LinkOptions chancy = {.rate = 1'000'000,
                                .one_way_delay = milliseconds(10),
                                .jitter = milliseconds(4),
                                .loss = 0.05,
                                .queue_packets = 20};

// Hosts on a router that send to one another in bursts, all at the same instants, so that many
// things happen at once; each answers what it receives.
class Crowd {
 public:
  Crowd(Testbed& net, std::string prefix, Router& router, std::uint8_t subnet, int count) {
    mailbox_.then = [](UdpSocket& socket, const Packet& packet) {
      if (packet.destination.port == 7) socket.send(packet.source, packet.payload());
    };
    for (int i = 0; i < count; ++i) {
      const auto address = IpAddress::v4(10, subnet, 0, static_cast<std::uint8_t>(i + 1));
      Host& host = net.host(prefix + std::to_string(i), {to_string(address)});
      net.attach(host, router, chancy);
      sockets_.push_back(std::move(host.open_udp({address, 7}, mailbox_).value()));
      clients_.push_back(std::move(host.open_udp({address, 0}, mailbox_).value()));
    }
  }
  void burst() {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      const auto& to = sockets_[(i * 7 + 1) % sockets_.size()]->local();
      for (std::size_t size = 0; size < 3; ++size) clients_[i]->send(to, Bytes(100 * size, 0x11));
    }
  }

 private:
  Mailbox mailbox_;
  std::vector<std::unique_ptr<UdpSocket>> sockets_;
  std::vector<std::unique_ptr<UdpSocket>> clients_;
};

enum class Company { none, before, after, on_the_same_router };

// One step of a packet of the first crowd, by names instead of numbers, and the packet's own count
// at its maker.
using Sight = std::tuple<Time, core::PacketStep, core::DropReason, std::string, std::uint64_t>;

struct Outcome {
  std::uint64_t digest;
  std::uint64_t events;
  std::vector<PacketLog::Step> steps;
  std::vector<Sight> sights;
};

Outcome run_crowd(Company company, std::uint64_t seed = 1) {
  Testbed net(seed);
  PacketLog log(net.world);
  std::unique_ptr<Crowd> others;
  const auto add_others = [&](Router& router) {
    others = std::make_unique<Crowd>(net, "other", router, 2, 5);
  };
  if (company == Company::before) add_others(net.network.add<Router>("r2"));
  Router& router = net.network.add<Router>("r1");
  Crowd crowd(net, "host", router, 1, 8);
  if (company == Company::after) add_others(net.network.add<Router>("r2"));
  if (company == Company::on_the_same_router) add_others(router);
  for (int i = 0; i < 20; ++i) {
    net.run_until(milliseconds(5) * i);
    if (others) others->burst();
    crowd.burst();
  }
  net.run();
  Outcome outcome{net.world.events().digest(), net.world.events().count(), {}, {}};
  for (PacketLog::Step& step : log.steps) {
    const bool ours = step.source.address.to_v4() >> 16 == 0x0a01;
    if (!ours) continue;
    outcome.sights.emplace_back(step.at, step.step, step.reason,
                                net.world.object(step.where)->name(), step.packet & 0xff'ffff'ffff);
    outcome.steps.push_back(std::move(step));
  }
  return outcome;
}

// Names of a router's interfaces count the interfaces, so what was linked before shifts them.
std::vector<Sight> without_router_ports(std::vector<Sight> sights) {
  for (auto& sight : sights) {
    std::string& name = std::get<3>(sight);
    if (name.starts_with("r1/")) name = "r1";
  }
  return sights;
}

TEST(Determinism, TheSameWorldTwice) {
  const Outcome first = run_crowd(Company::none);
  const Outcome second = run_crowd(Company::none);
  EXPECT_GT(first.events, 2000U);
  EXPECT_EQ(first.digest, second.digest);
  EXPECT_EQ(first.events, second.events);
  EXPECT_TRUE(first.steps == second.steps);
}

TEST(Determinism, TheSeedMatters) {
  EXPECT_NE(run_crowd(Company::none, 1).digest, run_crowd(Company::none, 2).digest);
}

TEST(Determinism, WhoIsAddedLaterChangesNobodysTimesNumbersOrOrder) {
  const Outcome alone = run_crowd(Company::none);
  const Outcome company = run_crowd(Company::after);
  EXPECT_NE(alone.digest, company.digest);
  EXPECT_TRUE(alone.steps == company.steps);
}

TEST(Determinism, WhoIsAddedToTheSameRouterChangesNobody) {
  const Outcome alone = run_crowd(Company::none);
  const Outcome company = run_crowd(Company::on_the_same_router);
  EXPECT_TRUE(alone.steps == company.steps);
}

TEST(Determinism, WhoIsBuiltBeforeShiftsNumbersButNeitherTimesNorOrder) {
  const Outcome alone = run_crowd(Company::none);
  const Outcome company = run_crowd(Company::before);
  EXPECT_FALSE(alone.steps == company.steps);
  EXPECT_TRUE(without_router_ports(alone.sights) == without_router_ports(company.sights));
}

TEST(Determinism, AListenerChangesNothing) {
  const auto digest = [](bool listened) {
    TwoHosts net(chancy);
    std::unique_ptr<PacketLog> log;
    if (listened) log = std::make_unique<PacketLog>(net.world);
    for (int i = 0; i < 50; ++i) net.send(300);
    net.run();
    return net.world.events().digest();
  };
  EXPECT_EQ(digest(false), digest(true));
}

TEST(Determinism, ThePayloadIsInTheDigest) {
  const auto digest = [](std::string_view payload) {
    TwoHosts net(LinkOptions{});
    net.a_socket->send(net.b_socket->local(), as_bytes(payload));
    net.run();
    return net.world.events().digest();
  };
  EXPECT_EQ(digest("abcd"), digest("abcd"));
  EXPECT_NE(digest("abcd"), digest("abce"));
  EXPECT_NE(digest("abcd"), digest("abcd1"));
}

TEST(Determinism, WorldsOnThreadsDoNotMeet) {
  const Outcome reference[] = {run_crowd(Company::none, 1), run_crowd(Company::after, 2)};
  Outcome parallel[2];
  std::thread first([&] { parallel[0] = run_crowd(Company::none, 1); });
  std::thread second([&] { parallel[1] = run_crowd(Company::after, 2); });
  first.join();
  second.join();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(parallel[i].digest, reference[i].digest);
    EXPECT_TRUE(parallel[i].steps == reference[i].steps);
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
