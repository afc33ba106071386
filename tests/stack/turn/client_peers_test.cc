// A TURN client's permissions, channels and data (RFC 8656 §9–12).
#include "turn_network.h"

namespace natsim::turn {
namespace NATSIM_TEST_FILE {

using stun::ErrorNumber;
using stun::MessageClass;
using stun::Method;

class TurnClientPeers : public TurnNetwork {
 protected:
  std::size_t peers_in(std::size_t nth) const {
    for (const Seen& seen : seen_) {
      if (seen.method != Method::create_permission || seen.message_class != MessageClass::request ||
          nth-- > 0) {
        continue;
      }
      return stun::MessageView::parse(seen.bytes)->xor_peer_addresses()->size();
    }
    return 0;
  }

  // Binds a channel on the server behind the client's back, as if it was bound in a former life.
  void bind_at_server(std::uint16_t number, const Endpoint& to) {
    stun::LongTermClient credentials("alice", "secret");
    Server& server = *servers_.at(server_endpoint);
    for (int attempt = 0; attempt < 2; ++attempt) {
      stun::MessageBuilder message(MessageClass::request, Method::channel_bind, {});
      message.channel_number(number).xor_peer_address(to);
      credentials.protect(message);
      server.receive(server_endpoint, local, message.take(), now_);
      const Transmit answer = server.poll_transmit().value();
      const auto view = stun::MessageView::parse(answer.payload).value();
      if (view.is_error()) credentials.judge(view, credentials.generation());
    }
  }
};

TEST_F(TurnClientPeers, Tc05_PermissionBeforeDataAndOncePerAddress) {
  Client& client = allocated();
  const Time start = now_;
  client.add_peer(peer.address, now_);
  client.add_peer(peer.address, now_);
  EXPECT_EQ(client.send({peer.address, 1}, as_bytes("one"), now_), SendResult::held);
  EXPECT_EQ(client.send({peer.address, 2}, as_bytes("two"), now_), SendResult::held);
  run_for(seconds(1));
  EXPECT_EQ(request_times(Method::create_permission), std::vector<Time>{start});
  EXPECT_EQ(first_time_of<PermissionReady>(), start + round_trip);
  ASSERT_EQ(at_peers_.size(), 2U);
  EXPECT_EQ(at_peers_[0].text, "one");
  EXPECT_EQ(at_peers_[1].text, "two");
  EXPECT_EQ(at_peers_[0].from, client.relayed());
  EXPECT_EQ(at_peers_[0].at, start + round_trip * 2);
  EXPECT_TRUE(client.has_permission(peer.address, now_));
  EXPECT_EQ(client.send(peer, as_bytes("three"), now_), SendResult::sent);
}

TEST_F(TurnClientPeers, Tc05_PeersAddedTogetherShareARequest) {
  add_server(server_options());
  Client& client = add_client(client_options());
  client.add_peer(peer.address, now_);  // before there is an allocation
  client.start(now_);
  client.add_peer(other_peer.address, now_);
  run_for(round_trip * 3);
  EXPECT_EQ(request_times(Method::create_permission).size(), 1U);
  EXPECT_EQ(peers_in(0), 2U);
  EXPECT_EQ(client_events<PermissionReady>().size(), 2U);
}

TEST_F(TurnClientPeers, Tc05_ManyPeersAreSplit) {
  Client& client = allocated();
  for (std::uint32_t i = 0; i < 40; ++i) client.add_peer(IpAddress::v4(0xc6336400 + i), now_);
  run_for(seconds(1));
  EXPECT_EQ(request_times(Method::create_permission).size(), 3U);
  EXPECT_EQ(peers_in(0), 16U);
  EXPECT_EQ(peers_in(2), 8U);
  EXPECT_EQ(client_events<PermissionReady>().size(), 40U);
}

TEST_F(TurnClientPeers, Tc05_OtherFamilyIs443WithoutARequest) {
  Client& client = allocated();
  const Endpoint six{IpAddress::parse("2001:db8::7").value(), 4000};
  client.add_peer(six.address, now_);
  client.bind_channel(six, now_);
  EXPECT_EQ(client.send(six, as_bytes("x"), now_), SendResult::permission_refused);
  run_for(seconds(1));
  EXPECT_EQ(client_events<PermissionFailed>().at(0).code, 443);
  EXPECT_EQ(client_events<ChannelFailed>().at(0).code, 443);
  EXPECT_TRUE(request_times(Method::create_permission).empty());
}

TEST_F(TurnClientPeers, Tc05_HeldDataIsBounded) {
  Client& client = allocated();
  for (std::size_t i = 0; i < Client::max_held; ++i) {
    EXPECT_EQ(client.send(peer, as_bytes("x"), now_), SendResult::held);
  }
  EXPECT_EQ(client.send(peer, as_bytes("x"), now_), SendResult::queue_full);
  EXPECT_EQ(client.send(peer, Bytes(max_application_data + 1, 0), now_), SendResult::too_large);
  run_for(seconds(1));
  EXPECT_EQ(at_peers_.size(), Client::max_held);
}

TEST_F(TurnClientPeers, Tc05_OneDeniedPeerDoesNotPoisonTheOthers) {
  Client& client = allocated();
  const Endpoint denied{IpAddress::v4(127, 0, 0, 1), 4000};
  EXPECT_EQ(client.send(denied, as_bytes("x"), now_), SendResult::held);
  client.add_peer(peer.address, now_);
  client.add_peer(other_peer.address, now_);
  run_for(seconds(1));
  // One request for three, then one for each.
  EXPECT_EQ(request_times(Method::create_permission).size(), 4U);
  EXPECT_EQ(client_events<PermissionReady>().size(), 2U);
  const auto failed = client_events<PermissionFailed>();
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].peer, denied.address);
  EXPECT_EQ(failed[0].why, Failure::refused);
  EXPECT_EQ(failed[0].code, 403);
  EXPECT_EQ(failed[0].discarded, 1U);
  EXPECT_EQ(client.send(denied, as_bytes("x"), now_), SendResult::permission_refused);
  client.add_peer(denied.address, now_);
  run_for(seconds(1));
  EXPECT_EQ(client_events<PermissionFailed>().size(), 2U) << "add_peer asks again";
}

