// A program that keeps a port mapped by UPnP, against a device without a network between.
#include "stack/upnp/control_point.h"

#include <string>

#include <gtest/gtest.h>

#include "stack/upnp/gateway_device.h"
#include "tests/stack/portmap/fake_gateway.h"

namespace natsim::upnp {
namespace NATSIM_TEST_FILE {

using State = ControlPoint::State;

constexpr IpAddress router = IpAddress::v4(192, 168, 1, 1);
constexpr Endpoint local{IpAddress::v4(192, 168, 1, 2), 50'000};

struct Pair {
  explicit Pair(const DeviceOptions& device_options = {}, ControlPointOptions options = {})
      : device(device_options, router, gateway, Random(1)),
        client((options.internal_port = 5000, options), local, Random(2), now) {}

  // Lets all pass between the two that can pass at once.
  void settle() {
    while (true) {
      if (const auto out = client.poll_transmit()) {
        ++searches;
        if (present) device.receive({IpAddress::any_v4(), 1900}, out->local, out->payload, now);
      } else if (const auto answer = device.poll_transmit()) {
        client.receive({router, 1900}, answer->payload, now);
      } else if (const auto exchange = client.poll_exchange()) {
        carry(*exchange);
      } else {
        break;
      }
    }
  }
  void carry(const Exchange& exchange) {
    ++exchanges;
    if (!reachable) return;
    HttpReader reader;
    reader.feed(ByteView(reinterpret_cast<const std::uint8_t*>(exchange.request.data()),
                         exchange.request.size()));
    const std::string text = encode(device.answer(local.address, reader.message(), now));
    client.receive_answer(ByteView(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()),
                          now);
    client.end_answer(now);
  }
  void run_until(Time end) {
    settle();
    while (true) {
      const Time next = std::min(client.next_timeout(), device.next_timeout());
      if (next > end || next.is_never()) break;
      now = next;
      device.handle_timeout(now);
      client.handle_timeout(now);
      settle();
    }
    now = end;
  }

  Time now;
  portmap::FakeGateway gateway;
  GatewayDevice device;
  ControlPoint client;
  bool present = true;    // the device hears searches
  bool reachable = true;  // and answers requests
  int searches = 0;
  int exchanges = 0;
};

TEST(ControlPoint, FindsAsksAndIsMapped) {
  Pair pair;
  pair.run_until(Time{} + seconds(2));
  ASSERT_EQ(pair.client.state(), State::mapped);
  EXPECT_EQ(pair.client.external(), (Endpoint{pair.gateway.address, 5000}));
  EXPECT_EQ(pair.client.lifetime(), seconds(3600));
  EXPECT_EQ(pair.searches, 2);   // for either version
  EXPECT_EQ(pair.exchanges, 3);  // description, address, mapping
  EXPECT_TRUE(pair.client.poll_change());
  EXPECT_FALSE(pair.client.poll_change());
}

TEST(ControlPoint, RenewsAtHalfOfTheLease) {
  Pair pair;
  pair.run_until(Time{} + seconds(2));
  const Time granted = pair.client.expires() - seconds(3600);
  pair.run_until(granted + seconds(1800) - nanoseconds(1));
  EXPECT_EQ(pair.client.renewals(), 0U);
  pair.run_until(granted + seconds(1800));
  EXPECT_EQ(pair.client.renewals(), 1U);
  EXPECT_EQ(pair.client.expires(), granted + seconds(1800 + 3600));
}

TEST(ControlPoint, LosesWhatItCannotRenew) {
  Pair pair;
  pair.run_until(Time{} + seconds(2));
  const Time end = pair.client.expires();
  pair.reachable = false;
  pair.run_until(end - nanoseconds(1));
  EXPECT_EQ(pair.client.state(), State::mapped);
  // Half of the rest each time, each exchange given up after ten seconds.
  int tries = 0;
  for (Duration left = seconds(3600); left / 2 > seconds(4); left = left / 2 - seconds(10)) ++tries;
  EXPECT_EQ(pair.exchanges, 3 + tries);
  pair.run_until(end);
  EXPECT_EQ(pair.client.state(), State::failed);
  EXPECT_EQ(pair.client.failure(), "the mapping was not renewed by its end");
}

TEST(ControlPoint, GivesUpAfterThreeSearches) {
  Pair pair;
  pair.present = false;
  pair.run_until(Time{} + seconds(9) - nanoseconds(1));
  EXPECT_EQ(pair.searches, 6);
  EXPECT_EQ(pair.client.state(), State::requesting);
  pair.run_until(Time{} + seconds(9));
  EXPECT_EQ(pair.client.state(), State::failed);
  EXPECT_EQ(pair.client.failure(), "no UPnP gateway answers");
  EXPECT_EQ(pair.client.next_timeout(), Time::never());
}

TEST(ControlPoint, GivesUpAGatewayThatDoesNotAnswer) {
  Pair pair;
  pair.reachable = false;
  pair.run_until(Time{} + seconds(2));
  ASSERT_EQ(pair.exchanges, 1);
  pair.run_until(pair.client.next_timeout());
  EXPECT_EQ(pair.client.state(), State::failed);
  EXPECT_EQ(pair.client.failure(), "the gateway does not answer as a UPnP gateway does");
}

TEST(ControlPoint, TakesAMappingWithoutEndWhereThereIsNoOther) {
  Pair pair({.version = 1, .permanent_only = true});
  pair.run_until(Time{} + seconds(2));
  ASSERT_EQ(pair.client.state(), State::mapped);
  EXPECT_EQ(pair.client.lifetime(), Duration{});
  EXPECT_TRUE(pair.client.expires().is_never());
  EXPECT_EQ(pair.client.next_timeout(), Time::never());
  EXPECT_EQ(pair.exchanges, 4);
}

TEST(ControlPoint, TakesAnotherPortWhenItsOwnIsTaken) {
  for (const std::uint8_t version : {std::uint8_t{1}, std::uint8_t{2}}) {
    Pair pair({.version = version});
    pair.gateway.mappings[{portmap::MapProtocol::udp, {IpAddress::v4(192, 168, 1, 9), 5000}}] = {
        {pair.gateway.address, 5000}, Time::never()};
    pair.run_until(Time{} + seconds(2));
    ASSERT_EQ(pair.client.state(), State::mapped);
    EXPECT_NE(pair.client.external().port, 5000);
    EXPECT_GE(pair.client.external().port, 1024);
    EXPECT_EQ(pair.exchanges, version == 1 ? 4 : 3);
  }
}

TEST(ControlPoint, SaysWhatItWasRefusedWith) {
  Pair pair({.allow = false});
  pair.run_until(Time{} + seconds(2));
  EXPECT_EQ(pair.client.state(), State::failed);
  EXPECT_EQ(pair.client.failure(), "error 606 (Action not authorized)");
}

TEST(ControlPoint, RemovesWhatItHas) {
  Pair pair;
  pair.run_until(Time{} + seconds(2));
  pair.client.remove(pair.now);
  EXPECT_EQ(pair.client.state(), State::removing);
  pair.settle();
  EXPECT_EQ(pair.client.state(), State::removed);
  EXPECT_TRUE(pair.gateway.mappings.empty());
  Pair early;
  early.client.remove(early.now);
  EXPECT_EQ(early.client.state(), State::removed);
  EXPECT_EQ(early.client.next_timeout(), Time::never());
}

// Who answers for another device may want its requests sent elsewhere.
TEST(ControlPoint, IgnoresAnswersThatPointToOthers) {
  Pair pair;
  pair.present = false;
  pair.settle();
  const SearchAnswer answer{std::string(gateway_type_1), "uuid:1", "http://203.0.113.1:5000/x"};
  pair.client.receive({router, 1900}, encode(answer), pair.now);
  pair.settle();
  EXPECT_EQ(pair.exchanges, 0);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::upnp
