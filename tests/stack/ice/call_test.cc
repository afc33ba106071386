// Whole calls: chases, relays that hold, loss, and packets that mean nothing.
#include "probe.h"
#include "world.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace natsim::ice::test {
namespace NATSIM_TEST_FILE {

constexpr Duration ms(std::int64_t n) { return milliseconds(n); }
constexpr Time at(Duration since_start) { return Time{} + since_start; }

const Endpoint stun_server{IpAddress::v4(203, 0, 113, 10), 3478};
const Endpoint turn_server{IpAddress::v4(203, 0, 113, 20), 3478};
const IpAddress external_a = IpAddress::v4(198, 51, 100, 1);
const IpAddress external_b = IpAddress::v4(192, 0, 2, 1);

using M = Mapping;
using F = Filtering;

struct Call {
  Call(M mapping_a, F filtering_a, M mapping_b, F filtering_b, bool turn_a, bool turn_b,
       Options options = {}, std::uint64_t seed = 1)
      : world(seed) {
    world.add_stun_server(stun_server, ms(5));
    world.add_turn_server(turn_server, ms(5));
    options.role = Role::controlling;
    a = &world.add_peer("a", {IpAddress::v4(192, 168, 1, 10), 5000}, ms(15), options,
                        NatModel(mapping_a, filtering_a, external_a));
    options.role = Role::controlled;
    b = &world.add_peer("b", {IpAddress::v4(192, 168, 2, 10), 5000}, ms(25), options,
                        NatModel(mapping_b, filtering_b, external_b));
    const auto servers = [](bool turn) {
      return turn ? std::vector<TurnServer>{{turn_server, "alice", "secret"}}
                  : std::vector<TurnServer>{};
    };
    a->agent().set_servers({stun_server}, servers(turn_a));
    b->agent().set_servers({stun_server}, servers(turn_b));
    a->signal_to(*b);
    b->signal_to(*a);
  }
  void start() {
    a->start(world.now());
    b->start(world.now());
  }
  void expect(AgentState state) const {
    EXPECT_EQ(a->agent().state(), state);
    EXPECT_EQ(b->agent().state(), state);
  }
  // Packets that either peer sends from now on for `span`.
  std::size_t packets_in(Duration span) {
    const std::size_t before = a->packets_sent() + b->packets_sent();
    world.run_until(world.now() + span);
    return a->packets_sent() + b->packets_sent() - before;
  }
  // Data each way now; whether both arrived.
  bool data_flows() {
    const std::size_t before = a->data().size() + b->data().size();
    a->agent().send(as_bytes("ping"), world.now());
    a->drain(world.now());
    b->agent().send(as_bytes("pong"), world.now());
    b->drain(world.now());
    world.run_until(world.now() + seconds(1));
    return a->data().size() + b->data().size() == before + 2;
  }

