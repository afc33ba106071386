// Gathering: servers, what they give and how they fail, relays (RFC 8445 §5.1).
#include "probe.h"
#include "world.h"

#include <vector>

#include <gtest/gtest.h>

#include "stack/ice/candidate_line.h"

namespace natsim::ice::test {
namespace NATSIM_TEST_FILE {

constexpr Duration ms(std::int64_t n) { return milliseconds(n); }

const Endpoint stun_a{IpAddress::v4(203, 0, 113, 10), 3478};
const Endpoint stun_b{IpAddress::v4(203, 0, 113, 11), 3478};
const Endpoint turn_server{IpAddress::v4(203, 0, 113, 20), 3478};
const IpAddress external = IpAddress::v4(198, 51, 100, 1);

NatModel home_nat() { return {Mapping::endpoint_independent, Filtering::port_dependent, external}; }

std::vector<CandidateType> types(const Peer& peer) {
  std::vector<CandidateType> found;
  for (const auto& [at, gathered] : peer.all<CandidateGathered>()) {
    found.push_back(gathered.candidate.type);
  }
  return found;
}

// One peer behind a NAT, 15 ms from the middle, with servers 5 ms from there.
struct Home {
  explicit Home(Options options = {}, std::optional<NatModel> nat = home_nat()) {
    world.add_stun_server(stun_a, ms(5));
    world.add_turn_server(turn_server, ms(5));
    const Endpoint address{nat ? IpAddress::v4(192, 168, 1, 10) : external, 5000};
    peer = &world.add_peer("a", address, ms(15), std::move(options), std::move(nat));
  }
  void gather(std::vector<Endpoint> stun, bool with_turn, Duration span = seconds(1)) {
    std::vector<TurnServer> turn;
    if (with_turn) turn.push_back({turn_server, "alice", "secret"});
    peer->agent().set_servers(std::move(stun), turn);
    peer->start(Time{});
    world.run_until(Time{} + span);
  }
  [[nodiscard]] ServerFailed failure() const { return peer->all<ServerFailed>().at(0).second; }