TEST_F(TurnClientPeers, Tc06_PermissionIsRefreshedEvery240SecondsWhenIdle) {
  Client& client = allocated();
  const Time start = now_;
  client.add_peer(peer.address, now_);
  client.add_peer(other_peer.address, now_);
  run_until(start + seconds(1000));
  EXPECT_EQ(request_times(Method::create_permission).at(1), start + seconds(240));
  EXPECT_EQ(server_events<PermissionExpired>().size(), 0U);
  EXPECT_EQ(client_events<PermissionReady>().size(), 2U) << "a refresh is no news";
  EXPECT_EQ(client.send(peer, as_bytes("x"), now_), SendResult::sent);
}

TEST_F(TurnClientPeers, Tc06_RemovedPeerIsLeftToExpire) {
  Client& client = allocated();
  const Time start = now_;
  client.add_peer(peer.address, now_);
  client.add_peer(other_peer.address, now_);
  client.bind_channel(peer, now_);
  run_for(seconds(100));
  client.remove_peer(peer.address, now_);
  run_until(start + seconds(500));
  const auto expired = server_events<PermissionExpired>();
  ASSERT_EQ(expired.size(), 1U);
  EXPECT_EQ(expired[0].peer, peer.address);
  EXPECT_EQ(request_times(Method::channel_bind).size(), 1U);
  EXPECT_FALSE(client.has_permission(peer.address, now_));
  EXPECT_TRUE(client.has_permission(other_peer.address, now_));
}

