// When a client asks, renews and gives up.
#include "stack/portmap/client.h"

#include <vector>

#include <gtest/gtest.h>

#include "stack/portmap/server.h"
#include "tests/stack/portmap/fake_gateway.h"

namespace natsim::portmap {
namespace NATSIM_TEST_FILE {

const Endpoint at_gateway{IpAddress::v4(192, 168, 1, 1), server_port};
const Endpoint local{IpAddress::v4(192, 168, 1, 2), 50000};
constexpr Time at(Duration since_start) { return Time{} + since_start; }

ClientOptions options(ClientProtocol protocol) {
  return {
      .protocol = protocol, .gateway = at_gateway, .internal_port = 5000, .external_port = 6000};
}

// A client and a server with nothing in between, driven by the client's deadlines.
struct Pair {
  explicit Pair(ClientProtocol protocol, const ServerOptions& server_options = {})
      : server(server_options, gateway, Time{}), client(options(protocol), local, Random(1), now) {
    exchange();
  }
  void exchange() {
    while (const auto out = client.poll_transmit()) {
      sends.push_back(now);
      if (!answers) continue;
      server.receive(out->remote, out->local, out->payload, now);
      while (const auto back = server.poll_transmit()) {
        client.receive(back->local, back->payload, now);
      }
    }
    changes += client.poll_change() ? 1 : 0;
  }
  // Goes on to the client's next deadline; false if there is none.
  bool step() {
    if (client.next_timeout().is_never()) return false;
    now = client.next_timeout();
    client.handle_timeout(now);
    exchange();
    return true;
  }