  World world;
  Peer* a;
  Peer* b;
};

TEST(IceCall, N14_TheChaseOfTwoSymmetricFullConesEnds) {
  for (const auto& [filtering_b, limit] :
       {std::pair{F::endpoint_independent, 0U}, std::pair{F::address_dependent, 0U}}) {
    Call call(M::port_dependent, F::endpoint_independent, M::port_dependent, filtering_b, false,
              false);
    call.start();
    call.world.run_until(at(seconds(60)));
    for (Peer* peer : {call.a, call.b}) {
      // Host and reflexive candidates are signalled; the rest is bounded by the cap.
      EXPECT_LE(peer->agent().remote_candidates().size(), 2 + Options().max_peer_reflexive);
      EXPECT_LE(peer->agent().pairs().size(), 2 + Options().max_peer_reflexive);
      EXPECT_LT(peer->packets_sent(), 500U);
    }
    // Without the cap it would go on.
    EXPECT_GT(call.a->ignored(IgnoreReason::peer_reflexive_cap) +
                  call.b->ignored(IgnoreReason::peer_reflexive_cap),
              0U);
    call.world.run_until(at(seconds(150)));
    call.expect(AgentState::failed);
    EXPECT_EQ(call.packets_in(seconds(100)), 0U);
  }
}

TEST(IceCall, N01_APeerReflexiveCandidateThroughTheRelay) {
  // a: relay behind a port-restricted NAT; b: symmetric and without a relay.
  Call call(M::endpoint_independent, F::port_dependent, M::port_dependent, F::port_dependent, true,
            false);
  call.start();
  call.world.run_until(at(seconds(5)));
  call.expect(AgentState::completed);
  EXPECT_EQ(call.a->agent().selected_pair()->local.type, CandidateType::relayed);
  EXPECT_EQ(call.a->agent().selected_pair()->remote.type, CandidateType::peer_reflexive);
  EXPECT_EQ(call.b->agent().selected_pair()->local.type, CandidateType::peer_reflexive);
  EXPECT_TRUE(call.data_flows());
}

TEST(IceCall, N17_ARelayedCallLastsLongerThanAllItsTimers) {
  Call call(M::port_dependent, F::port_dependent, M::port_dependent, F::port_dependent, true, true);
  call.world.keep_packets = false;
  call.start();
  call.world.run_until(at(seconds(5)));
  call.expect(AgentState::completed);
  // Permissions last 5 min, channels, nonces and allocations 10.
  for (int minute = 1; minute <= 65; ++minute) {
    call.world.run_until(at(seconds(60) * minute));
    ASSERT_TRUE(call.data_flows()) << "after " << minute << " min";
  }
  call.expect(AgentState::completed);
  EXPECT_EQ(call.a->entered(AgentState::disconnected), Time::never());
}

TEST(IceCall, Ice36_UnusedAllocationsAreReleased) {
  Call call(M::endpoint_independent, F::port_dependent, M::endpoint_independent, F::port_dependent,
            true, true);
  call.start();
  call.world.run_until(at(seconds(2)));
  call.expect(AgentState::completed);
  const Time nominated = call.a->agent().milestones().nominated;
  call.world.run_until(at(seconds(10)));
  std::vector<Time> deletions;
  for (const Packet& packet : call.world.packets()) {
    const auto message = packet.stun();
    if (packet.from.address == external_a && message && message->is_request() &&
        message->method() == stun::Method::refresh) {
      EXPECT_EQ(message->lifetime(), 0U);
      deletions.push_back(packet.sent);
    }
  }
  EXPECT_EQ(deletions, std::vector{nominated + seconds(3)});
}

TEST(IceCall, TC07_AChannelForTheSelectedPairOnly) {
  Call call(M::endpoint_independent, F::port_dependent, M::port_dependent, F::port_dependent, false,
            true);
  call.start();
  call.world.run_until(at(seconds(5)));
  call.expect(AgentState::completed);
  const std::size_t before = call.world.packets().size();
  EXPECT_TRUE(call.data_flows());
  bool channel_data = false;
  for (std::size_t i = before; i < call.world.packets().size(); ++i) {
    const Packet& packet = call.world.packets()[i];
    channel_data |= packet.to == turn_server && (packet.payload[0] & 0xc0) == 0x40;
  }
  EXPECT_TRUE(channel_data);
}

TEST(IceCall, TC03_ALostAllocationEndsTheCall) {
  Call call(M::endpoint_independent, F::port_dependent, M::port_dependent, F::port_dependent, false,
            true);
  call.start();
  call.world.run_until(at(seconds(5)));
  call.expect(AgentState::completed);
  // b's NAT forgets: its 5-tuple with the TURN server is another one, and the allocation is not.
  call.b->nat()->forget();
  call.world.run_until(at(seconds(60)));
  EXPECT_EQ(call.b->agent().state(), AgentState::failed);
  ASSERT_EQ(call.b->all<ServerFailed>().size(), 1U);
  EXPECT_EQ(call.b->all<ServerFailed>()[0].second.why, GatherFailure::lost);
}

TEST(IceCall, R09_FewPacketsOnceConnected) {
  Call call(M::port_dependent, F::endpoint_independent, M::endpoint_independent,
            F::address_dependent, true, true);
  call.start();
  call.world.run_until(at(seconds(15)));
  call.expect(AgentState::completed);
  // A consent request and its response, each way, at most every 4 s.
  EXPECT_LE(call.packets_in(seconds(100)), 2U * 2U * 26U);
}

TEST(IceCall, CloseGivesBackTheAllocation) {
  Call call(M::port_dependent, F::port_dependent, M::port_dependent, F::port_dependent, true, true);
  call.start();
  call.world.run_until(at(seconds(5)));
  call.a->agent().close(call.world.now());
  call.a->drain(call.world.now());
  call.world.run_until(at(seconds(100)));
  EXPECT_EQ(call.a->agent().state(), AgentState::closed);
  EXPECT_TRUE(call.a->agent().next_timeout().is_never());
  // The other side is no longer answered.
  EXPECT_EQ(call.b->agent().state(), AgentState::failed);
}

TEST(IceCall, N03_RemoteCandidatesBeforeTheOwnReflexiveOne) {
  Call call(M::endpoint_independent, F::port_dependent, M::endpoint_independent, F::port_dependent,
            false, false);
  // a's STUN answer takes 2 s.
  call.world.extra_delay = [](const Packet& packet) {
    return packet.from == stun_server && packet.to.address == external_a ? seconds(2) : Duration{};
  };
  call.start();
  call.world.run_until(at(seconds(10)));
  call.expect(AgentState::completed);
  EXPECT_EQ(call.a->agent().selected_pair()->local.type, CandidateType::server_reflexive);
}

TEST(IceCall, N04_SlowSignallingStillEndsDirect) {
  for (const std::int64_t delay : {5, 20, 39}) {
    Call call(M::endpoint_independent, F::port_dependent, M::endpoint_independent,
              F::port_dependent, true, true);
    call.world.signalling_delay = seconds(delay);
    // The answerer starts when the offer arrives.
    call.a->start(Time{});
    call.world.at(at(seconds(delay)), [&] { call.b->start(call.world.now()); });
    call.world.run_until(at(seconds(3 * delay + 60)));
    call.expect(AgentState::completed);
    EXPECT_EQ(call.a->agent().selected_pair()->local.type, CandidateType::server_reflexive);
    EXPECT_EQ(call.b->agent().selected_pair()->local.type, CandidateType::server_reflexive);
  }
}

TEST(IceCall, N07_StronglyAsymmetricDelay) {
  Call call(M::endpoint_independent, F::port_dependent, M::endpoint_independent, F::port_dependent,
            true, true);
  call.world.extra_delay = [](const Packet& packet) {
    return packet.from.address == external_b ? ms(1500) : Duration{};
  };
  call.start();
  call.world.run_until(at(seconds(30)));
  call.expect(AgentState::completed);
  EXPECT_EQ(call.a->agent().selected_pair()->local.type, CandidateType::server_reflexive);
}

TEST(IceCall, ThirtyPercentLossConnects) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    Call call(M::endpoint_independent, F::address_dependent, M::port_dependent, F::port_dependent,
              true, true, {}, seed);
    Random loss = Random(seed).split("loss");
    call.world.drop = [&loss](const Packet&) { return loss.chance(0.3); };
    call.start();
    call.world.run_until(at(seconds(60)), [&] {
      return call.a->agent().state() == AgentState::completed &&
             call.b->agent().state() == AgentState::completed;
    });
    call.expect(AgentState::completed);
  }
}

