// An allocation that lives longer than everything that expires.
#include "turn_network.h"

#include <map>

namespace natsim::turn {
namespace NATSIM_TEST_FILE {

using stun::ErrorNumber;
using stun::MessageClass;
using stun::Method;

// What every request type goes through in 65 minutes: nonces of 60 s, and the loss of each kind of
// request and of success response on every other try.
class TurnClientLongLife : public TurnNetwork {
 protected:
  void live_65_minutes() {
    ServerOptions server = server_options();
    server.nonce_lifetime = seconds(60);
    add_server(server);
    Client& client = add_client(client_options());
    client.bind_channel(peer, now_);            // by channel
    client.add_peer(other_peer.address, now_);  // by permission alone
    client.start(now_);
    run_for(seconds(5));
    const Time end = now_ + seconds(65 * 60);
    std::size_t rounds = 0;
    for (; now_ < end; ++rounds) {
      for (const Endpoint& to : {peer, other_peer}) {
        ASSERT_EQ(client.send(to, as_bytes("out"), now_), SendResult::sent);
        peer_sends(to, client.relayed(), "in");
      }
      run_for(seconds(10));
    }
    EXPECT_EQ(at_peers_.size(), rounds * 2);
    EXPECT_EQ(at_clients_.size(), rounds * 2);
    EXPECT_TRUE(server_events<PacketDropped>().empty());
    EXPECT_TRUE(server_events<PermissionExpired>().empty());
    EXPECT_TRUE(server_events<ChannelExpired>().empty());
    EXPECT_TRUE(client_events<Expired>().empty());
    EXPECT_TRUE(client_events<PermissionFailed>().empty());
    EXPECT_TRUE(client_events<ChannelFailed>().empty());
    for (const Method method : {Method::refresh, Method::create_permission, Method::channel_bind}) {
      std::size_t stale = 0;
      for (const auto& refused : server_events<RequestRefused>()) {
        EXPECT_TRUE(refused.code == ErrorNumber::stale_nonce ||
                    refused.code == ErrorNumber::unauthenticated);
        if (refused.method == method && refused.code == ErrorNumber::stale_nonce) ++stale;
      }
      // The rarest are Refreshes: seven in all, and most of them a minute after the last 438.
      EXPECT_GE(stale, 5U) << to_string(method);
    }
    client.close(now_);
    run_for(seconds(60));
    EXPECT_EQ(client_events<Closed>().size(), 1U);
    EXPECT_TRUE(servers_.at(server_endpoint)->allocations().empty());
  }
};

TEST_F(TurnClientLongLife, SixtyFiveMinutesWithNoncesOfOneMinute) { live_65_minutes(); }

TEST_F(TurnClientLongLife, SixtyFiveMinutesWithEveryOtherRequestLost) {
  std::map<Method, int> count;
  lose([count](const Seen& seen) mutable {
    return seen.message_class == MessageClass::request && count[*seen.method]++ % 2 == 0;
  });
  live_65_minutes();
}

TEST_F(TurnClientLongLife, SixtyFiveMinutesWithEveryOtherSuccessLost) {
  std::map<Method, int> count;
  lose([count](const Seen& seen) mutable {
    return seen.message_class == MessageClass::success_response && count[*seen.method]++ % 2 == 0;
  });
  live_65_minutes();
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::turn