  FakeGateway gateway;
  Time now;
  bool answers = true;
  std::vector<Time> sends;
  int changes = 0;
  Server server;
  Client client;
};

struct Alone {
  explicit Alone(ClientProtocol protocol, std::uint64_t seed = 1)
      : client(options(protocol), local, Random(seed), Time{}) {}
  // The times of the transmissions, up to `count`.
  std::vector<Time> transmissions(std::size_t count) {
    std::vector<Time> times;
    Time now{};
    while (times.size() < count) {
      while (client.poll_transmit()) times.push_back(now);
      if (client.next_timeout().is_never()) break;
      now = client.next_timeout();
      client.handle_timeout(now);
      end = now;
    }
    return times;
  }
  Client client;
  Time end;
};

TEST(NatPmpClient, Rfc6886_3_1_NineTriesThatDoubleAndAMinuteMore) {
  Alone alone(ClientProtocol::nat_pmp);
  std::vector<Time> expected;
  for (int k = 0; k < 9; ++k) expected.push_back(at(milliseconds(250) * ((1 << k) - 1)));
  EXPECT_EQ(alone.transmissions(100), expected);
  EXPECT_EQ(alone.client.state(), Client::State::failed);
  EXPECT_EQ(alone.client.failure(), "the gateway does not answer");
  // 250 ms (2^9 - 1): the last wait is 64 s.
  EXPECT_EQ(alone.end, at(milliseconds(127'750)));
}

TEST(PcpClient, Rfc6887_8_1_1_WaitsDoubleWithinATenthUpTo1024Seconds) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Alone alone(ClientProtocol::pcp, seed);
    const std::vector<Time> times = alone.transmissions(15);
    ASSERT_EQ(times.size(), 15U);
    Duration previous = times[1] - times[0];
    EXPECT_GE(previous, milliseconds(2700));
    EXPECT_LE(previous, milliseconds(3300));
    for (std::size_t k = 2; k < times.size(); ++k) {
      const Duration wait = times[k] - times[k - 1];
      const Duration base = std::min(previous * 2, seconds(1024));
      EXPECT_GE(wait, base * 9 / 10) << k;
      EXPECT_LE(wait, base * 11 / 10) << k;
      previous = wait;
    }
    EXPECT_EQ(alone.client.state(), Client::State::requesting);
  }
}

TEST(NatPmpClient, AsksForTheAddressAndThenForTheMapping) {
  Pair pair(ClientProtocol::nat_pmp);
  EXPECT_EQ(pair.sends.size(), 2U);
  EXPECT_EQ(pair.client.state(), Client::State::mapped);
  EXPECT_EQ(pair.client.external(), (Endpoint{pair.gateway.address, 6000}));
  EXPECT_EQ(pair.client.expires(), at(seconds(7200)));
}

TEST(NatPmpClient, Rfc6886_3_3_RenewsAtHalfTheLifetime) {
  Pair pair(ClientProtocol::nat_pmp);
  EXPECT_EQ(pair.client.next_timeout(), at(seconds(3600)));
  pair.step();
  EXPECT_EQ(pair.client.renewals(), 1U);
  EXPECT_EQ(pair.client.expires(), at(seconds(3600 + 7200)));
}

TEST(NatPmpClient, TriesAgainAtThreeQuartersAndSoOnUntilTheEnd) {
  Pair pair(ClientProtocol::nat_pmp, {.max_lifetime = seconds(64)});
  pair.answers = false;
  pair.sends.clear();
  while (pair.step()) {
  }
  // 64 s: at 32, 48, 56, 60 s, and no more within 4 s of one another.
  EXPECT_EQ(pair.sends, (std::vector<Time>{at(seconds(32)), at(seconds(48)), at(seconds(56)),
                                           at(seconds(60))}));
  EXPECT_EQ(pair.now, at(seconds(64)));
  EXPECT_EQ(pair.client.state(), Client::State::failed);
  EXPECT_EQ(pair.client.failure(), "the mapping was not renewed before its end");
}

TEST(PcpClient, Rfc6887_11_2_1_RenewsBetweenAHalfAndFiveEighths) {
  Pair pair(ClientProtocol::pcp);
  ASSERT_EQ(pair.client.state(), Client::State::mapped);
  EXPECT_GE(pair.client.next_timeout(), at(seconds(3600)));
  EXPECT_LE(pair.client.next_timeout(), at(seconds(4500)));
  pair.answers = false;
  pair.step();
  // Then between three quarters and a sixteenth more.
  EXPECT_GE(pair.client.next_timeout(), at(seconds(5400)));
  EXPECT_LE(pair.client.next_timeout(), at(seconds(5850)));
  pair.answers = true;
  pair.step();
  EXPECT_EQ(pair.client.renewals(), 1U);
}

TEST(PcpClient, Rfc6887_8_5_SeesByTheEpochThatTheGatewayHasRestarted) {
  for (const ClientProtocol protocol : {ClientProtocol::nat_pmp, ClientProtocol::pcp}) {
    Pair pair(protocol);
    pair.step();
    EXPECT_EQ(pair.client.gateway_restarts(), 0U);
    pair.server.restart(pair.now + seconds(1));
    pair.gateway.mappings.clear();
    pair.step();
    EXPECT_EQ(pair.client.gateway_restarts(), 1U);
    // It gets back what it had.
    EXPECT_EQ(pair.client.external(), (Endpoint{pair.gateway.address, 6000}));
    EXPECT_EQ(pair.client.state(), Client::State::mapped);
  }
}

TEST(PortMapClient, RemovesTheMapping) {
  for (const ClientProtocol protocol : {ClientProtocol::nat_pmp, ClientProtocol::pcp}) {
    Pair pair(protocol);
    pair.client.remove(pair.now);
    pair.exchange();
    EXPECT_EQ(pair.client.state(), Client::State::removed);
    EXPECT_TRUE(pair.gateway.mappings.empty());
    EXPECT_TRUE(pair.client.next_timeout().is_never());
  }
}

TEST(PortMapClient, SaysWhyItWasRefused) {
  Pair pcp(ClientProtocol::pcp, {.allow = false});
  EXPECT_EQ(pcp.client.state(), Client::State::failed);
  EXPECT_EQ(pcp.client.failure(), "NOT_AUTHORIZED");
  Pair nat_pmp(ClientProtocol::nat_pmp, {.allow = false});
  EXPECT_EQ(nat_pmp.client.failure(), "not authorized");
}

TEST(PcpClient, Rfc6887_8_3_IgnoresWhatIsNotItsAnswer) {
  Alone alone(ClientProtocol::pcp);
  const auto request = alone.client.poll_transmit();
  const auto reading = decode_pcp_request(request->payload);
  PcpResponse answer{.opcode = 1, .lifetime = 100, .map = reading->request.map};
  const Endpoint stranger{IpAddress::v4(192, 168, 1, 9), server_port};
  alone.client.receive(stranger, encode(answer), Time{});
  EXPECT_EQ(alone.client.state(), Client::State::requesting);
  answer.map->nonce[0] ^= 1;
  alone.client.receive(at_gateway, encode(answer), Time{});
  EXPECT_EQ(alone.client.state(), Client::State::requesting);
  answer.map->nonce[0] ^= 1;
  alone.client.receive(at_gateway, encode(answer), Time{});
  EXPECT_EQ(alone.client.state(), Client::State::mapped);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::portmap
