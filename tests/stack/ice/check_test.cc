// Connectivity checks, packet by packet (RFC 8445 §7).
#include "probe.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace natsim::ice::test {
namespace NATSIM_TEST_FILE {

constexpr Duration ms(std::int64_t n) { return milliseconds(n); }

Options controlled() {
  Options options;
  options.role = Role::controlled;
  return options;
}

TEST(IceCheck, Ice13_RtoGrowsWithThePairs) {
  Probe p;
  // 12 pairs wait before the first check starts: max(500 ms, 50 ms * 12).
  for (std::uint16_t i = 0; i < 12; ++i) {
    p.add_remote(Probe::remote_candidate(
        {peer_address.address, static_cast<std::uint16_t>(6000 + i)}, std::to_string(i + 1)));
  }
  p.set_credentials();
  p.run_until(Time{} + seconds(2));
  std::vector<Time> first_pair;
  for (const auto& [at, check] : p.all<CheckSent>()) {
    if (check.pair == p.all<CheckSent>()[0].second.pair) first_pair.push_back(at);
  }
  ASSERT_GE(first_pair.size(), 3U);
  EXPECT_EQ(first_pair[1], Time{} + ms(600));
  EXPECT_EQ(first_pair[2], Time{} + ms(600 + 1200));
}

TEST(IceCheck, Ice11_OneStartPerTaInTheOrderOfPriority) {
  Probe p;
  for (std::uint16_t i = 0; i < 4; ++i) {
    Candidate c = Probe::remote_candidate(
        {peer_address.address, static_cast<std::uint16_t>(6000 + i)}, std::to_string(i + 1));
    c.priority -= i;
    p.add_remote(c);
  }
  p.set_credentials();
  p.run_until(Time{} + ms(499));
  const auto checks = p.all<CheckSent>();
  ASSERT_EQ(checks.size(), 4U);
  for (std::uint16_t i = 0; i < 4; ++i) {
    EXPECT_EQ(checks[i].first, Time{} + ms(50) * i);
    EXPECT_EQ(checks[i].second.remote.port, 6000 + i);
  }
}

TEST(IceCheck, Ice20_WhatACheckSays) {
  Probe p;
  p.meet();
  const Transmit request = p.last_request();
  const auto message = view(request);
  EXPECT_EQ(message.method(), stun::Method::binding);
  EXPECT_EQ(message.username(), peer_credentials.ufrag + ":" + p.agent.local_credentials().ufrag);
  // Host preference 126 becomes peer-reflexive 110; the rest is the local candidate's.
  EXPECT_EQ(message.priority(), candidate_priority(CandidateType::peer_reflexive, 65'535, 1));
  EXPECT_EQ(message.ice_controlling(), 1000U);
  EXPECT_FALSE(message.ice_controlled());
  EXPECT_FALSE(message.use_candidate());
  EXPECT_TRUE(message.has_fingerprint());
  auto key = stun::IntegrityKey::short_term(peer_credentials.password);
  EXPECT_TRUE(key.verify_message_integrity(message));

  // Nominating: another transaction, with USE-CANDIDATE.
  p.run_for(ms(50));
  p.answer(request);
  ASSERT_EQ(p.requests().size(), 2U);
  EXPECT_TRUE(view(p.last_request()).use_candidate());
  EXPECT_NE(view(p.last_request()).transaction_id(), message.transaction_id());
}

TEST(IceCheck, Ice20_AControlledAgentNeverNominates) {
  Options options = controlled();
  options.nomination = Nomination::aggressive;
  Probe p(options);
  p.meet();
  EXPECT_EQ(view(p.last_request()).ice_controlled(), 1000U);
  EXPECT_FALSE(view(p.last_request()).use_candidate());
}

TEST(IceCheck, Ice21_SentFromTheBase) {
  Probe p;
  p.meet();
  EXPECT_EQ(p.last_request().local, own_address);
  EXPECT_EQ(p.last_request().remote, peer_address);
}

TEST(IceCheck, Stun14_RetransmissionsAreTheSameBytes) {
  Probe p;
  p.meet();
  p.run_until(Time{} + seconds(45));
  const auto requests = p.requests();
  // 0, 500, 1500, 3500, 7500, 15500, 31500 ms, failure at 39500 ms.
  ASSERT_EQ(requests.size(), 7U);
  for (const Transmit& request : requests) EXPECT_EQ(request.payload, requests[0].payload);
  EXPECT_EQ(p.sent.back().first, Time{} + ms(31'500));
  const auto failed = p.all<PairStateChanged>().back();
  EXPECT_EQ(failed.first, Time{} + ms(39'500));
  EXPECT_EQ(failed.second.to, PairState::failed);
  EXPECT_EQ(failed.second.reason, PairReason::timeout);
}

TEST(IceCheck, Ice22_WhatIsNotAuthenticIsAnsweredButDoesNothing) {
  struct Case {
    PeerRequest request;
    int answer;
    IgnoreReason reason;
  };
  PeerRequest wrong_password;
  wrong_password.password = "not the agent's password";
  PeerRequest wrong_ufrag;
  wrong_ufrag.username = "else:peer";
  PeerRequest prefix_only;  // of our ufrag, without the colon
  prefix_only.username = "";
  PeerRequest no_username;
  no_username.has_username = false;
  PeerRequest no_integrity;
  no_integrity.has_integrity = false;
  PeerRequest unknown;
  unknown.unknown_attribute = 0x7ffe;
  PeerRequest no_priority;
  no_priority.priority.reset();
  for (const Case& c : {Case{wrong_password, 401, IgnoreReason::bad_integrity},
                        Case{wrong_ufrag, 401, IgnoreReason::wrong_ufrag},
                        Case{prefix_only, 401, IgnoreReason::wrong_ufrag},
                        Case{no_username, 400, IgnoreReason::no_credentials},
                        Case{no_integrity, 400, IgnoreReason::no_credentials},
                        Case{unknown, 420, IgnoreReason::unknown_attribute},
                        Case{no_priority, 400, IgnoreReason::bad_request}}) {
    SCOPED_TRACE(to_string(c.reason));
    Probe p;
    const auto id = p.check_from(other_address, c.request);
    EXPECT_EQ(p.last_answer(), c.answer);
    EXPECT_EQ(p.last<Ignored>().reason, c.reason);
    EXPECT_EQ(p.last<Ignored>().transaction, id);
    EXPECT_TRUE(p.agent.remote_candidates().empty());
    EXPECT_TRUE(p.agent.pairs().empty());
  }
}

TEST(IceCheck, Ice22_P13_AnEarlyCheckIsAnsweredAndRemembered) {
  Probe p(controlled());
  PeerRequest early;
  early.role = Role::controlling;
  early.use_candidate = true;
  p.check_from(peer_address, early);
  EXPECT_EQ(p.last_answer(), 0);
  EXPECT_EQ(p.last<RemotePeerReflexive>().address, peer_address);
  // Nothing can be sent without the peer's password.
  p.run_for(seconds(60));
  EXPECT_TRUE(p.requests().empty());
  EXPECT_EQ(p.agent.state(), AgentState::new_agent);

  p.set_credentials();
  ASSERT_EQ(p.requests().size(), 1U);
  EXPECT_EQ(p.last<CheckSent>().kind, CheckKind::triggered);
  p.answer(p.last_request());
  // The early USE-CANDIDATE counts.
  EXPECT_EQ(p.agent.state(), AgentState::completed);
}

TEST(IceCheck, Ice25_ANonSymmetricResponseFailsThePair) {
  Probe p;
  p.meet();
  p.answer(p.last_request(), own_address, other_address);
  EXPECT_EQ(p.last<PairStateChanged>().to, PairState::failed);
  EXPECT_EQ(p.last<PairStateChanged>().reason, PairReason::non_symmetric);
}

TEST(IceCheck, Ice25_ButNotOneThatHasSucceeded) {
  Probe p;
  p.meet();
  p.run_for(ms(100));
  const Transmit first = p.last_request();
  p.answer(first);
  const Transmit nominating = p.last_request();
  p.answer(nominating, own_address, other_address);
  EXPECT_EQ(p.last<Ignored>().reason, IgnoreReason::non_symmetric_response);
  EXPECT_TRUE(p.pair(1).valid);
  p.answer(nominating);
  EXPECT_EQ(p.agent.state(), AgentState::completed);
}

TEST(IceCheck, Stun19_AResponseWithoutTheRightIntegrityIsNone) {
  Probe p;
  p.meet();
  p.answer(p.last_request(), own_address, std::nullopt, "some other password....");
  EXPECT_EQ(p.last<Ignored>().reason, IgnoreReason::unauthenticated_response);
  EXPECT_EQ(p.pair(1).state, PairState::in_progress);
  p.answer(p.last_request());
  EXPECT_TRUE(p.pair(1).valid);
}

TEST(IceCheck, Stun17_AResponseToNothingIsIgnored) {
  Probe p;
  p.meet();
  const Transmit request = p.last_request();
  p.answer(request);
  p.answer(request);
  EXPECT_EQ(p.last<Ignored>().reason, IgnoreReason::unknown_transaction);
}

TEST(IceCheck, AnErrorResponseFailsThePair) {
  Probe p;
  p.meet();
  p.refuse(p.last_request(), stun::ErrorNumber::server_error);
  EXPECT_EQ(p.last<PairStateChanged>().reason, PairReason::error_response);
  EXPECT_EQ(p.last<PairStateChanged>().code, 500);
}

TEST(IceCheck, Ice27_AnUnknownMappedAddressIsALocalPeerReflexiveCandidate) {
  Probe p;
  p.meet();
  const Endpoint mapped{IpAddress::v4(203, 0, 113, 77), 4711};
  p.answer(p.last_request(), mapped);
  const auto discovered = p.last<LocalPeerReflexive>();
  EXPECT_EQ(discovered.address, mapped);
  EXPECT_EQ(discovered.base, own_address);
  EXPECT_EQ(discovered.priority, view(p.requests()[0]).priority());
  const PairSnapshot pair = p.pair(1);
  EXPECT_EQ(pair.local.type, CandidateType::peer_reflexive);
  EXPECT_EQ(pair.sent_from, CandidateType::host);
  EXPECT_EQ(pair.priority, pair_priority(Role::controlling, discovered.priority,
                                         candidate_priority(CandidateType::host, 65'535, 1)));
}

TEST(IceCheck, Ice28_SuccessUnfreezesTheFoundation) {
  Options options;
  options.nomination = Nomination::regular;
  options.direct_patience = seconds(5);
  Probe p(options);
  p.add_remote(Probe::remote_candidate(peer_address, "same"));
  p.add_remote(Probe::remote_candidate(other_address, "same"));
  EXPECT_EQ(p.pair(2).state, PairState::frozen);
  p.set_credentials();
  p.run_for(ms(60));
  EXPECT_EQ(p.requests().size(), 1U);
  p.answer(p.requests()[0]);
  EXPECT_EQ(p.pair(2).state, PairState::in_progress);
  EXPECT_EQ(p.last_request().remote, other_address);
}

TEST(IceCheck, Ice29_AnUnknownSourceIsARemotePeerReflexiveCandidate) {
  Probe p;
  p.set_credentials();
  PeerRequest request;
  request.priority = 12'345;
  p.check_from(other_address, request);
  ASSERT_EQ(p.agent.remote_candidates().size(), 1U);
  const Candidate candidate = p.agent.remote_candidates()[0];
  EXPECT_EQ(candidate.type, CandidateType::peer_reflexive);
  EXPECT_EQ(candidate.priority, 12'345U);
  EXPECT_EQ(candidate.address, other_address);
  p.check_from({other_address.address, 7001}, request);
  EXPECT_NE(p.agent.remote_candidates()[1].foundation, candidate.foundation);
  // It is checked, and never gathered.
  EXPECT_EQ(p.requests()[0].remote, other_address);
  EXPECT_EQ(p.all<CandidateGathered>().size(), 1U);
}

TEST(IceCheck, Ice30_TriggeredByWaiting) {
  Probe p;
  p.add_remote(Probe::remote_candidate(peer_address, "1"));
  p.add_remote(Probe::remote_candidate(other_address, "2"));
  p.set_credentials();
  EXPECT_EQ(p.pair(2).state, PairState::waiting);
  p.check_from(other_address);
  p.run_for(ms(50));
  EXPECT_EQ(p.last<CheckSent>().pair, 2U);
  EXPECT_EQ(p.last<CheckSent>().kind, CheckKind::triggered);
}

TEST(IceCheck, Ice30_TriggeredInProgress) {
  Probe p;
  p.meet();
  const Transmit first = p.last_request();
  p.run_for(ms(100));
  p.check_from(peer_address);
  // A new transaction at once; the old one is not sent again, but its response still counts.
  ASSERT_EQ(p.requests().size(), 2U);
  EXPECT_NE(p.last_request().payload, first.payload);
  p.run_until(Time{} + ms(550));
  EXPECT_EQ(p.requests().size(), 2U);
  p.answer(first);
  EXPECT_TRUE(p.pair(1).valid);
}

TEST(IceCheck, Ice30_TriggeredFailed) {
  Probe p;
  p.meet();
  p.run_until(Time{} + seconds(40));
  EXPECT_EQ(p.pair(1).state, PairState::failed);
  p.check_from(peer_address);
  EXPECT_EQ(p.pair(1).state, PairState::in_progress);
  EXPECT_EQ(p.requests().size(), 8U);
}

TEST(IceCheck, Ice30_R09_NothingTriggeredSucceeded) {
  Probe p(controlled());
  p.meet();
  p.answer(p.last_request());
  PeerRequest request;
  request.role = Role::controlling;
  for (int i = 0; i < 100; ++i) {
    p.check_from(peer_address, request);
    p.run_for(ms(10));
  }
  EXPECT_EQ(p.requests().size(), 1U);
  EXPECT_EQ(p.of_class(stun::MessageClass::success_response).size(), 100U);
}

TEST(IceCheck, TriggeredChecksOfAPairAreBounded) {
  Options options;
  options.max_triggered_checks = 4;
  Probe p(options);
  p.set_credentials();
  for (int i = 0; i < 20; ++i) {
    p.check_from(peer_address);
    p.run_for(ms(60));
    if (i < 4) p.answer(p.last_request(), own_address, other_address);  // non-symmetric
  }
  EXPECT_EQ(p.requests().size(), 4U);
  EXPECT_EQ(p.last<Ignored>().reason, IgnoreReason::triggered_cap);
}

TEST(IceCheck, Ice32_TheAnswerGoesBackTheWayTheCheckCame) {
  Probe p;
  p.check_from(other_address);
  EXPECT_EQ(p.sent.back().second.local, own_address);
  EXPECT_EQ(p.sent.back().second.remote, other_address);
  EXPECT_EQ(view(p.sent.back().second).xor_mapped_address(), other_address);
  auto key = stun::IntegrityKey::short_term(p.agent.local_credentials().password);
  EXPECT_TRUE(key.verify_message_integrity(view(p.sent.back().second)));
}

TEST(IceCheck, R07_EachRequestHasItsOwnTransactionId) {
  Probe p;
  p.meet();
  p.run_for(ms(60));
  p.check_from(peer_address);
  p.run_for(ms(60));
  p.answer(p.last_request());
  p.run_for(seconds(60));
  std::set<std::pair<stun::TransactionId, Bytes>> contents;
  std::set<stun::TransactionId> ids;
  for (const Transmit& request : p.requests()) {
    ids.insert(view(request).transaction_id());
    contents.emplace(view(request).transaction_id(), request.payload);
  }
  EXPECT_EQ(ids.size(), contents.size());
  EXPECT_GE(ids.size(), 4U);
}

TEST(IceCheck, PeerReflexiveCap) {
  Options options;
  options.max_peer_reflexive = 3;
  Probe p(options);
  p.set_credentials();
  for (std::uint16_t i = 0; i < 5; ++i) {
    p.check_from({other_address.address, static_cast<std::uint16_t>(7000 + i)});
  }
  EXPECT_EQ(p.agent.remote_candidates().size(), 3U);
  EXPECT_EQ(p.last<Ignored>().reason, IgnoreReason::peer_reflexive_cap);
  // What is too much is not answered.
  EXPECT_EQ(p.of_class(stun::MessageClass::success_response).size(), 3U);
  // Signalling one makes room for another.
  EXPECT_EQ(p.add_remote(Probe::remote_candidate({other_address.address, 7000})),
            RemoteCandidateResult::replaced);
  p.check_from({other_address.address, 7004});
  EXPECT_EQ(p.agent.remote_candidates().size(), 4U);
}

TEST(IceCheck, RemoteCandidatesThatAreNotTaken) {
  Options options;
  options.max_remote_candidates = 2;
  Probe p(options);
  Candidate candidate = Probe::remote_candidate(peer_address);
  EXPECT_EQ(p.add_remote(candidate), RemoteCandidateResult::added);
  EXPECT_EQ(p.add_remote(candidate), RemoteCandidateResult::duplicate);
  Candidate component = candidate;
  component.component = 2;
  EXPECT_EQ(p.add_remote(component), RemoteCandidateResult::other_component);
  Candidate port = candidate;
  port.address.port = 0;
  EXPECT_EQ(p.add_remote(port), RemoteCandidateResult::unusable);
  EXPECT_EQ(p.add_remote(Probe::remote_candidate(other_address)), RemoteCandidateResult::added);
  EXPECT_EQ(p.add_remote(Probe::remote_candidate({other_address.address, 1})),
            RemoteCandidateResult::too_many);
  p.agent.end_of_remote_candidates(p.now);
  EXPECT_EQ(p.add_remote(Probe::remote_candidate({other_address.address, 2})),
            RemoteCandidateResult::after_the_end);
  p.agent.close(p.now);
  EXPECT_EQ(p.add_remote(Probe::remote_candidate({other_address.address, 3})),
            RemoteCandidateResult::agent_closed);
}

TEST(IceCheck, CredentialsAreSetOnce) {
  Probe p;
  EXPECT_FALSE(p.agent.set_remote_credentials({"abc", "short"}, p.now));
  EXPECT_TRUE(p.agent.set_remote_credentials(peer_credentials, p.now));
  EXPECT_FALSE(p.agent.set_remote_credentials(peer_credentials, p.now));
}

TEST(IceCheck, Mux01_Mux03_DataOnlyFromWhereSomeoneIsAuthenticated) {
  Probe p;
  p.meet();
  const Bytes dtls{22, 254, 253, 0};
  EXPECT_FALSE(p.receive(peer_address, dtls));
  EXPECT_EQ(p.last<Ignored>().reason, IgnoreReason::unvalidated_source);
  // The peer's check is enough: its DTLS may be there before our own check is answered.
  p.check_from(peer_address);
  EXPECT_TRUE(p.receive(peer_address, dtls));
  EXPECT_TRUE(p.receive(peer_address, Bytes{128, 96, 0, 1}));
  EXPECT_FALSE(p.receive(other_address, dtls));
  // The first byte of STUN, without its cookie.
  EXPECT_FALSE(p.receive(peer_address, Bytes{0, 1, 0, 0}));
  EXPECT_EQ(p.last<Ignored>().reason, IgnoreReason::malformed_stun);
}

TEST(IceCheck, OtherStunIsIgnored) {
  Probe p;
  p.meet();
  Random random(1);
  const auto id = stun::TransactionId::draw(random);
  p.receive(peer_address,
            stun::MessageBuilder(stun::MessageClass::request, stun::Method::allocate, id).take());
  EXPECT_EQ(p.last<Ignored>().reason, IgnoreReason::other_method);
  p.receive(peer_address,
            stun::MessageBuilder(stun::MessageClass::indication, stun::Method::binding, id).take());
  EXPECT_EQ(p.last<Ignored>().reason, IgnoreReason::indication);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::ice::test
