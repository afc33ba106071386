// Relayed candidates from a TURN server over TCP and TLS.
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "stack/ice/agent.h"
#include "stack/turn/server.h"

namespace natsim::ice {
namespace NATSIM_TEST_FILE {

constexpr Endpoint own_address{IpAddress::v4(192, 0, 2, 1), 5000};
constexpr Endpoint turn_server{IpAddress::v4(203, 0, 113, 10), 3478};
constexpr Endpoint connected_from{IpAddress::v4(192, 0, 2, 1), 6000};

// An agent and a TURN server at both ends of connections that the test opens.
class IceStreamRelay : public testing::Test {
 protected:
  void gather(const std::vector<Transport>& transports) {
    std::vector<TurnServer> servers;
    for (const Transport transport : transports) {
      servers.push_back({turn_server, "alice", "secret", transport});
    }
    agent_.set_servers({}, servers);
    agent_.add_local_address(own_address, now_);
    agent_.start_gathering(now_);
    pump();
  }

  bool connect(Transport transport, const std::optional<Endpoint>& from) {
    const bool taken = agent_.replace_turn_socket(own_address, turn_server, transport, from, now_);
    pump();
    return taken;
  }

  void pump() {
    for (bool quiet = false; !quiet;) {
      quiet = true;
      while (const auto out = agent_.poll_transmit()) {
        quiet = false;
        server_.receive(out->remote, out->local, out->payload, now_, out->transport);
      }
      while (const auto out = server_.poll_transmit()) {
        quiet = false;
        agent_.receive(out->remote, out->local, out->payload, now_, out->transport);
      }
      while (auto event = agent_.poll_event()) events_.push_back(std::move(*event));
    }
  }

  void run_until(Time then) {
    while (agent_.next_timeout() <= then) {
      now_ = agent_.next_timeout();
      agent_.handle_timeout(now_);
      pump();
    }
    now_ = then;
  }

  template <typename E>
  [[nodiscard]] std::vector<E> all() const {
    std::vector<E> found;
    for (const Event& event : events_) {
      if (const auto* one = std::get_if<E>(&event)) found.push_back(*one);
    }
    return found;
  }
  [[nodiscard]] std::vector<Candidate> relayed() const {
    std::vector<Candidate> found;
    for (const auto& gathered : all<CandidateGathered>()) {
      if (gathered.candidate.type == CandidateType::relayed) found.push_back(gathered.candidate);
    }
    return found;
  }

  static turn::ServerOptions server_options() {
    return {.listening = {turn_server},
            .realm = "example.org",
            .users = {{"alice", "secret"}},
            .relay_addresses = {IpAddress::v4(203, 0, 113, 20)}};
  }

