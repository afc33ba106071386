// Several data streams and components in one session (RFC 8445 §6.1.2, §6.1.4.2).
#include "stack/ice/session.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

namespace natsim::ice::test {
namespace NATSIM_TEST_FILE {

struct TimedEvent {
  Time at;
  SessionEvent event;
};

struct Side {
  Side(const Options& options, std::uint64_t seed, SessionShape shape, IpAddress host)
      : session(options, Random(seed), shape), address(host) {}

  // The socket of an agent.
  [[nodiscard]] Endpoint socket(std::size_t agent) const {
    return {address, static_cast<std::uint16_t>(5000 + agent)};
  }
  template <typename T>
  [[nodiscard]] std::vector<std::pair<Time, T>> all() const {
    std::vector<std::pair<Time, T>> found;
    for (const auto& [at, event] : events) {
      if (const T* typed = std::get_if<T>(&event.event)) found.emplace_back(at, *typed);
    }
    return found;
  }
  // When the checks that the pacing starts were sent first, and from where.
  [[nodiscard]] std::vector<std::pair<Time, Endpoint>> starts() const {
    std::vector<std::pair<Time, Endpoint>> starts;
    for (const auto& [at, check] : all<CheckSent>()) {
      if (check.transmission == 1 && check.kind != CheckKind::consent) {
        starts.emplace_back(at, check.local);
      }
    }
    return starts;
  }

  Session session;
  IpAddress address;
  std::vector<TimedEvent> events;
  std::vector<Candidate> gathered;
  std::vector<std::string> data;
};

// Two sessions with nothing but a delay between them.
class IceSession : public testing::Test {
 protected:
  void build(SessionShape shape, const Options& callers = {}, const Options& callees = {}) {
    Options controlled = callees;
    controlled.role = callee_role;
    caller = std::make_unique<Side>(callers, 1, shape, IpAddress::v4(192, 0, 2, 1));
    callee = std::make_unique<Side>(controlled, 2, shape, IpAddress::v4(198, 51, 100, 1));
    for (Side* side : {caller.get(), callee.get()}) {
      for (std::size_t i = 0; i < shape.agents(); ++i) {
        EXPECT_EQ(side->session.add_local_address(i, side->socket(i), now), std::nullopt);
      }
      side->session.start_gathering(now);
      drain(*side);
    }
  }
  // `to` learns all that `from` has to say.
  void introduce(const Side& from, Side& to) {
    const SessionShape& shape = from.session.shape();
    for (std::size_t stream = 0; stream < shape.streams; ++stream) {
      EXPECT_TRUE(
          to.session.set_remote_credentials(stream, from.session.local_credentials(stream), now));
    }
    for (std::size_t i = 0; i < shape.agents(); ++i) {
      EXPECT_EQ(to.session.add_remote_candidate(from.session.stream_of(i),
                                                from.session.agent(i).local_candidates()[0], now),
                RemoteCandidateResult::added);
    }
    for (std::size_t stream = 0; stream < shape.streams; ++stream) {
      to.session.end_of_remote_candidates(stream, now);
    }
    drain(to);
  }
  void connect() {
    introduce(*callee, *caller);
    introduce(*caller, *callee);
  }

  void drain(Side& side) {
    Side& other = &side == caller.get() ? *callee : *caller;
    while (auto out = side.session.poll_transmit()) {
      if (lost.contains(out->remote)) continue;
      agenda.emplace(now + delay, std::pair(&other, std::move(*out)));
    }
    while (auto event = side.session.poll_event()) side.events.push_back({now, std::move(*event)});
  }
  void run_for(Duration span) {
    const Time end = now + span;
    for (;;) {
      Time next = agenda.empty() ? Time::never() : agenda.begin()->first;
      for (const auto* side : {caller.get(), callee.get()}) {
        next = std::min(next, side->session.next_timeout());
      }
      if (next > end) break;
      ASSERT_GE(next, now);
      now = next;
      while (!agenda.empty() && agenda.begin()->first == now) {
        auto [side, datagram] = std::move(agenda.begin()->second);
        agenda.erase(agenda.begin());
        const auto got =
            side->session.receive(datagram.remote, datagram.local, datagram.payload, now);
        if (got) side->data.emplace_back(got->payload.begin(), got->payload.end());
        drain(*side);
      }
      for (Side* side : {caller.get(), callee.get()}) {
        if (side->session.next_timeout() > now) continue;
        side->session.handle_timeout(now);
        drain(*side);
        ASSERT_GT(side->session.next_timeout(), now);
      }
    }
    now = end;
  }

