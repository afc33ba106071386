// Consent and keepalives of the pair in use (RFC 7675, RFC 8445 §11).
#include "probe.h"
#include "world.h"

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace natsim::ice::test {
namespace NATSIM_TEST_FILE {

constexpr Duration ms(std::int64_t n) { return milliseconds(n); }

// A probe with a selected pair at `connected`.
struct Connected {
  explicit Connected(Options options = {}) : p(std::move(options)) {
    p.meet();
    p.run_for(ms(60));
    p.answer(p.last_request());
    p.answer(p.last_request());
    EXPECT_EQ(p.agent.state(), AgentState::completed);
    connected = p.now;
    before = p.requests().size();
  }
  // The consent requests so far, with their times.
  [[nodiscard]] std::vector<Time> consent_times() const {
    std::vector<Time> times;
    for (const auto& [at, check] : p.all<CheckSent>()) {
      if (check.kind == CheckKind::consent) times.push_back(at);
    }
    return times;
  }
  // Until the next consent request has gone out.
  Transmit next_consent() {
    const std::size_t count = p.requests().size();
    while (p.requests().size() == count) p.run_until(p.agent.next_timeout());
    return p.last_request();
  }

  Probe p;
  Time connected;
  std::size_t before = 0;  // requests until then
};

TEST(IceConsent, Ice50_ExpiresThirtySecondsAfterTheLastResponse) {
  Connected c;
  const Transmit request = c.next_consent();
  c.p.run_for(ms(80));
  c.p.answer(request);
  const Time renewed = c.p.now;
  c.p.run_until(renewed + seconds(30) - nanoseconds(1));
  EXPECT_EQ(c.p.agent.send(as_bytes("x"), c.p.now), SendResult::sent);
  c.p.run_until(renewed + seconds(30));
  EXPECT_EQ(c.p.agent.state(), AgentState::failed);
  EXPECT_EQ(c.p.last<StateChanged>().reason, StateReason::consent_expired);
  EXPECT_EQ(c.p.last<ConsentLost>().last_response, renewed);
  // Sending ends at once, and for good.
  EXPECT_EQ(c.p.agent.send(as_bytes("x"), c.p.now), SendResult::no_valid_pair);
  const std::size_t sent = c.p.sent.size();
  c.p.run_for(seconds(100));
  EXPECT_EQ(c.p.sent.size(), sent);
}

TEST(IceConsent, Ice50_IntervalsAndTransactions) {
  Connected c;
  for (int i = 0; i < 200; ++i) {
    const Transmit request = c.next_consent();
    c.p.run_for(ms(30));
    c.p.answer(request);
  }
  std::set<stun::TransactionId> ids;
  std::set<std::int64_t> intervals;
  Time last = c.connected;
  for (const Time at : c.consent_times()) {
    // From the previous send, drawn anew.
    EXPECT_GE(at - last, seconds(4) - ms(60));
    EXPECT_LE(at - last, seconds(6));
    intervals.insert((at - last).ns);
    last = at;
  }
  EXPECT_GT(intervals.size(), 190U);
  const auto requests = c.p.requests();
  for (std::size_t i = c.before; i < requests.size(); ++i) {
    const auto message = view(requests[i]);
    ids.insert(message.transaction_id());
    EXPECT_FALSE(message.use_candidate());
    auto key = stun::IntegrityKey::short_term(peer_credentials.password);
    EXPECT_TRUE(key.verify(message));
  }
  EXPECT_EQ(ids.size(), 200U);  // one transmission each
}

TEST(IceConsent, Ice50_ALateResponseToAnEarlierRequestCounts) {
  Connected c;
  const Transmit first = c.next_consent();
  c.next_consent();
  c.next_consent();
  c.p.answer(first);
  const Time renewed = c.p.now;
  c.p.run_until(renewed + seconds(30) - nanoseconds(1));
  EXPECT_NE(c.p.agent.state(), AgentState::failed);
}

TEST(IceConsent, Ice51_C01_NothingElseRenews) {
  Connected c;
  const Time granted = c.connected;
  for (int i = 0; i < 5; ++i) {
    const Transmit request = c.next_consent();
    // An error, a wrong address, a wrong password; and the peer's own traffic.
    if (i % 3 == 0) c.p.refuse(request, stun::ErrorNumber::bad_request);
    if (i % 3 == 1) c.p.answer(request, own_address, other_address);
    if (i % 3 == 2) c.p.answer(request, own_address, std::nullopt, "not the peer's password");
    c.p.check_from(peer_address);
    EXPECT_TRUE(c.p.receive(peer_address, Bytes{128, 1, 2, 3}));
  }
  c.p.run_until(granted + seconds(30) - nanoseconds(1));
  EXPECT_EQ(c.p.agent.state(), AgentState::disconnected);
  c.p.run_until(granted + seconds(30));
  EXPECT_EQ(c.p.agent.state(), AgentState::failed);
}

TEST(IceConsent, DisconnectedAndBack) {
  Connected c;
  c.p.run_until(c.connected + seconds(12));
  EXPECT_EQ(c.p.agent.state(), AgentState::disconnected);
  // Data still goes out: consent has not expired.
  EXPECT_EQ(c.p.agent.send(as_bytes("x"), c.p.now), SendResult::sent);
  c.p.answer(c.next_consent());
  EXPECT_EQ(c.p.agent.state(), AgentState::completed);
  EXPECT_EQ(c.p.last<StateChanged>().reason, StateReason::consent_answered);
}

TEST(IceConsent, Ice52_ConsentIsOfOnePair) {
  // A response on another pair does not renew the selected one's.
  Options options;
  options.direct_patience = ms(200);
  Probe p(options);
  p.add_remote(Probe::remote_candidate(peer_address, "1"));
  Candidate lower = Probe::remote_candidate(other_address, "2");
  lower.priority -= 1000;
  p.add_remote(lower);
  p.set_credentials();
  p.run_for(ms(60));
  const auto requests = p.requests();
  p.answer(requests[0]);
  p.run_for(ms(300));
  p.answer(p.last_request());
  const Time granted = p.now;
  ASSERT_EQ(p.agent.state(), AgentState::completed);
  p.run_for(seconds(20));
  p.answer(requests[1]);  // of the pair that was not chosen
  p.run_until(granted + seconds(30));
  EXPECT_EQ(p.agent.state(), AgentState::failed);
}

TEST(IceConsent, Ice53_TheHostMayRevokeIt) {
  Connected c;
  c.p.agent.revoke_consent(c.p.now);
  EXPECT_EQ(c.p.agent.state(), AgentState::failed);
  EXPECT_EQ(c.p.agent.send(as_bytes("x"), c.p.now), SendResult::no_valid_pair);
  c.p.run_for(seconds(60));
  EXPECT_TRUE(c.p.last<ConsentLost>().revoked);
  EXPECT_TRUE(c.consent_times().empty());
}

TEST(IceConsent, Ice38_KeepalivesWhenNothingElseIsSent) {
  Options options;
  options.consent = false;
  Connected c(options);
  const auto indications = [&] {
    std::vector<Time> times;
    for (const auto& [at, transmit] : c.p.sent) {
      if (view(transmit).is_indication()) times.push_back(at);
    }
    return times;
  };
  c.p.run_until(c.connected + seconds(31));
  EXPECT_EQ(indications(), (std::vector{c.connected + seconds(15), c.connected + seconds(30)}));
  // Data puts the next one off.
  EXPECT_EQ(c.p.agent.send(as_bytes("x"), c.p.now), SendResult::sent);
  EXPECT_TRUE(c.p.agent.poll_transmit());
  c.p.run_until(c.connected + seconds(31 + 15) - nanoseconds(1));
  EXPECT_EQ(indications().size(), 2U);
  c.p.run_until(c.connected + seconds(31 + 15));
  EXPECT_EQ(indications().size(), 3U);
  EXPECT_EQ(c.p.agent.state(), AgentState::completed);
}

TEST(IceConsent, Ice38_ConsentSupersedesKeepalives) {
  Connected c;
  for (int i = 0; i < 20; ++i) c.p.answer(c.next_consent());
  EXPECT_TRUE(c.p.all<KeepaliveSent>().empty());
}

struct Pair {
  explicit Pair(World& world) {
    Options options;
    a = &world.add_peer("a", {IpAddress::v4(192, 168, 1, 2), 1}, ms(20), options,
                        NatModel(Mapping::endpoint_independent, Filtering::port_dependent,
                                 IpAddress::v4(192, 0, 2, 1)));
    options.role = Role::controlled;
    b = &world.add_peer("b", {IpAddress::v4(192, 0, 2, 2), 2}, ms(20), options);
    a->signal_to(*b);
    b->signal_to(*a);
    a->start(Time{});
    b->start(Time{});
  }
  Peer* a;
  Peer* b;
};

TEST(IceConsent, C04_ADayOfIdling) {
  World world;
  world.keep_packets = false;
  Pair pair(world);
  world.run_until(Time{} + seconds(24 * 3600));
  for (Peer* peer : {pair.a, pair.b}) {
    EXPECT_EQ(peer->agent().state(), AgentState::completed);
    EXPECT_EQ(peer->entered(AgentState::disconnected), Time::never());
    // One request and one response each 5 s, and a handful to connect.
    EXPECT_NEAR(static_cast<double>(peer->packets_sent()), 2.0 * 24 * 3600 / 5, 500);
  }
}

TEST(IceConsent, C12_ALostMappingIsNoticed) {
  World world;
  Pair pair(world);
  world.run_until(Time{} + seconds(10));
  ASSERT_EQ(pair.b->agent().state(), AgentState::completed);
  pair.a->nat()->forget();
  world.run_until(Time{} + seconds(60));
  // a's own requests come from a new port: b answers them there, so a stays; b's requests to the
  // old port are lost.
  EXPECT_EQ(pair.b->agent().state(), AgentState::failed);
  EXPECT_EQ(pair.b->all<ConsentLost>().size(), 1U);
}

TEST(IceConsent, C01_OneWayMediaDoesNotKeepItAlive) {
  World world;
  Pair pair(world);
  world.run_until(Time{} + seconds(5));
  ASSERT_EQ(pair.a->agent().state(), AgentState::completed);
  const auto responses_to_a = [](const Packet& packet) {
    return packet.is_binding(stun::MessageClass::success_response) &&
           packet.to.address == IpAddress::v4(192, 0, 2, 1);
  };
  world.drop = responses_to_a;
  for (int i = 0; i < 400; ++i) {
    world.at(Time{} + seconds(5) + ms(100) * i, [&] {
      pair.b->agent().send(as_bytes("media"), world.now());
      pair.b->drain(world.now());
    });
  }
  world.run_until(Time{} + seconds(45));
  EXPECT_EQ(pair.a->agent().state(), AgentState::failed);
  const Time lost = pair.a->all<ConsentLost>()[0].first;
  EXPECT_EQ(lost, pair.a->all<ConsentLost>()[0].second.last_response + seconds(30));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::ice::test
