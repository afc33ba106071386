#include "stack/turn/relay_ports.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace natsim::turn {
namespace NATSIM_TEST_FILE {

const IpAddress first = IpAddress::v4(203, 0, 113, 20);
const IpAddress second = IpAddress::v4(203, 0, 113, 21);

TEST(TurnRelayPorts, AllAreHandedOutOnceInAnUnpredictableOrder) {
  RelayPorts ports({first, second}, 50000, 50099, seconds(120), Random(1));
  std::set<Endpoint> taken;
  std::vector<Endpoint> order;
  while (const auto endpoint = ports.pick(Family::ipv4, RelayPorts::Parity::any, Time{})) {
    ports.take(*endpoint);
    EXPECT_TRUE(taken.insert(*endpoint).second);
    order.push_back(*endpoint);
  }
  EXPECT_EQ(taken.size(), 200U);
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
}

TEST(TurnRelayPorts, OddRangeHasNoPairAtItsEnd) {
  RelayPorts ports({first}, 50000, 50000, seconds(120), Random(1));
  EXPECT_TRUE(ports.pick(Family::ipv4, RelayPorts::Parity::even, Time{}));
  EXPECT_FALSE(ports.pick(Family::ipv4, RelayPorts::Parity::even_and_next_free, Time{}));
  EXPECT_FALSE(ports.pick(Family::ipv6, RelayPorts::Parity::any, Time{}));
}

// Against a model that keeps, for each port, until when it is not free.
RC_GTEST_PROP(TurnRelayPorts, NothingIsHandedOutWhileItIsInUseReservedOrHeldOff, ()) {
  RelayPorts ports({first}, 50000, 50007, seconds(120),
                   Random(*rc::gen::arbitrary<std::uint64_t>()));
  std::map<std::uint16_t, Time> busy_until;
  std::vector<Endpoint> in_use;
  Time now;
  const auto is_free = [&](std::uint16_t port) {
    return !busy_until.contains(port) || busy_until[port] <= now;
  };
  const auto steps = *rc::gen::inRange(1, 60);
  for (int step = 0; step < steps; ++step) {
    now += seconds(*rc::gen::inRange(0, 40));
    const int action = *rc::gen::inRange(0, 4);
    if (action == 3 && !in_use.empty()) {
      const auto index = *rc::gen::inRange<std::size_t>(0, in_use.size());
      ports.release(in_use[index], now);
      busy_until[in_use[index].port] = now + seconds(120);
      in_use.erase(in_use.begin() + static_cast<std::ptrdiff_t>(index));
      continue;
    }
    const auto parity = static_cast<RelayPorts::Parity>(action % 3);
    const auto endpoint = ports.pick(Family::ipv4, parity, now);
    bool possible = false;
    for (std::uint16_t port = 50000; port <= 50007; ++port) {
      const auto next = static_cast<std::uint16_t>(port + 1);
      possible |= is_free(port) && (action % 3 == 0 || port % 2 == 0) &&
                  (action % 3 != 2 || (next <= 50007 && is_free(next)));
    }
    RC_ASSERT(endpoint.has_value() == possible);
    if (!endpoint) continue;
    RC_ASSERT(is_free(endpoint->port));
    ports.take(*endpoint);
    busy_until[endpoint->port] = Time::never();
    in_use.push_back(*endpoint);
    if (parity == RelayPorts::Parity::even_and_next_free) {
      const auto token = ports.reserve_next(*endpoint, now);
      busy_until[static_cast<std::uint16_t>(endpoint->port + 1)] = now + seconds(30);
      RC_ASSERT(ports.reserved(token, now + seconds(30) - nanoseconds(1)).has_value());
      RC_ASSERT(!ports.reserved(token, now + seconds(30)).has_value());
    }
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::turn
