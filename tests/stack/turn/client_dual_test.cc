// A client with a relayed address of each family (RFC 8656 §7.1 and §8.1).
#include "turn_network.h"

namespace natsim::turn {
namespace NATSIM_TEST_FILE {

using stun::MessageClass;
using stun::Method;

const IpAddress relay_v6 = IpAddress::parse("2001:db8::20").value();
const Endpoint peer_v6{IpAddress::parse("2001:db8:1::7").value(), 4000};

class TurnClientDual : public TurnNetwork {
 protected:
  static ClientOptions dual_options() {
    ClientOptions options = client_options();
    options.dual = true;
    return options;
  }
  static ServerOptions both() {
    ServerOptions options = server_options();
    options.relay_addresses.push_back(relay_v6);
    return options;
  }
};

TEST_F(TurnClientDual, Ts05_GetsBothAddressesByOneAllocation) {
  const Client& client = allocated(dual_options(), both());
  const auto made = client_events<Allocated>();
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(made[0].relayed.address, IpAddress::v4(203, 0, 113, 20));
  ASSERT_TRUE(made[0].additional);
  EXPECT_EQ(made[0].additional->address, relay_v6);
  EXPECT_EQ(client.additional_relayed(), made[0].additional);
  EXPECT_EQ(made[0].missing_code, 0);
  EXPECT_EQ(servers_.at(server_endpoint)->allocations().size(), 1U);
}

TEST_F(TurnClientDual, Ts05_IsContentWithOne) {
  Client& client = allocated(dual_options());
  EXPECT_FALSE(client.additional_relayed());
  EXPECT_EQ(client_events<Allocated>().at(0).missing_code, 440);
  client.add_peer(peer_v6.address, now_);
  EXPECT_EQ(client_events<PermissionFailed>().size(), 0U);
  run_for(seconds(1));
  EXPECT_EQ(client_events<PermissionFailed>().at(0).code, 443);
  EXPECT_EQ(count_sent(Method::create_permission, MessageClass::request), 0U);
}

TEST_F(TurnClientDual, Ts05_DataOfBothFamilies) {
  Client& client = allocated(dual_options(), both());
  client.send(peer, as_bytes("four"), now_);
  client.send(peer_v6, as_bytes("six"), now_);
  run_for(seconds(1));
  ASSERT_EQ(at_peers_.size(), 2U);
  EXPECT_EQ(at_peers_[0].from, client.relayed());
  EXPECT_EQ(at_peers_[1].from, *client.additional_relayed());
  EXPECT_EQ(count_sent(Method::create_permission, MessageClass::request), 1U);
  peer_sends(peer_v6, *client.additional_relayed(), "back");
  run_for(seconds(1));
  EXPECT_EQ(at_clients_.at(0).text, "back");
  EXPECT_EQ(at_clients_.at(0).from, peer_v6);
}

TEST_F(TurnClientDual, Ts05_GivesOneBackAndKeepsTheOther) {
  Client& client = allocated(dual_options(), both());
  client.bind_channel(peer_v6, now_);
  client.add_peer(peer.address, now_);
  run_for(seconds(1));
  const Endpoint six = *client.additional_relayed();
  client.release(Family::ipv4, now_);
  run_for(seconds(1));
  EXPECT_EQ(client.relayed(), six);
  EXPECT_FALSE(client.additional_relayed());
  EXPECT_FALSE(client.has_permission(peer.address, now_));
  EXPECT_EQ(client.send(peer, as_bytes("gone"), now_), SendResult::permission_refused);
  const auto standing = servers_.at(server_endpoint)->allocations();
  ASSERT_EQ(standing.size(), 1U);
  ASSERT_EQ(standing[0]->relays().size(), 1U);
  EXPECT_EQ(standing[0]->relay(), six);
  // The other one lives on.
  run_for(seconds(3600));
  EXPECT_EQ(client.state(), Client::State::allocated);
  client.send(peer_v6, as_bytes("still"), now_);
  run_for(seconds(1));
  EXPECT_EQ(at_peers_.at(0).text, "still");
}

TEST_F(TurnClientDual, Ts05_AnAddressWhoseDeletionIsLostExpires) {
  Client& client = allocated(dual_options(), both());
  lose_next(Method::refresh, MessageClass::request, 7);
  client.release(Family::ipv4, now_);
  run_for(seconds(700));
  EXPECT_EQ(client.state(), Client::State::allocated);
  const auto ended = server_events<AllocationEnded>();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].relay.address.family(), Family::ipv4);
  EXPECT_EQ(ended[0].why, AllocationEnded::Why::expired);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::turn