  World world;
  Peer* peer = nullptr;
};

TEST(IceGathering, Ice05_TransactionsStartTaApart) {
  Home h;
  // stun_b does not exist; its requests are seen all the same.
  h.gather({stun_a, stun_b}, true);
  std::vector<std::pair<Time, Endpoint>> starts;
  for (const Packet& packet : h.world.packets()) {
    if (packet.from.address != external) continue;
    const auto known = std::find_if(starts.begin(), starts.end(),
                                    [&](const auto& start) { return start.second == packet.to; });
    if (known == starts.end()) starts.emplace_back(packet.sent, packet.to);
  }
  EXPECT_EQ(starts,
            (std::vector<std::pair<Time, Endpoint>>{
                {Time{}, stun_a}, {Time{} + ms(50), stun_b}, {Time{} + ms(100), turn_server}}));
}

TEST(IceGathering, APortThatAGatewayMapsIsACandidate) {
  const Endpoint mapped{external, 7000};
  Home h;
  const Endpoint base{IpAddress::v4(192, 168, 1, 10), 5000};
  h.peer->agent().add_mapped_address(base, mapped);
  h.gather({stun_a}, false);
  using T = CandidateType;
  EXPECT_EQ(types(*h.peer), (std::vector{T::host, T::server_reflexive, T::server_reflexive}));
  const auto& all = h.peer->agent().local_candidates();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[1].address, mapped);
  EXPECT_EQ(all[1].base, base);
  EXPECT_EQ(all[1].related, base);
  EXPECT_FALSE(all[1].server.is_set());
  EXPECT_NE(all[1].priority, all[2].priority);
  EXPECT_NE(all[1].foundation, all[2].foundation);
}

TEST(IceGathering, APortThatAGatewayMapsIsNoRelay) {
  Options options;
  options.policy = TransportPolicy::relay;
  Home h(options);
  h.peer->agent().add_mapped_address({IpAddress::v4(192, 168, 1, 10), 5000}, {external, 7000});
  h.gather({}, true);
  EXPECT_EQ(types(*h.peer), (std::vector{CandidateType::relayed}));
}

TEST(IceGathering, WhatIsGathered) {
  Home h;
  h.gather({stun_a}, true);
  using T = CandidateType;
  EXPECT_EQ(types(*h.peer), (std::vector{T::host, T::server_reflexive, T::relayed}));
  const auto& all = h.peer->agent().local_candidates();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[1].address.address, external);
  EXPECT_EQ(all[1].base, all[0].address);
  EXPECT_EQ(all[1].related, all[0].address);
  EXPECT_EQ(all[1].server, stun_a);
  EXPECT_EQ(all[2].address.address, turn_server.address);
  EXPECT_EQ(all[2].base, all[2].address);
  EXPECT_EQ(all[2].related, all[1].address);
  for (const Candidate& candidate : all) {
    EXPECT_EQ(candidate.priority, candidate_priority(candidate.type, 65'535, 1));
    EXPECT_TRUE(parse_candidate(encode_candidate(candidate)));
  }
}

TEST(IceGathering, Ts05_OneAllocationGivesACandidateOfEachFamily) {
  const IpAddress additional = IpAddress::parse("2001:db8::20").value();
  Home h;
  h.world.add_turn_server(turn_server, ms(5), additional);
  h.peer->agent().set_servers(
      {}, {{turn_server, "alice", "secret", Transport::udp, RelayFamilies::both}});
  h.peer->start(Time{});
  h.world.run_until(Time{} + seconds(1));
  std::vector<Candidate> relayed;
  for (const Candidate& candidate : h.peer->agent().local_candidates()) {
    if (candidate.type == CandidateType::relayed) relayed.push_back(candidate);
  }
  ASSERT_EQ(relayed.size(), 2U);
  EXPECT_EQ(relayed[0].address.address, turn_server.address);
  EXPECT_EQ(relayed[1].address.address, additional);
  EXPECT_EQ(relayed[1].base, relayed[1].address);
  EXPECT_EQ(relayed[1].related, relayed[0].related);
  // Each has a priority of its own (RFC 8445 §5.1.2.1).
  EXPECT_GT(relayed[0].priority, relayed[1].priority);
  EXPECT_EQ(types(*h.peer), (std::vector{CandidateType::host, CandidateType::server_reflexive,
                                         CandidateType::relayed, CandidateType::relayed}));
}

TEST(IceGathering, Ice03_AnOpenHostHasNoReflexiveCandidate) {
  Home h({}, std::nullopt);
  h.gather({stun_a}, false);
  EXPECT_EQ(types(*h.peer), std::vector{CandidateType::host});
  EXPECT_EQ(h.peer->all<CandidateRedundant>().size(), 1U);
  EXPECT_EQ(h.peer->all<GatheringComplete>().size(), 1U);
}

TEST(IceGathering, TC13_TheMappedAddressOfAnAllocationWhenNoStunServerTells) {
  Home h;
  h.gather({}, true);
  using T = CandidateType;
  EXPECT_EQ(types(*h.peer), (std::vector{T::host, T::server_reflexive, T::relayed}));
}

TEST(IceGathering, TC13_AlsoWhenTheStunServerIsDead) {
  Home h;
  h.gather({stun_b}, true, seconds(60));
  using T = CandidateType;
  EXPECT_EQ(types(*h.peer), (std::vector{T::host, T::relayed, T::server_reflexive}));
}

TEST(IceGathering, ADeadStunServerEndsAfterAllRetransmissions) {
  Home h;
  h.gather({stun_b}, false, seconds(60));
  const auto failed = h.peer->all<ServerFailed>();
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].first, Time{} + ms(39'500));
  EXPECT_EQ(failed[0].second.why, GatherFailure::timeout);
  EXPECT_EQ(failed[0].second.elapsed, ms(39'500));
  EXPECT_EQ(h.peer->all<GatheringComplete>()[0].first, Time{} + ms(39'500));
  EXPECT_EQ(to_string(Event(failed[0].second)),
            "STUN server 203.0.113.11:3478 did not answer after 39.5s");
}

TEST(IceGathering, WrongTurnPassword) {
  Home h;
  h.peer->agent().set_servers({}, {{turn_server, "alice", "guess"}});
  h.peer->start(Time{});
  h.world.run_until(Time{} + seconds(1));
  EXPECT_EQ(h.failure().kind, ServerKind::turn);
  EXPECT_EQ(h.failure().why, GatherFailure::bad_credentials);
  EXPECT_EQ(h.peer->all<GatheringComplete>().size(), 1U);
}

TEST(IceGathering, HiddenHostCandidates) {
  Options options;
  options.hide_host_candidates = true;
  Home h(options);
  h.gather({stun_a}, true);
  using T = CandidateType;
  EXPECT_EQ(types(*h.peer), (std::vector{T::server_reflexive, T::relayed}));
  for (const auto& [at, gathered] : h.peer->all<CandidateGathered>()) {
    EXPECT_FALSE(gathered.candidate.related.is_set());
  }
}

TEST(IceGathering, Ice64_ANamedHostCandidateIsNobodysRaddr) {
  Options options;
  options.mdns = Mdns::gather;
  Home h(options);
  h.gather({stun_a}, true);
  using T = CandidateType;
  EXPECT_EQ(types(*h.peer), (std::vector{T::host, T::server_reflexive, T::relayed}));
  const auto gathered = h.peer->all<CandidateGathered>();
  EXPECT_FALSE(gathered[1].second.candidate.related.is_set());
  // The relayed candidate's is the address that the NAT has given, which is told anyway.
  EXPECT_EQ(gathered[2].second.candidate.related, gathered[1].second.candidate.address);
}

// Where its name cannot be resolved only the reflexive candidate tells where it is.
TEST(IceGathering, Ice64_AnOpenHostWithANameHasAReflexiveCandidate) {
  Options options;
  options.mdns = Mdns::gather;
  Home h(options, std::nullopt);
  h.gather({stun_a}, false);
  using T = CandidateType;
  EXPECT_EQ(types(*h.peer), (std::vector{T::host, T::server_reflexive}));
}

TEST(IceGathering, RelayPolicy) {
  Options options;
  options.policy = TransportPolicy::relay;
  Home h(options);
  h.gather({stun_a}, true);
  EXPECT_EQ(types(*h.peer), std::vector{CandidateType::relayed});
  // The socket itself is no candidate: checks that arrive there are not answered.
  EXPECT_EQ(h.peer->agent().local_candidates().size(), 1U);
}

TEST(IceGathering, ReflexiveCandidatesAreKeptAliveAndFollowTheMapping) {
  Home h;
  h.gather({stun_a}, false, seconds(14));
  const std::size_t before = h.peer->packets_sent();
  h.world.run_until(Time{} + seconds(29));
  EXPECT_EQ(h.peer->packets_sent(), before + 1);
  EXPECT_EQ(h.peer->all<CandidateGathered>().size(), 2U);
  // N-09: the mapping is lost, and the next answer shows another one.
  h.peer->nat()->forget();
  h.world.run_until(Time{} + seconds(31));
  ASSERT_EQ(h.peer->all<CandidateGathered>().size(), 3U);
  EXPECT_EQ(h.peer->agent().local_candidates()[2].type, CandidateType::server_reflexive);
}

// The TURN server by hand: it wants another port, twice.
TEST(IceGathering, TC01_AnotherSocketAfter437) {
  Agent agent(Options(), Random(1));
  Time now{};
  agent.set_servers({}, {{turn_server, "alice", "secret"}});
  agent.add_local_address(own_address, now);
  agent.start_gathering(now);
  const auto challenge = [&](const Transmit& request) {
    agent.receive(
        request.local, turn_server,
        stun::MessageBuilder::error_response(view(request), stun::ErrorNumber::unauthenticated)
            .realm("example.org")
            .nonce("n")
            .take(),
        now);
    return agent.poll_transmit().value();
  };
  const auto key = [] { return stun::IntegrityKey::long_term("alice", "example.org", "secret"); };
  const auto mismatch = [&](const Transmit& request) {
    auto k = key();
    agent.receive(
        request.local, turn_server,
        stun::MessageBuilder::error_response(view(request), stun::ErrorNumber::allocation_mismatch)
            .message_integrity(k)
            .take(),
        now);
  };
  mismatch(challenge(agent.poll_transmit().value()));
  bool asked = false;
  while (auto event = agent.poll_event()) asked |= std::holds_alternative<SocketNeeded>(*event);
  ASSERT_TRUE(asked);
  const Endpoint fresh{own_address.address, 5999};
  agent.replace_turn_socket(own_address, turn_server, Transport::udp, fresh, now);
  const Transmit again = agent.poll_transmit().value();
  EXPECT_EQ(again.local, fresh);
  mismatch(again);
  // No more sockets: the server has failed, and gathering is complete.
  agent.replace_turn_socket(own_address, turn_server, Transport::udp, std::nullopt, now);
  std::vector<Event> events;
  while (auto event = agent.poll_event()) events.push_back(*event);
  const auto is_no_socket = [](const Event& event) {
    const auto* failed = std::get_if<ServerFailed>(&event);
    return failed != nullptr && failed->why == GatherFailure::no_socket && failed->code == 437;
  };
  EXPECT_EQ(std::count_if(events.begin(), events.end(), is_no_socket), 1);
  EXPECT_TRUE(std::holds_alternative<GatheringComplete>(events.back()));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::ice::test
