// The check list by itself (RFC 8445 §6.1.2-6.1.4).
#include "stack/ice/check_list.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "stack/ice/nomination.h"

namespace natsim::ice::test {
namespace NATSIM_TEST_FILE {

Candidate candidate(std::string_view address, std::uint32_t priority, std::string foundation) {
  Candidate c;
  c.address = c.base = Endpoint::parse(address).value();
  c.priority = priority;
  c.foundation = std::move(foundation);
  return c;
}

// A list of one local candidate against made-up remote ones.
struct List {
  explicit List(std::size_t max_pairs = 100) : list(max_pairs, last_id, foundations) {}

  CheckList::Addition add(std::uint32_t remote_priority, const std::string& foundation) {
    const Candidate remote =
        candidate("192.0.2.1:" + std::to_string(1000 + next), remote_priority, foundation);
    return list.add(0, local, next++, remote, Role::controlling);
  }
  CandidatePair& pair(PairId id) { return *list.find(id); }

  Candidate local = candidate("10.0.0.1:5000", 1000, "1");
  CandidateId next = 0;
  PairId last_id = no_pair;
  Foundations foundations;
  CheckList list;
};

TEST(IceCheckList, Ice07_OnlyLikeAddressesPair) {
  const Candidate v4 = candidate("10.0.0.1:1", 1, "1");
  const Candidate v6 = candidate("[2001:db8::1]:1", 1, "1");
  const Candidate link_local = candidate("[fe80::1]:1", 1, "1");
  EXPECT_TRUE(can_pair(v4, v4));
  EXPECT_TRUE(can_pair(v6, v6));
  EXPECT_TRUE(can_pair(link_local, link_local));
  EXPECT_FALSE(can_pair(v4, v6));
  EXPECT_FALSE(can_pair(v6, link_local));
  Candidate other_component = v4;
  other_component.component = 2;
  EXPECT_FALSE(can_pair(v4, other_component));
}

TEST(IceCheckList, Ice07_ReflexiveCandidatesFormNoPairsOfTheirOwn) {
  EXPECT_TRUE(forms_pairs(CandidateType::host));
  EXPECT_TRUE(forms_pairs(CandidateType::relayed));
  EXPECT_FALSE(forms_pairs(CandidateType::server_reflexive));
  EXPECT_FALSE(forms_pairs(CandidateType::peer_reflexive));
}

TEST(IceCheckList, Ice08_PairPriority) {
  // G = 5, D = 3: 2^32 * 3 + 2 * 5 + 1.
  EXPECT_EQ(pair_priority(Role::controlling, 5, 3), (3ULL << 32) + 11);
  EXPECT_EQ(pair_priority(Role::controlled, 3, 5), (3ULL << 32) + 11);
  EXPECT_EQ(pair_priority(Role::controlling, 3, 5), (3ULL << 32) + 10);
  EXPECT_EQ(pair_priority(Role::controlling, 4, 4), (4ULL << 32) + 8);
}

TEST(IceCheckList, Ice09_TheLowestLeavesAFullList) {
  List l(2);
  const PairId low = l.add(10, "a").pair;
  const PairId high = l.add(30, "b").pair;
  const auto middle = l.add(20, "c");
  EXPECT_EQ(middle.displaced, low);
  EXPECT_EQ(middle.displaced_from, PairState::waiting);
  EXPECT_EQ(l.pair(low).state, PairState::removed);
  const auto lowest = l.add(5, "d");
  EXPECT_EQ(lowest.displaced, no_pair);
  EXPECT_EQ(l.pair(lowest.pair).state, PairState::removed);
  EXPECT_EQ(l.pair(high).state, PairState::waiting);
}

TEST(IceCheckList, Ice09_APairUnderWayDoesNotLeave) {
  List l(1);
  const PairId low = l.add(10, "a").pair;
  l.list.set_state(l.pair(low), PairState::in_progress);
  EXPECT_EQ(l.pair(l.add(30, "b").pair).state, PairState::removed);
  EXPECT_EQ(l.pair(low).state, PairState::in_progress);
}

TEST(IceCheckList, Ice10_OneWaitingForEachFoundation) {
  List l;
  const PairId a1 = l.add(10, "a").pair;
  const auto a2 = l.add(20, "a");
  const PairId b = l.add(5, "b").pair;
  const PairId a3 = l.add(15, "a").pair;
  EXPECT_EQ(a2.frozen, a1);  // the better one goes first
  EXPECT_EQ(l.pair(a1).state, PairState::frozen);
  EXPECT_EQ(l.pair(a2.pair).state, PairState::waiting);
  EXPECT_EQ(l.pair(a3).state, PairState::frozen);
  EXPECT_EQ(l.pair(b).state, PairState::waiting);
}

TEST(IceCheckList, Ice57_ALateCandidateOfAFoundationInUseIsFrozen) {
  List l;
  const PairId first = l.add(10, "a").pair;
  l.list.set_state(l.pair(first), PairState::in_progress);
  const PairId late = l.add(20, "a").pair;
  EXPECT_EQ(l.pair(late).state, PairState::frozen);
  l.list.set_state(l.pair(first), PairState::succeeded);
  EXPECT_EQ(l.pair(l.add(5, "a").pair).state, PairState::waiting);
}

TEST(IceCheckList, Ice11_TriggeredThenWaitingThenFrozen) {
  List l;
  const PairId a_high = l.add(30, "a").pair;
  const PairId a_low = l.add(20, "a").pair;  // frozen
  const PairId b = l.add(10, "b").pair;
  const PairId triggered = l.add(1, "c").pair;
  l.list.enqueue(l.pair(triggered));
  l.list.enqueue(l.pair(triggered));  // once only

  ASSERT_EQ(l.list.take_triggered()->id, triggered);
  EXPECT_EQ(l.list.take_triggered(), nullptr);
  l.list.set_state(l.pair(triggered), PairState::in_progress);

  EXPECT_EQ(l.list.best_waiting()->id, a_high);
  l.list.set_state(l.pair(a_high), PairState::in_progress);
  EXPECT_EQ(l.list.best_waiting()->id, b);
  l.list.set_state(l.pair(b), PairState::in_progress);
  EXPECT_EQ(l.list.best_waiting(), nullptr);
  // Its foundation is being checked.
  EXPECT_EQ(l.list.best_unfreezable(), nullptr);
  EXPECT_FALSE(l.list.has_check());
  EXPECT_EQ(l.foundations.active(), 3);

  l.list.set_state(l.pair(a_high), PairState::failed);
  EXPECT_TRUE(l.list.has_check());
  EXPECT_EQ(l.list.best_unfreezable()->id, a_low);
  EXPECT_FALSE(l.list.is_settled());
}

TEST(IceCheckList, TC05_NoCheckBeforeItsPermission) {
  List l;
  const PairId relayed = l.add(10, "a").pair;
  l.pair(relayed).awaiting_permission = true;
  l.list.enqueue(l.pair(relayed));
  EXPECT_FALSE(l.list.has_check());
  EXPECT_EQ(l.list.take_triggered(), nullptr);
  EXPECT_EQ(l.list.best_waiting(), nullptr);
  l.pair(relayed).awaiting_permission = false;
  EXPECT_EQ(l.list.take_triggered()->id, relayed);
}

TEST(IceCheckList, Ice08_RankingAnewAfterARoleSwitch) {
  List l;
  CandidatePair& pair = l.pair(l.add(2000, "a").pair);
  const Candidate remote = candidate("192.0.2.1:1000", 2000, "a");
  EXPECT_EQ(pair.priority, (1000ULL << 32) + 4000);
  l.list.rank(pair, l.local, l.local, remote, Role::controlled);
  EXPECT_EQ(pair.priority, (1000ULL << 32) + 4001);
}

// Nomination over a list of a host and a relayed local candidate, and a host and a relayed remote.
class IceNomination : public testing::Test {
 protected:
  IceNomination()
      : local(foundations, 1, false), remote(foundations, 1, 16), list(100, last_id, foundations) {
    Candidate host = candidate("10.0.0.1:5000", 0, "");
    local.add(host, 65'535);
    host.priority = candidate_priority(CandidateType::host, 65'535, 1);
    host.address.port = 6000;
    host.foundation = "h";
    remote.add_signalled(host);
    host.type = CandidateType::relayed;
    host.priority = candidate_priority(CandidateType::relayed, 65'535, 1);
    host.address.port = 7000;
    host.foundation = "r";
    remote.add_signalled(host);
    direct = list.add(0, local[0], 0, remote[0], Role::controlling).pair;
    relayed = list.add(0, local[0], 1, remote[1], Role::controlling).pair;
    for (const PairId id : {direct, relayed}) {
      list.set_state(*list.find(id), PairState::in_progress);
    }
  }

  void succeed(PairId id) {
    CandidatePair& pair = *list.find(id);
    pair.valid = true;
    pair.valid_priority = pair.priority;
    list.set_state(pair, PairState::succeeded);
  }
  NominationDecision decide(Duration at, bool all_known = true) {
    return decide_nomination(list, local, remote, options,
                             {.first_valid = Time{} + milliseconds(100),
                              .all_candidates_known = all_known,
                              .remote_ended = all_known},
                             Time{} + at);
  }

  Foundations foundations;
  LocalCandidates local;
  RemoteCandidates remote;
  PairId last_id = no_pair;
  CheckList list;
  Options options;
  PairId direct = no_pair;
  PairId relayed = no_pair;
};

TEST_F(IceNomination, NothingValidNothingNominated) {
  EXPECT_EQ(decide(milliseconds(100)).nominate, no_pair);
  EXPECT_TRUE(decide(milliseconds(100)).reconsider.is_never());
}

TEST_F(IceNomination, ADirectPairAtOnce) {
  succeed(direct);
  EXPECT_EQ(decide(milliseconds(100), false).nominate, direct);
}

TEST_F(IceNomination, ARelayedPairWaitsForItsPatience) {
  succeed(relayed);
  EXPECT_EQ(decide(milliseconds(100)).nominate, no_pair);
  EXPECT_EQ(decide(milliseconds(100)).reconsider, Time{} + milliseconds(1100));
  EXPECT_EQ(decide(milliseconds(1100)).nominate, relayed);
}

TEST_F(IceNomination, ARelayedPairAtOnceWhenNothingBetterIsLeft) {
  succeed(relayed);
  list.set_state(*list.find(direct), PairState::failed);
  EXPECT_EQ(decide(milliseconds(100)).nominate, relayed);
  // Unless more candidates may come.
  EXPECT_EQ(decide(milliseconds(100), false).nominate, no_pair);
}

TEST_F(IceNomination, P15_TheBestOfTheValidPairs) {
  succeed(relayed);
  succeed(direct);
  EXPECT_EQ(decide(milliseconds(100)).nominate, direct);
}

TEST_F(IceNomination, AnUnsignalledRemoteCandidateMayBeARelay) {
  const CandidateId unknown =
      remote.add_peer_reflexive(Endpoint::parse("192.0.2.9:9").value(), 1000, 0).value();
  const PairId pair = list.add(0, local[0], unknown, remote[unknown], Role::controlling).pair;
  succeed(pair);
  EXPECT_EQ(decide(milliseconds(100), false).nominate, no_pair);
  EXPECT_EQ(decide(milliseconds(100), true).nominate, pair);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::ice::test