TEST_F(TurnClientPeers, Tc06_LostRefreshesAreRetriedWhileThePermissionStands) {
  Client& client = allocated();
  const Time start = now_;
  client.add_peer(peer.address, now_);
  run_for(seconds(200));
  // The whole of one transaction is lost: seven requests from 240 s on, failing at 279.5 s.
  lose_next(Method::create_permission, MessageClass::request, 7);
  run_until(start + seconds(600));
  EXPECT_EQ(request_times(Method::create_permission, start + milliseconds(279'500)).at(0),
            start + milliseconds(279'500));
  EXPECT_TRUE(server_events<PermissionExpired>().empty());
  EXPECT_TRUE(client_events<PermissionFailed>().empty());
}

TEST_F(TurnClientPeers, Tc07_SendIndicationsUntilBoundThenChannelData) {
  Client& client = allocated();
  client.add_peer(peer.address, now_);
  run_for(seconds(1));
  const Time asked = now_;
  client.bind_channel(peer, now_);
  client.bind_channel(peer, now_);
  EXPECT_EQ(client.send(peer, as_bytes("by Send"), now_), SendResult::sent);
  EXPECT_FALSE(client.channel(peer, now_));
  run_for(round_trip);
  EXPECT_EQ(first_time_of<ChannelBound>(), asked + round_trip);
  EXPECT_EQ(client.channel(peer, now_), 0x4000);
  client.send(peer, as_bytes("by channel"), now_);
  run_for(round_trip);
  ASSERT_EQ(at_peers_.size(), 2U);
  EXPECT_EQ(at_peers_[1].text, "by channel");
  EXPECT_EQ(count_sent(Method::send, MessageClass::indication), 1U);
  EXPECT_EQ(seen_.at(seen_.size() - 2).channel, 0x4000);
  EXPECT_EQ(request_times(Method::channel_bind).size(), 1U);
  peer_sends(peer, client.relayed(), "back");
  run_for(round_trip);
  ASSERT_EQ(at_clients_.size(), 1U);
  EXPECT_EQ(at_clients_[0].from, peer);
  EXPECT_EQ(at_clients_[0].text, "back");
}

TEST_F(TurnClientPeers, Tc07_ManySendsAtOnceBindOnce) {
  Client& client = allocated();
  for (int i = 0; i < 10; ++i) {
    client.send(peer, as_bytes("x"), now_);
    client.bind_channel(peer, now_);
  }
  run_for(seconds(1));
  EXPECT_EQ(request_times(Method::channel_bind).size(), 1U);
  EXPECT_EQ(request_times(Method::create_permission).size(), 1U);
  EXPECT_EQ(client_events<PermissionReady>().size(), 1U);
  EXPECT_EQ(at_peers_.size(), 10U);
}

TEST_F(TurnClientPeers, Tc07_RefusedChannelLeavesDataToSendIndications) {
  Client& client = allocated();
  // The peer is bound to a number that the client cannot guess, so each of its three gets 400.
  bind_at_server(0x4fff, peer);
  client.bind_channel(peer, now_);
  run_for(seconds(1));
  EXPECT_EQ(request_times(Method::channel_bind).size(), 3U);
  ASSERT_EQ(client_events<ChannelFailed>().size(), 1U);
  EXPECT_EQ(client_events<ChannelFailed>()[0].code, 400);
  EXPECT_EQ(client.send(peer, as_bytes("x"), now_), SendResult::sent);
  run_for(round_trip);
  EXPECT_EQ(at_peers_.size(), 1U);
}

TEST_F(TurnClientPeers, Tc07_SilenceOnTheBindingLeavesDataToSendIndications) {
  Client& client = allocated();
  client.add_peer(peer.address, now_);
  run_for(seconds(1));
  lose_next(Method::channel_bind, MessageClass::request, 7);
  client.bind_channel(peer, now_);
  run_for(seconds(40));
  EXPECT_EQ(client_events<ChannelFailed>().at(0).why, Failure::timeout);
  EXPECT_EQ(client.send(peer, as_bytes("x"), now_), SendResult::sent);
  client.bind_channel(peer, now_);
  run_for(seconds(1));
  EXPECT_EQ(client_events<ChannelBound>().at(0).number, 0x4000) << "the same number again";
}

TEST_F(TurnClientPeers, Tc08_ChannelIsRefreshedAndHoldsThePermission) {
  Client& client = allocated();
  const Time start = now_;
  client.bind_channel(peer, now_);
  run_until(start + seconds(900));
  const auto binds = request_times(Method::channel_bind);
  ASSERT_EQ(binds.size(), 5U);
  EXPECT_EQ(binds[0], start);
  EXPECT_EQ(binds[1], start + seconds(240));
  EXPECT_EQ(binds[2], start + seconds(480));
  // The nonce of the first Allocate is too old by then: 438, and at once again.
  EXPECT_EQ(binds[3], start + seconds(720));
  EXPECT_EQ(binds[4], start + seconds(720) + round_trip);
  EXPECT_EQ(request_times(Method::create_permission).size(), 1U);
  EXPECT_TRUE(server_events<PermissionExpired>().empty());
  EXPECT_TRUE(server_events<ChannelExpired>().empty());
  EXPECT_EQ(client_events<ChannelBound>().size(), 1U);
}

TEST_F(TurnClientPeers, Tc08_RefusedNumberIsReplaced) {
  Client& client = allocated();
  bind_at_server(0x4000, other_peer);
  client.bind_channel(peer, now_);
  run_for(seconds(1));
  ASSERT_EQ(client_events<ChannelBound>().size(), 1U);
  EXPECT_EQ(client_events<ChannelBound>()[0].number, 0x4001);
  EXPECT_EQ(count_errors(ErrorNumber::bad_request), 1U);
  peer_sends(peer, client.relayed(), "x");
  run_for(round_trip);
  EXPECT_EQ(at_clients_.at(0).from, peer);
}

TEST_F(TurnClientPeers, Tc08_LostChannelBindSuccessIsIdempotent) {
  Client& client = allocated();
  lose_next(Method::channel_bind, MessageClass::success_response);
  client.bind_channel(peer, now_);
  const Time asked = now_;
  run_for(one_way * 2);
  // The server uses the channel already, the client understands it.
  peer_sends(peer, client.relayed(), "early");
  run_for(round_trip);
  ASSERT_EQ(at_clients_.size(), 1U);
  EXPECT_EQ(seen_.back().channel, 0x4000);
  run_for(seconds(1));
  EXPECT_EQ(first_time_of<ChannelBound>(), asked + milliseconds(500) + round_trip);
  EXPECT_EQ(client_events<ChannelBound>()[0].number, 0x4000);
  EXPECT_EQ(count_errors(ErrorNumber::bad_request), 0U);
}

TEST_F(TurnClientPeers, Tc08_NumbersAreNeverGivenToAnotherPeer) {
  Client& client = allocated();
  client.bind_channel(peer, now_);
  run_for(seconds(1));
  client.remove_peer(peer.address, now_);
  // Both in the quarantine of the first binding and after it.
  run_for(seconds(700));
  client.bind_channel(other_peer, now_);
  run_for(seconds(1));
  client.bind_channel(peer, now_);
  run_for(seconds(1));
  const auto bound = client_events<ChannelBound>();
  ASSERT_EQ(bound.size(), 3U);
  EXPECT_EQ(bound[1].number, 0x4001);
  EXPECT_EQ(bound[2].number, 0x4000);
  EXPECT_EQ(count_errors(ErrorNumber::bad_request), 0U);
}

TEST_F(TurnClientPeers, Tc08_ExhaustedNumbersAreAnEvent) {
  Client& client = allocated();
  for (std::uint32_t i = 0; i < 4096; ++i) {
    client.bind_channel({IpAddress::v4(0xc6120000 + i), 4000}, now_);
  }
  EXPECT_TRUE(client_events<ChannelFailed>().empty());
  client.bind_channel(peer, now_);
  run_for(Duration{});
  EXPECT_EQ(client_events<ChannelFailed>().at(0).why, Failure::no_channel_left);
}

TEST_F(TurnClientPeers, Tc09_OneStaleNonceUpdatesAllRequestsInFlight) {
  ServerOptions server = server_options();
  server.nonce_lifetime = seconds(60);
  Client& client = allocated(client_options(), server);
  run_for(seconds(70));
  client.add_peer(peer.address, now_);
  client.bind_channel(peer, now_);
  client.bind_channel(other_peer, now_);
  run_for(round_trip);
  EXPECT_EQ(count_errors(ErrorNumber::stale_nonce), 3U);
  run_for(round_trip);
  EXPECT_EQ(client_events<ChannelBound>().size(), 2U);
  EXPECT_EQ(client_events<PermissionReady>().size(), 2U);
  EXPECT_EQ(count_errors(ErrorNumber::stale_nonce), 3U) << "the new nonce served all three";
  // And the next request needs no 438 any more.
  client.add_peer(IpAddress::v4(198, 51, 100, 9), now_);
  run_for(round_trip);
  EXPECT_EQ(client_events<PermissionReady>().size(), 3U);
}

TEST_F(TurnClientPeers, Ts11_IcmpErrorIsReported) {
  Client& client = allocated();
  client.add_peer(peer.address, now_);
  run_for(seconds(1));
  servers_.at(server_endpoint)->receive_icmp_error(client.relayed(), peer, {3, 3, 0}, now_);
  run_for(one_way);
  const auto unreachable = client_events<PeerUnreachable>();
  ASSERT_EQ(unreachable.size(), 1U);
  EXPECT_EQ(unreachable[0].peer, peer);
  EXPECT_EQ(unreachable[0].type, 3);
  EXPECT_EQ(unreachable[0].code, 3);
}

TEST_F(TurnClientPeers, Ts15_EmptyDatagramsPassBothWays) {
  Client& client = allocated();
  client.add_peer(peer.address, now_);
  run_for(seconds(1));
  for (int round = 0; round < 2; ++round) {
    client.send(peer, {}, now_);
    peer_sends(peer, client.relayed(), "");
    client.bind_channel(peer, now_);  // the second round goes by channel
    run_for(seconds(1));
  }
  EXPECT_EQ(at_peers_.size(), 2U);
  EXPECT_EQ(at_clients_.size(), 2U);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::turn