TEST(IceCall, SameSeedSameEvents) {
  const auto story = [] {
    Call call(M::port_dependent, F::port_dependent, M::address_dependent, F::address_dependent,
              true, true, {}, 42);
    call.start();
    call.world.run_until(at(seconds(30)));
    std::string text;
    for (const Peer* peer : {call.a, call.b}) {
      for (const auto& [time, event] : peer->events()) {
        text += to_string(time) + ' ' + to_string(event) + '\n';
      }
    }
    return text;
  };
  EXPECT_EQ(story(), story());
}

TEST(IceCall, Stun28_AnyBytesAreSurvived) {
  EXPECT_TRUE(rc::check("no datagram crashes an agent", [](const Bytes& noise, bool stun_like) {
    Probe p;
    p.meet();
    Bytes bytes = noise;
    if (stun_like) {
      // A real check with one part overwritten.
      bytes = p.last_request().payload;
      const auto offset = *rc::gen::inRange<std::size_t>(0, bytes.size());
      for (std::size_t i = 0; i < noise.size() && offset + i < bytes.size(); ++i) {
        bytes[offset + i] = noise[i];
      }
    }
    RC_ASSERT(!p.receive(peer_address, bytes));
    RC_ASSERT(!p.receive(other_address, bytes));
    RC_ASSERT(p.pair(1).state == PairState::in_progress);
  }));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::ice::test
