// Renomination: the last nomination counts, and the controlling agent leaves a pair for a better
// one (draft-thatcher-ice-renomination).
#include "probe.h"

#include <optional>
#include <vector>

#include <gtest/gtest.h>

namespace natsim::ice::test {
namespace NATSIM_TEST_FILE {

Options renominating(Role role) {
  Options options;
  options.role = role;
  options.renomination = true;
  options.consent = false;  // the probe's peer answers what it is asked to
  options.keepalive = seconds(1'000);
  return options;
}

// Two pairs, of which the first has the higher priority.
struct Pairs : Probe {
  Pairs(Role role, bool remote_can) : Probe(renominating(role)) {
    agent.set_remote_renomination(remote_can);
    set_credentials();
    add_remote(remote_candidate(peer_address, "1"));
    add_remote(remote_candidate(other_address, "2", CandidateType::server_reflexive));
  }
  [[nodiscard]] Endpoint selected() const {
    const auto pair = agent.selected_pair();
    return pair ? pair->remote.address : Endpoint();
  }
  void nominate(const Endpoint& from, std::optional<std::uint32_t> nomination) {
    PeerRequest request;
    request.role = Role::controlling;
    request.use_candidate = true;
    request.nomination = nomination;
    check_from(from, request);
  }
  // Runs on, and answers what goes to each after its round trip; nothing where that is nullopt.
  void live(Duration span, std::optional<Duration> of_first, std::optional<Duration> of_second) {
    const Time end = now + span;
    while (now < end) {
      run_for(milliseconds(1));
      for (std::size_t i = 0; i < sent.size(); ++i) {
        const auto& [at, request] = sent[i];
        const auto round_trip = request.remote == peer_address ? of_first : of_second;
        if (!round_trip || at + *round_trip != now) continue;
        const auto message = stun::MessageView::parse(request.payload);
        if (message && message->is_request()) answer(Transmit(request));
      }
    }
  }
};

TEST(IceRenomination, Ice60_TheLastNominationCounts) {
  Pairs p(Role::controlled, true);
  p.live(milliseconds(200), milliseconds(20), milliseconds(20));
  p.nominate(peer_address, 1);
  EXPECT_EQ(p.selected(), peer_address);
  p.nominate(other_address, 2);
  EXPECT_EQ(p.selected(), other_address);
  // One that comes late is of no effect.
  p.nominate(peer_address, 1);
  EXPECT_EQ(p.selected(), other_address);
  p.nominate(peer_address, 3);
  EXPECT_EQ(p.selected(), peer_address);
}

TEST(IceRenomination, Ice60_WithoutItThePairOfTheHighestPriorityStays) {
  Pairs p(Role::controlled, false);
  p.live(milliseconds(200), milliseconds(20), milliseconds(20));
  p.nominate(peer_address, 1);
  p.nominate(other_address, 2);
  EXPECT_EQ(p.selected(), peer_address);
}

TEST(IceRenomination, Ice60_TheControllingAgentLeavesAPairThatDoesNotAnswer) {
  Pairs p(Role::controlling, true);
  p.live(seconds(4), milliseconds(20), milliseconds(80));
  EXPECT_EQ(p.selected(), peer_address);
  const std::size_t before = p.all<SelectedPairChanged>().size();
  const Time silent_since = p.now;
  p.live(seconds(12), std::nullopt, milliseconds(80));
  EXPECT_EQ(p.selected(), other_address);
  ASSERT_EQ(p.all<SelectedPairChanged>().size(), before + 1);
  // Two checks that are not answered, 3 s apart, and the one after that is the nomination.
  const Duration gone = p.all<SelectedPairChanged>().back().first - silent_since;
  EXPECT_GE(gone, seconds(5));
  EXPECT_LE(gone, seconds(9) + milliseconds(200));
  EXPECT_EQ(p.agent.state(), AgentState::completed);
}

TEST(IceRenomination, Ice60_AQuickerPairIsTakenIfItGainsTenMilliseconds) {
  for (const int second : {5, 15, 25}) {
    Pairs p(Role::controlling, true);
    p.live(seconds(20), milliseconds(20), milliseconds(second));
    EXPECT_EQ(p.selected(), second == 5 ? other_address : peer_address) << second;
    EXPECT_LE(p.all<SelectedPairChanged>().size(), 2u);
  }
}

TEST(IceRenomination, Ice60_NominationsAreNumberedUpwards) {
  Pairs p(Role::controlling, true);
  p.live(seconds(8), milliseconds(20), milliseconds(5));
  std::vector<std::uint32_t> nominations;
  for (const Transmit& request : p.requests()) {
    if (const auto nomination = view(request).nomination()) {
      EXPECT_TRUE(view(request).use_candidate());
      nominations.push_back(*nomination);
    }
  }
  EXPECT_EQ(nominations, (std::vector<std::uint32_t>{1, 2}));
}

TEST(IceRenomination, Ice60_ItIsNotUsedWithAPeerThatCannot) {
  Pairs p(Role::controlling, false);
  p.live(seconds(20), milliseconds(20), milliseconds(5));
  EXPECT_EQ(p.selected(), peer_address);
  for (const Transmit& request : p.requests()) EXPECT_FALSE(view(request).nomination());
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::ice::test
