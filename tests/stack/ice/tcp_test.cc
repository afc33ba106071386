// Two agents whose UDP goes nowhere, and what TCP does for them (RFC 6544).
#include <algorithm>
#include <deque>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "stack/ice/agent.h"

namespace natsim::ice {
namespace NATSIM_TEST_FILE {

constexpr Duration one_way = milliseconds(20);

// An agent, and the connections that it has.
struct Side {
  Side(Role role, IpAddress own, std::uint64_t seed, bool udp, bool listens)
      : address(own), agent(options_of(role), Random(seed)), listening(listens) {
    if (udp) agent.add_local_address({own, 5000}, Time{});
    agent.add_tcp_address({own, 6000}, Time{});
  }
  static Options options_of(Role role) {
    Options options;
    options.role = role;
    return options;
  }
  template <typename E>
  [[nodiscard]] std::vector<std::pair<Time, E>> all() const {
    std::vector<std::pair<Time, E>> found;
    for (const auto& [at, event] : events) {
      if (const auto* one = std::get_if<E>(&event)) found.emplace_back(at, *one);
    }
    return found;
  }

  IpAddress address;
  Agent agent;
  bool listening;                    // or its port is closed to the other side
  std::uint16_t next_port = 50'000;  // of its next connection
  std::vector<std::pair<Time, Event>> events;
  std::size_t data = 0;  // messages received
};

// A connection stands one round trip after it was asked for; messages take half of that.
class Wire {
 public:
  Wire(Side& a, Side& b) : a_(a), b_(b) {}

  void signal() {
    for (const auto& [from, to] : {std::pair(&a_, &b_), std::pair(&b_, &a_)}) {
      from->agent.start_gathering(now_);
      to->agent.set_remote_credentials(from->agent.local_credentials(), now_);
    }
    pump();
    for (const auto& [from, to] : {std::pair(&a_, &b_), std::pair(&b_, &a_)}) {
      for (const auto& [at, gathered] : from->all<CandidateGathered>()) {
        Candidate told = gathered.candidate;
        told.base = {};
        to->agent.add_remote_candidate(told, now_);
      }
      to->agent.end_of_remote_candidates(now_);
    }
    pump();
  }

  void run_until(Time end) {
    for (;;) {
      pump();
      Time next = std::min(a_.agent.next_timeout(), b_.agent.next_timeout());
      for (const InFlight& one : in_flight_) next = std::min(next, one.due);
      if (next > end) break;
      now_ = next;
      for (Side* side : {&a_, &b_}) {
        if (side->agent.next_timeout() <= now_) side->agent.handle_timeout(now_);
      }
      arrive();
    }
    now_ = end;
  }

  // Every connection ends, for both sides at once.
  void cut() {
    in_flight_.clear();
    for (const auto& [local, remote] : std::exchange(connections_, {})) {
      a_.agent.connection_lost(local, remote, now_);
      a_.agent.connection_lost(remote, local, now_);
      b_.agent.connection_lost(local, remote, now_);
      b_.agent.connection_lost(remote, local, now_);
    }
    pump();
  }
  void pump() {
    for (bool quiet = false; !quiet;) {
      quiet = true;
      for (Side* side : {&a_, &b_}) {
        while (auto out = side->agent.poll_transmit()) {
          if (out->transport == Transport::tcp) in_flight_.push_back({now_ + one_way, *out});
        }
        while (const auto event = side->agent.poll_event()) {
          quiet = false;
          side->events.emplace_back(now_, *event);
          if (const auto* needed = std::get_if<ConnectionNeeded>(&*event)) connect(*side, *needed);
        }
      }
    }
  }

  [[nodiscard]] Time now() const { return now_; }
  bool refuse = false;  // connections from now on

 private:
  struct InFlight {
    Time due;
    // A message, or a connection that is asked for.
    std::variant<Transmit, ConnectionNeeded> what;
  };

