// Which sockets a host opens.
#include <set>

#include <gtest/gtest.h>

#include "tests/sim/net/testbed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

struct OneHost : Testbed {
  explicit OneHost(std::uint64_t seed = 1)
      : Testbed(seed), a(host("a", {"10.0.0.1", "10.0.0.9", "2001:db8::1"})) {}
  // The error, or an empty text if the socket was opened; it is kept open.
  std::string error_of(std::string_view local) {
    auto result = a.open_udp(endpoint(local), box);
    if (!result) return result.error();
    sockets.push_back(std::move(result.value()));
    return {};
  }
  Host& a;
  Mailbox box;
};

TEST(HostPorts, AnAddressMustBeTheHostsOwn) {
  OneHost net;
  EXPECT_EQ(net.error_of("10.0.0.2:5000"), "a has no address 10.0.0.2");
  EXPECT_EQ(net.error_of("[2001:db8::2]:5000"), "a has no address 2001:db8::2");
  EXPECT_EQ(net.error_of("10.0.0.1:5000"), "");
}

TEST(HostPorts, ATakenPortIsRefused) {
  OneHost net;
  EXPECT_EQ(net.error_of("10.0.0.1:5000"), "");
  EXPECT_EQ(net.error_of("10.0.0.1:5000"), "a already has a socket on 10.0.0.1:5000");
  EXPECT_EQ(net.error_of("10.0.0.9:5000"), "");       // another address
  EXPECT_EQ(net.error_of("10.0.0.1:5001"), "");       // another port
  EXPECT_EQ(net.error_of("[2001:db8::1]:5000"), "");  // another family
}

TEST(HostPorts, AnyTakesThePortOfAllAddressesOfItsFamily) {
  OneHost net;
  EXPECT_EQ(net.error_of("10.0.0.1:5000"), "");
  EXPECT_EQ(net.error_of("0.0.0.0:5000"), "a already has a socket on 0.0.0.0:5000");
  EXPECT_EQ(net.error_of("[::]:5000"), "");
  EXPECT_EQ(net.error_of("[2001:db8::1]:5000"), "a already has a socket on [2001:db8::1]:5000");
  EXPECT_EQ(net.error_of("0.0.0.0:5001"), "");
  EXPECT_EQ(net.error_of("10.0.0.9:5001"), "a already has a socket on 10.0.0.9:5001");
}

TEST(HostPorts, AClosedPortIsFreeAgain) {
  OneHost net;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(net.error_of("10.0.0.1:5000"), "");
    EXPECT_EQ(net.error_of("10.0.0.9:5000"), "");
    // In both orders of the list of the port's sockets.
    net.sockets.erase(net.sockets.begin() + i % 2);
    net.sockets.clear();
  }
}

TEST(HostPorts, EphemeralPortsAreDistinctUntilNoneIsLeft) {
  OneHost net;
  std::set<std::uint16_t> ports;
  constexpr int count = 65536 - first_ephemeral_port;
  for (int i = 0; i < count; ++i) {
    ASSERT_EQ(net.error_of("10.0.0.1:0"), "");
    ports.insert(net.sockets.back()->local().port);
  }
  EXPECT_EQ(ports.size(), static_cast<std::size_t>(count));
  EXPECT_EQ(*ports.begin(), first_ephemeral_port);
  EXPECT_EQ(net.error_of("10.0.0.1:0"), "a has no free ephemeral port");
  EXPECT_EQ(net.error_of("0.0.0.0:0"), "a has no free ephemeral port");
  EXPECT_EQ(net.error_of("10.0.0.9:0"), "");
  // The one that is closed is the one that is found.
  const std::uint16_t freed = net.sockets[100]->local().port;
  net.sockets.erase(net.sockets.begin() + 100);
  EXPECT_EQ(net.error_of("10.0.0.1:0"), "");
  EXPECT_EQ(net.sockets.back()->local().port, freed);
}

TEST(HostPorts, EphemeralPortsAreTheSeedsAndTheHostsOwn) {
  const auto ports = [](std::uint64_t seed, const char* name, bool company) {
    Testbed net(seed);
    Mailbox box;
    if (company) net.open(net.host("company", {"10.0.0.7"}), "10.0.0.7:0", box);
    Host& host = net.host(name, {"10.0.0.1"});
    std::vector<std::uint16_t> found;
    for (int i = 0; i < 10; ++i) found.push_back(net.open(host, "10.0.0.1:0", box).local().port);
    return found;
  };
  const auto reference = ports(1, "a", false);
  EXPECT_EQ(ports(1, "a", false), reference);
  EXPECT_EQ(ports(1, "a", true), reference);
  EXPECT_NE(ports(2, "a", false), reference);
  EXPECT_NE(ports(1, "b", false), reference);
  // Chosen at random, not in a row (RFC 6056).
  EXPECT_NE(reference[1], reference[0] + 1);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
