// A client whose address changes (RFC 8016 §3).
#include "turn_network.h"

namespace natsim::turn {
namespace NATSIM_TEST_FILE {

using stun::ErrorNumber;
using stun::MessageClass;
using stun::Method;

constexpr Endpoint cellular{IpAddress::v4(198, 51, 100, 99), 6000};

class TurnClientMobility : public TurnNetwork {
 protected:
  static ClientOptions mobile_options() {
    ClientOptions options = client_options();
    options.mobility = true;
    return options;
  }
  static ServerOptions mobile_server() {
    ServerOptions options = server_options();
    options.mobility = true;
    return options;
  }
  // With a permission and a channel for `peer`.
  Client& settled() {
    Client& client = allocated(mobile_options(), mobile_server());
    client.bind_channel(peer, now_);
    run_for(seconds(1));
    EXPECT_TRUE(client.channel(peer, now_));
    return client;
  }
};

TEST_F(TurnClientMobility, Ts20_TheAllocationGoesOnFromAnotherAddress) {
  Client& client = settled();
  const Endpoint relayed = client.relayed();
  const Time left = now_;
  EXPECT_TRUE(client.move(cellular, now_));
  run_for(seconds(1));
  // The nonce is for the old address: a challenge, and the Refresh again (RFC 8656 §5).
  EXPECT_EQ(first_time_of<Moved>(), left + round_trip * 2);
  EXPECT_EQ(count_errors(ErrorNumber::stale_nonce), 1U);
  EXPECT_EQ(client.local(), cellular);
  EXPECT_EQ(client.relayed(), relayed);
  client.send(peer, as_bytes("still me"), now_);
  run_for(seconds(1));
  EXPECT_EQ(at_peers_.at(0).from, relayed);
  EXPECT_TRUE(std::any_of(seen_.begin(), seen_.end(), [](const Seen& seen) {
    return seen.from == cellular && seen.channel == first_channel;
  })) << "the channel is the same";
  peer_sends(peer, relayed, "still you");
  run_for(seconds(1));
  EXPECT_EQ(at_clients_.at(0).text, "still you");
  EXPECT_EQ(client.mapped(), cellular) << "as a Binding request told";
  // And it is kept up from there.
  run_for(seconds(3600));
  EXPECT_EQ(client.state(), Client::State::allocated);
  EXPECT_TRUE(client.has_permission(peer.address, now_));
}

TEST_F(TurnClientMobility, Ts20_DataComesTheOldWayUntilSomeIsSent) {
  Client& client = settled();
  client.move(cellular, now_);
  run_for(seconds(1));
  peer_sends(peer, client.relayed(), "at the old address");
  run_for(seconds(1));
  EXPECT_EQ(at_clients_.size(), 1U);
  client.send(peer, as_bytes("here"), now_);
  run_for(seconds(1));
  peer_sends(peer, client.relayed(), "at the new one");
  run_for(seconds(1));
  EXPECT_EQ(at_clients_.size(), 2U);
  EXPECT_EQ(server_events<AllocationMoved>().size(), 1U);
}

TEST_F(TurnClientMobility, Ts20_ServersThatForbidItServeWithoutIt) {
  add_server(server_options());
  Client& client = add_client(mobile_options());
  client.start(now_);
  run_for(round_trip * 3);  // for the nonce, for the refusal, for the allocation
  EXPECT_EQ(client.state(), Client::State::allocated);
  EXPECT_EQ(count_errors(ErrorNumber::mobility_forbidden), 1U);
  EXPECT_FALSE(client.move(cellular, now_));
  run_for(seconds(1));
  EXPECT_EQ(client.local(), local);
}

TEST_F(TurnClientMobility, Ts20_RequestsUnderWayAreMadeAgain) {
  Client& client = allocated(mobile_options(), mobile_server());
  lose_next(Method::create_permission, MessageClass::request);
  client.send(peer, as_bytes("held"), now_);
  run_for(milliseconds(10));
  client.move(cellular, now_);
  run_for(seconds(1));
  EXPECT_EQ(at_peers_.at(0).text, "held");
}

TEST_F(TurnClientMobility, Ts20_ANewMappingOfANatIsAMoveToo) {
  mappings_[local] = {IpAddress::v4(198, 51, 100, 200), 61000};
  Client& client = settled();
  mappings_[local] = {IpAddress::v4(198, 51, 100, 200), 61001};
  run_for(seconds(30));  // the next keepalive finds out
  EXPECT_EQ(client_events<Moved>().size(), 1U);
  EXPECT_EQ(client_events<Expired>().size(), 0U);
  client.send(peer, as_bytes("through another hole"), now_);
  run_for(seconds(1));
  EXPECT_EQ(at_peers_.at(0).from, client.relayed());
  EXPECT_EQ(client.mapped(), mappings_[local]);
}

TEST_F(TurnClientMobility, Ts20_AServerThatForgotTheTicketHasLostTheAllocation) {
  Client& client = settled();
  servers_.at(server_endpoint) = std::make_unique<Server>(mobile_server(), Random(8));
  client.move(cellular, now_);
  run_for(seconds(1));
  ASSERT_EQ(client_events<Expired>().size(), 1U);
  EXPECT_EQ(client_events<Expired>()[0].why, Loss::mismatch);
}

TEST_F(TurnClientMobility, Ts20_ItAsksUntilTheAllocationIsOver) {
  Client& client = settled();
  int lost = 0;
  lose([&](const Seen& seen) {
    const bool move = seen.from == cellular && lost < 9;  // more than one transaction's
    lost += move ? 1 : 0;
    return move;
  });
  client.move(cellular, now_);
  run_for(seconds(60));
  EXPECT_EQ(client_events<Moved>().size(), 1U);
  lose([&](const Seen& seen) { return seen.from == local; });
  client.move(local, now_);
  run_for(seconds(700));
  ASSERT_EQ(client_events<Expired>().size(), 1U);
  EXPECT_EQ(client_events<Expired>()[0].why, Loss::lifetime_over);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::turn