  void connect(Side& /*side*/, const ConnectionNeeded& needed) {
    in_flight_.push_back({now_ + one_way * 2, needed});
  }
  Side& owner(const IpAddress& address) { return address == a_.address ? a_ : b_; }

  void arrive() {
    for (std::size_t i = 0; i < in_flight_.size();) {
      if (in_flight_[i].due > now_) {
        ++i;
        continue;
      }
      const InFlight one = in_flight_[i];
      in_flight_.erase(in_flight_.begin() + static_cast<std::ptrdiff_t>(i));
      if (const auto* needed = std::get_if<ConnectionNeeded>(&one.what)) {
        open(*needed);
      } else {
        const auto& message = std::get<Transmit>(one.what);
        Side& to = owner(message.remote.address);
        if (to.agent.receive(message.remote, message.local, message.payload, now_,
                             Transport::tcp)) {
          ++to.data;
        }
      }
      pump();
    }
  }

  void open(const ConnectionNeeded& needed) {
    Side& from = owner(needed.base.address);
    Side& to = owner(needed.remote.address);
    if (refuse || !to.listening) {
      from.agent.connection_opened(needed.base, needed.remote, std::nullopt, now_);
      return;
    }
    const Endpoint local{from.address, from.next_port++};
    connections_.emplace_back(local, needed.remote);
    EXPECT_TRUE(to.agent.connection_accepted(needed.remote, local, now_));
    EXPECT_TRUE(from.agent.connection_opened(needed.base, needed.remote, local, now_));
  }