  Role callee_role = Role::controlled;
  Duration delay = milliseconds(10);
  std::set<Endpoint> lost;  // what is sent there
  Time now{};
  std::unique_ptr<Side> caller;
  std::unique_ptr<Side> callee;
  std::multimap<Time, std::pair<Side*, Transmit>> agenda;
};

TEST_F(IceSession, Ice66_ComponentsDifferInTheLastBitsOfThePriority) {
  build({.streams = 2, .components = 2});
  const auto candidate = [&](std::size_t agent) {
    return caller->session.agent(agent).local_candidates()[0];
  };
  // 2^24 * 126 + 2^8 * 65535 + 256 - component (RFC 8445 §5.1.2.1).
  EXPECT_EQ(candidate(0).priority, (126U << 24) + (65'535U << 8) + 255);
  EXPECT_EQ(candidate(1).priority, candidate(0).priority - 1);
  EXPECT_EQ(candidate(0).component, 1);
  EXPECT_EQ(candidate(1).component, 2);
  for (const std::size_t agent : {1U, 2U, 3U}) {
    EXPECT_EQ(candidate(agent).foundation, candidate(0).foundation);
  }
}

TEST_F(IceSession, Ice66_AStreamsComponentsShareTheirCredentials) {
  build({.streams = 2, .components = 2});
  const Session& session = caller->session;
  EXPECT_EQ(session.agent(0).local_credentials(), session.agent(1).local_credentials());
  EXPECT_EQ(session.agent(2).local_credentials(), session.agent(3).local_credentials());
  EXPECT_NE(session.agent(0).local_credentials().ufrag, session.agent(2).local_credentials().ufrag);
  EXPECT_EQ(session.agent(0).tiebreaker(), session.agent(3).tiebreaker());
}

TEST_F(IceSession, Ice66_OneChecksAtATimeEveryTa) {
  // The callee does not know the caller, so it only answers, and nothing is triggered.
  build({.streams = 2, .components = 2});
  introduce(*callee, *caller);
  const Time began = now;
  run_for(milliseconds(170));
  // The answer is there after 20 ms, before the second one's turn, and unfreezes it. Nominations,
  // which are transactions as well, take their turns too.
  const auto starts = caller->starts();
  ASSERT_EQ(starts.size(), 4U);
  std::set<Endpoint> from;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    EXPECT_EQ(starts[i].first, began + milliseconds(50) * static_cast<std::int64_t>(i));
    from.insert(starts[i].second);
  }
  EXPECT_EQ(from.size(), 4U) << "each list has had its turn";
}

TEST_F(IceSession, Ice66_LikePairsWaitForTheFirst) {
  delay = milliseconds(200);
  build({.streams = 2, .components = 1});
  introduce(*callee, *caller);
  const Time began = now;
  run_for(milliseconds(460));
  const auto starts = caller->starts();
  ASSERT_GE(starts.size(), 2U);
  EXPECT_EQ(starts[0].first, began);
  EXPECT_EQ(starts[0].second, caller->socket(0));
  // Frozen for Ta and more, until the foundation has succeeded after one round trip.
  EXPECT_EQ(starts[1].first, began + milliseconds(400));
  EXPECT_EQ(starts[1].second, caller->socket(1));
  const auto changes = caller->all<PairStateChanged>();
  EXPECT_TRUE(std::any_of(changes.begin(), changes.end(), [&](const auto& change) {
    return change.first == began + milliseconds(400) &&
           change.second.reason == PairReason::unfrozen;
  }));
}

TEST_F(IceSession, Ice66_AllConnectAndCarryTheirOwnData) {
  build({.streams = 2, .components = 2});
  connect();
  run_for(seconds(2));
  for (const Side* side : {caller.get(), callee.get()}) {
    EXPECT_EQ(side->session.state(), AgentState::completed);
    EXPECT_TRUE(side->session.has_selected_all());
    std::set<PairId> pairs;
    for (std::size_t i = 0; i < 4; ++i) {
      const auto pair = side->session.agent(i).selected_pair();
      ASSERT_TRUE(pair);
      EXPECT_EQ(pair->local.address, side->socket(i));
      EXPECT_EQ(pair->remote.address, (side == caller.get() ? *callee : *caller).socket(i));
      EXPECT_TRUE(pairs.insert(pair->id).second);
    }
  }
  const std::string text = "to the fourth";
  const auto bytes = as_bytes(text);
  EXPECT_EQ(caller->session.send(3, bytes, now), SendResult::sent);
  drain(*caller);
  run_for(milliseconds(10));
  EXPECT_EQ(callee->data, std::vector{text});
}

TEST_F(IceSession, Ice66_AStreamIsCompletedWithItsLastComponent) {
  build({.streams = 2, .components = 2});
  // Neither end of the second stream's second component hears anything.
  lost = {callee->socket(3), caller->socket(3)};
  connect();
  run_for(seconds(5));
  EXPECT_EQ(caller->session.stream_state(0), AgentState::completed);
  EXPECT_EQ(caller->session.agent(2).state(), AgentState::completed);
  EXPECT_EQ(caller->session.stream_state(1), AgentState::checking);
  EXPECT_EQ(caller->session.state(), AgentState::checking);
  EXPECT_FALSE(caller->session.has_selected_all());
  // PAC (RFC 8863) is the last that is waited for.
  run_for(seconds(60));
  EXPECT_EQ(caller->session.stream_state(0), AgentState::completed);
  EXPECT_EQ(caller->session.stream_state(1), AgentState::failed);
  EXPECT_EQ(caller->session.state(), AgentState::failed);
}

TEST_F(IceSession, Ice66_ARoleConflictIsSettledOnceForAll) {
  callee_role = Role::controlling;
  Options low;
  low.tiebreaker = 1;
  Options high;
  high.tiebreaker = 2;
  build({.streams = 3, .components = 1}, low, high);
  connect();
  run_for(seconds(3));
  EXPECT_EQ(caller->all<RoleSwitched>().size(), 1U);
  EXPECT_TRUE(callee->all<RoleSwitched>().empty());
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(caller->session.agent(i).role(), Role::controlled);
    EXPECT_EQ(callee->session.agent(i).role(), Role::controlling);
  }
  EXPECT_EQ(caller->session.state(), AgentState::completed);
  EXPECT_EQ(callee->session.state(), AgentState::completed);
}

TEST_F(IceSession, Ice66_AComponentThatIsNotThereIsRefused) {
  build({.streams = 1, .components = 2});
  Candidate third = callee->session.agent(0).local_candidates()[0];
  third.component = 3;
  EXPECT_EQ(caller->session.add_remote_candidate(0, third, now),
            RemoteCandidateResult::other_component);
}

TEST_F(IceSession, Ice66_AllRestartTogether) {
  build({.streams = 2, .components = 2});
  connect();
  run_for(seconds(2));
  ASSERT_EQ(caller->session.state(), AgentState::completed);
  const auto before = caller->session.local_credentials(1);
  for (Side* side : {caller.get(), callee.get()}) {
    EXPECT_TRUE(side->session.restart(now));
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(side->session.add_local_address(i, side->socket(i), now), std::nullopt);
    }
    side->session.start_gathering(now);
    drain(*side);
  }
  EXPECT_NE(caller->session.local_credentials(1).ufrag, before.ufrag);
  EXPECT_EQ(caller->session.agent(2).local_credentials(),
            caller->session.agent(3).local_credentials());
  EXPECT_TRUE(caller->session.is_restarting());
  connect();
  run_for(seconds(2));
  EXPECT_FALSE(caller->session.is_restarting());
  EXPECT_EQ(caller->session.state(), AgentState::completed);
  EXPECT_EQ(callee->session.state(), AgentState::completed);
}

// The order of the lists' turns and all else comes from the seed.
TEST_F(IceSession, Ice66_OneSessionOfOneAgentIsThatAgent) {
  build({});
  connect();
  run_for(seconds(2));
  EXPECT_EQ(caller->session.state(), AgentState::completed);
  const Agent alone({}, Random(1));
  EXPECT_EQ(alone.local_credentials(), caller->session.local_credentials(0));
  EXPECT_EQ(alone.tiebreaker(), caller->session.agent(0).tiebreaker());
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::ice::test