  Time now_ = Time{} + seconds(10);
  Agent agent_{Options(), Random(1)};
  turn::Server server_{server_options(), Random(2)};
  std::vector<Event> events_;
};

TEST_F(IceStreamRelay, AsksForAConnectionAndAllocatesOverIt) {
  gather({Transport::tls});
  const auto needed = all<SocketNeeded>();
  ASSERT_EQ(needed.size(), 1U);
  EXPECT_EQ(needed[0].base, own_address);
  EXPECT_EQ(needed[0].remote, turn_server);
  EXPECT_EQ(needed[0].transport, Transport::tls);
  EXPECT_TRUE(all<GatheringComplete>().empty()) << "the connection may take its time";
  EXPECT_TRUE(server_.allocations().empty());

  EXPECT_TRUE(connect(Transport::tls, connected_from));
  EXPECT_EQ(all<GatheringComplete>().size(), 1U);
  ASSERT_EQ(relayed().size(), 1U);
  EXPECT_EQ(relayed()[0].server_transport, Transport::tls);
  EXPECT_EQ(relayed()[0].related, connected_from);
  ASSERT_EQ(server_.allocations().size(), 1U);
  EXPECT_EQ(server_.allocations()[0]->tuple(),
            (turn::FiveTuple{connected_from, turn_server, Transport::tls}));
  for (const auto& gathered : all<CandidateGathered>()) {
    EXPECT_NE(gathered.candidate.type, CandidateType::server_reflexive)
        << "what TCP looks like is no address for UDP";
  }
}

TEST_F(IceStreamRelay, UdpBeforeTcpBeforeTls) {
  gather({Transport::tls, Transport::tcp, Transport::udp});
  run_until(now_ + seconds(1));
  EXPECT_TRUE(connect(Transport::tls, connected_from));
  EXPECT_TRUE(connect(Transport::tcp, Endpoint{connected_from.address, 6001}));
  const auto candidates = relayed();
  ASSERT_EQ(candidates.size(), 3U);
  const auto of = [&](Transport transport) -> const Candidate& {
    return *std::find_if(candidates.begin(), candidates.end(), [&](const Candidate& candidate) {
      return candidate.server_transport == transport;
    });
  };
  EXPECT_GT(of(Transport::udp).priority, of(Transport::tcp).priority);
  EXPECT_GT(of(Transport::tcp).priority, of(Transport::tls).priority);
  // RFC 8445 §5.1.1.3: what was got by another transport has another foundation.
  EXPECT_NE(of(Transport::udp).foundation, of(Transport::tcp).foundation);
  EXPECT_NE(of(Transport::tcp).foundation, of(Transport::tls).foundation);
}

TEST_F(IceStreamRelay, Tc10_NoConnectionIsAFailedServer) {
  gather({Transport::tcp});
  EXPECT_TRUE(connect(Transport::tcp, std::nullopt));
  const auto failed = all<ServerFailed>();
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].why, GatherFailure::no_connection);
  EXPECT_EQ(failed[0].transport, Transport::tcp);
  EXPECT_EQ(all<GatheringComplete>().size(), 1U);
}

TEST_F(IceStreamRelay, Tc10_TheEndOfTheConnectionIsTheEndOfTheCandidate) {
  gather({Transport::tcp});
  connect(Transport::tcp, connected_from);
  agent_.connection_lost(own_address, turn_server, now_);
  pump();
  EXPECT_TRUE(all<ServerFailed>().empty()) << "that is not the connection";
  agent_.connection_lost(connected_from, turn_server, now_);
  pump();
  const auto failed = all<ServerFailed>();
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].why, GatherFailure::lost);
  EXPECT_TRUE(all<ConnectionReleased>().empty()) << "there is nothing left to be closed";
}

TEST_F(IceStreamRelay, ClosingGivesTheConnectionBack) {
  gather({Transport::tcp});
  connect(Transport::tcp, connected_from);
  agent_.close(now_);
  pump();
  EXPECT_TRUE(server_.allocations().empty());
  const auto released = all<ConnectionReleased>();
  ASSERT_EQ(released.size(), 1U);
  EXPECT_EQ(released[0].local, connected_from);
  EXPECT_EQ(released[0].remote, turn_server);
}

TEST_F(IceStreamRelay, AConnectionThatComesTooLateIsNotWanted) {
  gather({Transport::tcp});
  agent_.close(now_);
  EXPECT_FALSE(connect(Transport::tcp, connected_from));
  EXPECT_TRUE(server_.allocations().empty());
}

TEST_F(IceStreamRelay, TwoServersAtOneAddressHaveAConnectionEach) {
  gather({Transport::tcp, Transport::tcp});
  run_until(now_ + seconds(1));
  EXPECT_EQ(all<SocketNeeded>().size(), 2U);
  EXPECT_TRUE(connect(Transport::tcp, connected_from));
  EXPECT_TRUE(connect(Transport::tcp, Endpoint{connected_from.address, 6001}));
  EXPECT_FALSE(connect(Transport::tcp, Endpoint{connected_from.address, 6002}));
  EXPECT_EQ(server_.allocations().size(), 2U);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::ice