  Side& a_;
  Side& b_;
  Time now_{};
  std::deque<InFlight> in_flight_;
  std::vector<std::pair<Endpoint, Endpoint>> connections_;
};

const IpAddress alice_address = IpAddress::v4(192, 0, 2, 1);
const IpAddress bob_address = IpAddress::v4(198, 51, 100, 1);

// Alice can connect to Bob, and he not to her.
struct Pair {
  explicit Pair(Role alices = Role::controlling)
      : alice(alices, alice_address, 1, true, false),
        bob(opposite(alices), bob_address, 2, true, true),
        wire(alice, bob) {
    wire.signal();
  }
  Side alice;
  Side bob;
  Wire wire;
};

TEST(IceTcp, Ice62_ActiveAndPassiveCandidatesOfEachAddress) {
  Pair pair;
  const auto gathered = pair.alice.all<CandidateGathered>();
  ASSERT_EQ(gathered.size(), 3U);
  const Candidate& active = gathered[1].second.candidate;
  EXPECT_EQ(active.tcp_type, TcpType::active);
  EXPECT_EQ(active.address, (Endpoint{alice_address, 9}));
  EXPECT_EQ(active.priority, candidate_priority(CandidateType::host, 6 * 8192 + 8191, 1));
  const Candidate& passive = gathered[2].second.candidate;
  EXPECT_EQ(passive.tcp_type, TcpType::passive);
  EXPECT_EQ(passive.address, (Endpoint{alice_address, 6000}));
  EXPECT_EQ(passive.priority, candidate_priority(CandidateType::host, 4 * 8192 + 8191, 1));
  // RFC 8445 §5.1.1.3: one protocol, one foundation.
  EXPECT_EQ(active.foundation, passive.foundation);
  EXPECT_NE(active.foundation, gathered[0].second.candidate.foundation);
}

TEST(IceTcp, Ice62_OnlyActiveCandidatesBeginChecks) {
  Pair pair;
  // UDP with UDP, and active with passive; those of the passive one are pruned (RFC 6544 §6.2).
  ASSERT_EQ(pair.alice.agent.pairs().size(), 2U);
  EXPECT_EQ(pair.alice.agent.pairs()[1].local.tcp_type, TcpType::active);
  EXPECT_EQ(pair.alice.agent.pairs()[1].remote.tcp_type, TcpType::passive);
}

TEST(IceTcp, Ice62_ConnectsWhereUdpDoesNot) {
  Pair pair;
  pair.wire.run_until(Time{} + seconds(2));
  // UDP's pair goes first, and TCP's Ta later: a round trip for the connection, one for the check,
  // one for the nominating check.
  const auto selected = pair.alice.all<SelectedPairChanged>();
  ASSERT_EQ(selected.size(), 1U);
  EXPECT_GE(selected[0].first, Time{} + milliseconds(50) + one_way * 6);
  for (const Side* side : {&pair.alice, &pair.bob}) {
    ASSERT_TRUE(side->agent.selected_pair());
    EXPECT_EQ(side->agent.selected_pair()->local.transport, Transport::tcp);
    EXPECT_EQ(side->agent.state(), AgentState::completed);
  }
  EXPECT_EQ(pair.alice.agent.selected_pair()->local.type, CandidateType::host);
  EXPECT_EQ(pair.bob.agent.selected_pair()->local.address, (Endpoint{bob_address, 6000}));
  // What Bob sees is the connection's own port.
  EXPECT_EQ(pair.bob.agent.selected_pair()->remote.type, CandidateType::peer_reflexive);
  EXPECT_EQ(pair.bob.agent.selected_pair()->remote.address, (Endpoint{alice_address, 50'000}));
  EXPECT_EQ(pair.bob.agent.selected_pair()->remote.tcp_type, TcpType::active);

  EXPECT_EQ(pair.alice.agent.send(as_bytes("hello"), pair.wire.now()), SendResult::sent);
  EXPECT_EQ(pair.bob.agent.send(as_bytes("hello"), pair.wire.now()), SendResult::sent);
  pair.wire.run_until(pair.wire.now() + milliseconds(100));
  EXPECT_EQ(pair.alice.data, 1U);
  EXPECT_EQ(pair.bob.data, 1U);
}

TEST(IceTcp, Ice62_ConsentGoesOverTheConnection) {
  Pair pair;
  pair.wire.run_until(Time{} + seconds(300));
  EXPECT_EQ(pair.alice.agent.state(), AgentState::completed);
  EXPECT_EQ(pair.bob.agent.state(), AgentState::completed);
  EXPECT_EQ(pair.alice.all<ConnectionNeeded>().size(), 1U);
}

TEST(IceTcp, Ice63_WithoutAConnectionThePairFailsAtOnce) {
  Pair pair;
  pair.wire.run_until(Time{} + seconds(1));
  // Bob's to Alice, whose port is closed.
  const auto changes = pair.bob.all<PairStateChanged>();
  const auto failed = std::find_if(changes.begin(), changes.end(), [](const auto& change) {
    return change.second.to == PairState::failed;
  });
  ASSERT_NE(failed, changes.end());
  EXPECT_EQ(failed->second.reason, PairReason::connection_lost);
  const auto asked = pair.bob.all<ConnectionNeeded>();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(failed->first, asked[0].first + one_way * 2);
}

void connects_again(Role alices) {
  Pair pair(alices);
  pair.wire.run_until(Time{} + seconds(10));
  ASSERT_EQ(pair.bob.agent.state(), AgentState::completed);
  pair.wire.cut();
  EXPECT_EQ(pair.bob.agent.send(as_bytes("lost"), pair.wire.now()), SendResult::no_connection);
  pair.wire.run_until(Time{} + seconds(11));
  EXPECT_EQ(pair.alice.all<ConnectionNeeded>().size(), 2U);
  ASSERT_TRUE(pair.bob.agent.selected_pair());
  EXPECT_EQ(pair.bob.agent.selected_pair()->remote.address, (Endpoint{alice_address, 50'001}));
  for (Side* side : {&pair.alice, &pair.bob}) {
    EXPECT_EQ(side->agent.state(), AgentState::completed);
    EXPECT_EQ(side->agent.send(as_bytes("hello"), pair.wire.now()), SendResult::sent);
  }
  pair.wire.run_until(Time{} + seconds(100));
  EXPECT_EQ(pair.alice.data, 1U);
  EXPECT_EQ(pair.bob.data, 1U);
  EXPECT_EQ(pair.alice.agent.state(), AgentState::completed);
  EXPECT_EQ(pair.bob.agent.state(), AgentState::completed);
}

// As when a NAT has forgotten the connection and answers with an RST.
void only_the_side_that_has_opened_it_knows(Role alices) {
  Pair pair(alices);
  pair.wire.run_until(Time{} + seconds(10));
  ASSERT_EQ(pair.bob.agent.state(), AgentState::completed);
  pair.alice.agent.connection_lost({alice_address, 50'000}, {bob_address, 6000}, pair.wire.now());
  pair.wire.run_until(Time{} + seconds(11));
  ASSERT_TRUE(pair.bob.agent.selected_pair());
  EXPECT_EQ(pair.bob.agent.selected_pair()->remote.address, (Endpoint{alice_address, 50'001}));
  EXPECT_EQ(pair.alice.agent.state(), AgentState::completed);
  EXPECT_EQ(pair.bob.agent.state(), AgentState::completed);
}

TEST(IceTcp, Ice63_TheOtherSideTakesTheNewConnection) {
  only_the_side_that_has_opened_it_knows(Role::controlling);
  only_the_side_that_has_opened_it_knows(Role::controlled);
}

TEST(IceTcp, Ice63_TheControllingSideConnectsAgain) { connects_again(Role::controlling); }
TEST(IceTcp, Ice63_TheControlledSideConnectsAgain) { connects_again(Role::controlled); }

TEST(IceTcp, Ice63_ConsentTriesToConnectUntilItExpires) {
  Pair pair;
  pair.wire.run_until(Time{} + seconds(10));
  pair.wire.refuse = true;
  pair.wire.cut();
  pair.wire.run_until(Time{} + seconds(25));
  EXPECT_EQ(pair.alice.agent.state(), AgentState::disconnected);
  EXPECT_GE(pair.alice.all<ConnectionNeeded>().size(), 4U);
  pair.wire.refuse = false;
  pair.wire.run_until(Time{} + seconds(35));
  EXPECT_EQ(pair.alice.agent.state(), AgentState::completed);
  EXPECT_EQ(pair.bob.agent.state(), AgentState::completed);
  pair.wire.refuse = true;
  pair.wire.cut();
  pair.wire.run_until(Time{} + seconds(80));
  EXPECT_EQ(pair.alice.agent.state(), AgentState::failed);
  EXPECT_EQ(pair.bob.agent.state(), AgentState::failed);
}

TEST(IceTcp, Ice63_ARestartConnectsAnew) {
  Pair pair;
  pair.wire.run_until(Time{} + seconds(10));
  const std::size_t before = pair.alice.all<ConnectionNeeded>().size();
  for (Side* side : {&pair.alice, &pair.bob}) {
    ASSERT_TRUE(side->agent.restart(pair.wire.now()));
    side->events.clear();
    side->agent.add_local_address({side->address, 5001}, pair.wire.now());
    side->agent.add_tcp_address({side->address, 6001}, pair.wire.now());
  }
  EXPECT_EQ(pair.alice.agent.send(as_bytes("hello"), pair.wire.now()), SendResult::sent);
  pair.wire.signal();
  pair.wire.run_until(Time{} + seconds(20));
  EXPECT_EQ(before, 1U);
  EXPECT_EQ(pair.bob.data, 1U);
  ASSERT_TRUE(pair.bob.agent.selected_pair());
  EXPECT_EQ(pair.bob.agent.selected_pair()->local.address, (Endpoint{bob_address, 6001}));
  // The old generation's connection and listener are the host's to close.
  EXPECT_FALSE(pair.alice.all<ConnectionReleased>().empty());
  const auto released = pair.bob.all<SocketReleased>();
  EXPECT_TRUE(std::any_of(released.begin(), released.end(), [](const auto& one) {
    return one.second.transport == Transport::tcp &&
           one.second.local == Endpoint{bob_address, 6000};
  }));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::ice
