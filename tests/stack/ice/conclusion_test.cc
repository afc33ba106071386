// Nomination, the state of the whole, trickled candidates (RFC 8445 §8, RFC 8838, RFC 8863).
#include "probe.h"

#include <vector>

#include <gtest/gtest.h>

namespace natsim::ice::test {
namespace NATSIM_TEST_FILE {

constexpr Duration ms(std::int64_t n) { return milliseconds(n); }

Options controlled() {
  Options options;
  options.role = Role::controlled;
  return options;
}

PeerRequest nominating() {
  PeerRequest request;
  request.role = Role::controlling;
  request.use_candidate = true;
  return request;
}

std::vector<AgentState> states(const Probe& p) {
  std::vector<AgentState> entered;
  for (const auto& [at, change] : p.all<StateChanged>()) entered.push_back(change.to);
  return entered;
}

TEST(IceConclusion, Ice34_StatesOfAConnection) {
  Probe p;
  EXPECT_EQ(p.agent.state(), AgentState::new_agent);
  p.meet();
  p.run_for(ms(60));
  p.answer(p.last_request());
  EXPECT_EQ(p.agent.state(), AgentState::connected);
  p.answer(p.last_request());
  using S = AgentState;
  EXPECT_EQ(states(p), (std::vector{S::checking, S::connected, S::completed}));
  EXPECT_EQ(p.last<SelectedPairChanged>().to, 1U);
  EXPECT_EQ(p.agent.selected_pair()->id, 1U);
}

TEST(IceConclusion, Ice34_Ice35_Ice58_FailedOnlyAfterPacAndBothEnds) {
  Probe p;
  p.meet();
  p.refuse(p.last_request(), stun::ErrorNumber::server_error);
  EXPECT_EQ(p.pair(1).state, PairState::failed);
  p.agent.end_of_remote_candidates(p.now);
  p.run_until(Time{} + ms(39'500) - nanoseconds(1));
  EXPECT_EQ(p.agent.state(), AgentState::checking);
  p.run_until(Time{} + ms(39'500));
  EXPECT_EQ(p.agent.state(), AgentState::failed);
  EXPECT_EQ(p.last<StateChanged>().reason, StateReason::checks_failed);
}

TEST(IceConclusion, Ice12_AnEmptyListWaitsForTheEndOfCandidates) {
  Probe p;
  p.set_credentials();
  p.run_until(Time{} + seconds(100));
  EXPECT_EQ(p.agent.state(), AgentState::new_agent);
  EXPECT_TRUE(p.agent.next_timeout().is_never());
  p.agent.end_of_remote_candidates(p.now);
  EXPECT_EQ(p.agent.state(), AgentState::failed);
}

TEST(IceConclusion, Ice35_ThePeersCheckBeforePacSavesAFailedList) {
  Probe p;
  p.meet();
  p.refuse(p.last_request(), stun::ErrorNumber::server_error);
  p.agent.end_of_remote_candidates(p.now);
  p.run_until(Time{} + seconds(39));
  p.check_from(peer_address);
  p.answer(p.last_request());
  EXPECT_EQ(p.agent.state(), AgentState::connected);
}

TEST(IceConclusion, N04_ThePeersCheckRevivesAnAgentThatHasFailed) {
  Probe p;
  p.meet();
  p.agent.end_of_remote_candidates(p.now);
  p.run_until(Time{} + seconds(60));
  EXPECT_EQ(p.agent.state(), AgentState::failed);
  p.check_from(peer_address);
  EXPECT_EQ(p.agent.state(), AgentState::checking);
  p.run_for(ms(60));
  p.answer(p.last_request());
  p.answer(p.last_request());
  EXPECT_EQ(p.agent.state(), AgentState::completed);
}

TEST(IceConclusion, Ice36_NominationEndsTheOtherChecks) {
  Probe p;
  p.add_remote(Probe::remote_candidate(peer_address, "1"));
  Candidate lower = Probe::remote_candidate(other_address, "2");
  lower.priority -= 1000;
  p.add_remote(lower);
  Candidate lowest = Probe::remote_candidate({other_address.address, 7001}, "2");
  lowest.priority -= 2000;
  p.add_remote(lowest);
  p.set_credentials();
  p.run_for(ms(60));
  ASSERT_EQ(p.requests().size(), 2U);
  const Transmit second = p.requests()[1];
  p.answer(p.requests()[0]);
  p.run_for(ms(60));
  p.answer(p.last_request());
  EXPECT_EQ(p.agent.state(), AgentState::completed);
  EXPECT_EQ(p.pair(2).state, PairState::removed);  // was in progress
  EXPECT_EQ(p.pair(3).state, PairState::removed);  // was frozen
  const std::size_t sent = p.requests().size();
  p.run_for(seconds(3));
  EXPECT_EQ(p.requests().size(), sent);
  // A late answer is understood, and changes nothing.
  p.answer(second);
  EXPECT_TRUE(p.pair(2).valid);
  EXPECT_EQ(p.agent.selected_pair()->id, 1U);
}

TEST(IceConclusion, Ice37_DataOnTheBestValidPairBeforeNomination) {
  Probe p(controlled());
  p.add_remote(Probe::remote_candidate(peer_address, "1"));
  Candidate lower = Probe::remote_candidate(other_address, "2");
  lower.priority -= 1000;
  p.add_remote(lower);
  p.set_credentials();
  p.run_for(ms(60));
  EXPECT_EQ(p.agent.send(as_bytes("x"), p.now), SendResult::no_valid_pair);
  const auto requests = p.requests();
  const auto next_destination = [&] {
    EXPECT_EQ(p.agent.send(as_bytes("x"), p.now), SendResult::sent);
    return p.agent.poll_transmit()->remote;
  };
  p.answer(requests[1]);
  EXPECT_EQ(p.agent.state(), AgentState::connected);
  EXPECT_EQ(next_destination(), other_address);
  p.answer(requests[0]);
  EXPECT_EQ(next_destination(), peer_address);
  // Nomination decides, whatever the priorities (P-08).
  p.check_from(other_address, nominating());
  EXPECT_EQ(next_destination(), other_address);
}

TEST(IceConclusion, Ice31_UseCandidateWhileInProgress) {
  Probe p(controlled());
  p.meet();
  const Transmit first = p.last_request();
  p.run_for(ms(60));
  p.check_from(peer_address, nominating());
  EXPECT_FALSE(p.pair(1).nominated);
  p.answer(first);
  EXPECT_EQ(p.agent.state(), AgentState::completed);
}

TEST(IceConclusion, Ice31_UseCandidateAfterSuccess) {
  Probe p(controlled());
  p.meet();
  p.answer(p.last_request());
  EXPECT_EQ(p.agent.state(), AgentState::connected);
  p.check_from(peer_address, nominating());
  EXPECT_EQ(p.agent.state(), AgentState::completed);
}

TEST(IceConclusion, Ice61_TheBestOfAnAggressivePeersNominations) {
  Probe p(controlled());
  Candidate lower = Probe::remote_candidate(other_address, "2");
  lower.priority -= 1000;
  p.add_remote(lower);
  p.add_remote(Probe::remote_candidate(peer_address, "1"));
  p.set_credentials();
  p.run_for(ms(60));
  // The lower one is nominated first.
  p.check_from(other_address, nominating());
  p.run_for(ms(60));
  p.answer(p.last_request());
  EXPECT_EQ(p.agent.selected_pair()->remote.address, other_address);
  // Then the better one, which had been taken off the list.
  p.check_from(peer_address, nominating());
  p.run_for(ms(60));
  p.answer(p.last_request());
  EXPECT_EQ(p.agent.selected_pair()->remote.address, peer_address);
  EXPECT_EQ(p.all<SelectedPairChanged>().size(), 2U);
}

TEST(IceConclusion, Ice61_AggressiveNominationOfOurOwn) {
  Options options;
  options.nomination = Nomination::aggressive;
  Probe p(options);
  p.add_remote(Probe::remote_candidate(peer_address, "1"));
  Candidate lower = Probe::remote_candidate(other_address, "2");
  lower.priority -= 1000;
  p.add_remote(lower);
  p.set_credentials();
  p.run_for(ms(60));
  const auto requests = p.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_TRUE(view(requests[0]).use_candidate());
  EXPECT_TRUE(view(requests[1]).use_candidate());
  p.answer(requests[1]);
  EXPECT_EQ(p.agent.selected_pair()->remote.address, other_address);
  // The better one goes on and takes over.
  EXPECT_EQ(p.pair(1).state, PairState::in_progress);
  p.answer(requests[0]);
  EXPECT_EQ(p.agent.selected_pair()->remote.address, peer_address);
}

TEST(IceConclusion, R18_UseCandidateAgainAfterAFailure) {
  Probe p(controlled());
  p.meet();
  p.check_from(peer_address, nominating());
  p.run_until(Time{} + seconds(45));
  EXPECT_EQ(p.pair(1).state, PairState::failed);
  p.check_from(peer_address, nominating());
  p.run_for(ms(60));
  p.answer(p.last_request());
  EXPECT_EQ(p.agent.state(), AgentState::completed);
}

TEST(IceConclusion, ANominationThatIsNotAnsweredGoesToTheNextPair) {
  Options options;
  options.consent = false;  // which would end the agent before the transaction ends
  Probe p(options);
  p.add_remote(Probe::remote_candidate(peer_address, "1"));
  Candidate lower = Probe::remote_candidate(other_address, "2");
  lower.priority -= 1000;
  p.add_remote(lower);
  p.set_credentials();
  p.run_for(ms(60));
  const auto requests = p.requests();
  p.answer(requests[1]);
  p.answer(requests[0]);
  p.run_for(ms(60));
  EXPECT_EQ(p.last<CheckSent>().kind, CheckKind::nominating);
  // The lower pair was valid first and is being nominated.
  EXPECT_EQ(p.last<CheckSent>().pair, 2U);
  p.run_for(seconds(40));
  EXPECT_EQ(p.pair(2).state, PairState::failed);
  EXPECT_EQ(p.last<CheckSent>().pair, 1U);
  EXPECT_TRUE(p.last<CheckSent>().use_candidate);
  p.answer(p.last_request());
  EXPECT_EQ(p.agent.selected_pair()->id, 1U);
}

TEST(IceConclusion, Ice56_P01_ASignalledCandidateTakesThePeerReflexiveOnesPlace) {
  Options options = controlled();
  Probe p(options);
  p.set_credentials();
  PeerRequest request;
  request.role = Role::controlling;
  p.check_from(peer_address, request);
  p.answer(p.last_request());
  const PairSnapshot before = p.pair(1);
  EXPECT_EQ(before.remote.type, CandidateType::peer_reflexive);
  EXPECT_EQ(
      p.add_remote(Probe::remote_candidate(peer_address, "7", CandidateType::server_reflexive)),
      RemoteCandidateResult::replaced);
  ASSERT_EQ(p.agent.pairs().size(), 1U);  // P-09
  const PairSnapshot after = p.pair(1);
  EXPECT_EQ(after.remote.type, CandidateType::server_reflexive);
  EXPECT_EQ(after.remote.foundation, "7");
  EXPECT_EQ(after.state, PairState::succeeded);
  EXPECT_TRUE(after.valid);
  EXPECT_EQ(after.priority,
            pair_priority(Role::controlled, after.local.priority, after.remote.priority));
  EXPECT_NE(after.priority, before.priority);
  EXPECT_EQ(p.agent.state(), AgentState::connected);  // P-03
}

TEST(IceConclusion, P04_ReplacedWhileNominationIsUnderWay) {
  Probe p;
  p.set_credentials();
  p.check_from(peer_address);
  p.agent.end_of_remote_candidates(p.now);
  p.run_for(ms(60));
  p.answer(p.last_request());
  const Transmit nominating_check = p.last_request();
  EXPECT_TRUE(view(nominating_check).use_candidate());
  // The end of candidates has been said, so nothing replaces it any more; the pair stays.
  p.answer(nominating_check);
  EXPECT_EQ(p.agent.state(), AgentState::completed);
}

TEST(IceConclusion, P04_SignalledBetweenNominatingCheckAndAnswer) {
  Options options;
  options.relay_patience = ms(0);
  Probe p(options);
  p.set_credentials();
  p.check_from(peer_address);
  p.run_for(ms(60));
  p.answer(p.last_request());
  const Transmit nominating_check = p.last_request();
  EXPECT_TRUE(view(nominating_check).use_candidate());
  p.add_remote(Probe::remote_candidate(peer_address));
  p.answer(nominating_check);
  EXPECT_EQ(p.agent.state(), AgentState::completed);
  EXPECT_EQ(p.agent.selected_pair()->remote.type, CandidateType::host);
}

TEST(IceConclusion, Ice57_ALateSocketIsPairedWithAllRemotes) {
  Options options;
  Probe p(options);
  // Gathering has ended in the probe, so the socket comes too late for the peer to hear of it.
  EXPECT_EQ(p.agent.add_local_address({own_address.address, 5001}, p.now),
            AddressRefusal::too_late);

  Agent agent(options, Random(9));
  agent.set_servers({{IpAddress::v4(203, 0, 113, 1), 3478}}, {});  // keeps gathering open
  EXPECT_EQ(agent.add_local_address(own_address, Time{}), std::nullopt);
  agent.start_gathering(Time{});
  agent.set_remote_credentials(peer_credentials, Time{});
  agent.add_remote_candidate(Probe::remote_candidate(peer_address, "1"), Time{});
  agent.add_remote_candidate(Probe::remote_candidate(other_address, "2"), Time{});
  EXPECT_EQ(agent.pairs().size(), 2U);
  EXPECT_EQ(agent.add_local_address({IpAddress::v4(192, 0, 2, 99), 5000}, Time{}), std::nullopt);
  EXPECT_EQ(agent.pairs().size(), 4U);
  EXPECT_EQ(agent.add_local_address(own_address, Time{}), AddressRefusal::duplicate);
}

TEST(IceConclusion, Ice59_HalfTrickle) {
  // Everything of the peer is there at once, before anything of our own.
  Agent agent(Options(), Random(9));
  agent.set_remote_credentials(peer_credentials, Time{});
  agent.add_remote_candidate(Probe::remote_candidate(peer_address), Time{});
  agent.end_of_remote_candidates(Time{});
  EXPECT_EQ(agent.state(), AgentState::new_agent);
  EXPECT_EQ(agent.add_local_address(own_address, Time{}), std::nullopt);
  agent.start_gathering(Time{});
  EXPECT_EQ(agent.state(), AgentState::checking);
  EXPECT_EQ(agent.pairs().size(), 1U);
  EXPECT_TRUE(agent.poll_transmit());
}

TEST(IceConclusion, ClosedIsSilent) {
  Probe p;
  p.meet();
  p.agent.close(p.now);
  EXPECT_EQ(p.agent.state(), AgentState::closed);
  EXPECT_TRUE(p.agent.next_timeout().is_never());
  const std::size_t sent = p.sent.size();
  p.check_from(peer_address);
  EXPECT_EQ(p.sent.size(), sent);
  EXPECT_EQ(p.last<Ignored>().reason, IgnoreReason::closed);
  EXPECT_EQ(p.agent.send(as_bytes("x"), p.now), SendResult::no_valid_pair);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::ice::test
