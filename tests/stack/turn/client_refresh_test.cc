// How a TURN client keeps its allocation, loses it and gives it back (RFC 8656 §8).
#include "turn_network.h"

namespace natsim::turn {
namespace NATSIM_TEST_FILE {

using stun::ErrorNumber;
using stun::MessageClass;
using stun::Method;

class TurnClientRefresh : public TurnNetwork {};

TEST_F(TurnClientRefresh, Tc03_RefreshOneMinuteBeforeExpiry) {
  const Client& client = allocated();
  const Time asked = client.expires_at() - seconds(600);
  run_until(asked + seconds(540) - nanoseconds(1));
  EXPECT_TRUE(request_times(Method::refresh).empty());
  run_until(asked + seconds(541));
  // The nonce has not expired either: 540 s < 600 s.
  EXPECT_EQ(request_times(Method::refresh), std::vector<Time>{asked + seconds(540)});
  EXPECT_EQ(client.expires_at(), asked + seconds(540 + 600));
}

TEST_F(TurnClientRefresh, Tc03_ShortLifetimeIsRefreshedAtHalf) {
  ServerOptions server = server_options();
  server.min_lifetime = server.default_lifetime = seconds(60);
  const Client& client = allocated(client_options(), server);
  const Time asked = client.expires_at() - seconds(60);
  run_for(seconds(35));
  EXPECT_EQ(request_times(Method::refresh), std::vector<Time>{asked + seconds(30)});
}

TEST_F(TurnClientRefresh, Tc03_LifetimeIsAskedFor) {
  ClientOptions options = client_options();
  options.lifetime = seconds(1200);
  const Client& client = allocated(options);
  EXPECT_EQ(client_events<Allocated>().at(0).lifetime, seconds(1200));
  const Time asked = client.expires_at() - seconds(1200);
  run_until(asked + seconds(1141));
  EXPECT_EQ(request_times(Method::refresh).at(0), asked + seconds(1140));
  EXPECT_GE(client.expires_at(), asked + seconds(1140 + 1200));
}

TEST_F(TurnClientRefresh, Tc03_RetriedUntilExpiryThenLost) {
  Client& client = allocated();
  const Time asked = client.expires_at() - seconds(600);
  run_until(asked + seconds(539));
  lose_all();
  run_until(asked + seconds(700));
  std::vector<Time> expected;
  // One transaction takes 39.5 s; the next starts at once and is cut off by the expiry.
  for (const auto begin : {milliseconds(540'000), milliseconds(579'500)}) {
    for (const auto offset : {0, 500, 1500, 3500, 7500, 15'500, 31'500}) {
      const Time at = asked + begin + milliseconds(offset);
      if (at < asked + seconds(600)) expected.push_back(at);
    }
  }
  EXPECT_EQ(request_times(Method::refresh), expected);
  ASSERT_EQ(client_events<Expired>().size(), 1U);
  EXPECT_EQ(client_events<Expired>()[0].why, Loss::lifetime_over);
  EXPECT_EQ(first_time_of<Expired>(), asked + seconds(600));
  EXPECT_EQ(client.next_timeout(), Time::never());
}

TEST_F(TurnClientRefresh, Tc03_RefusedRefreshIsRetriedUntilExpiry) {
  Client& client = allocated();
  const Time asked = client.expires_at() - seconds(600);
  run_until(asked + seconds(539));
  // The operator has changed the password, but the allocation is the same.
  ServerOptions changed = server_options();
  changed.users = {{"alice", "changed"}};
  add_server(changed);
  run_until(asked + seconds(700));
  EXPECT_EQ(client_events<Expired>().at(0).why, Loss::refused);
  EXPECT_EQ(client_events<Expired>().at(0).code, 401);
  EXPECT_EQ(first_time_of<Expired>(), asked + seconds(600));
}

TEST_F(TurnClientRefresh, Tc03_RestartedServerMeansTheAllocationIsGone) {
  Client& client = allocated();
  add_server(server_options());
  client.add_peer(peer.address, now_);
  run_for(seconds(1));
  ASSERT_EQ(client_events<Expired>().size(), 1U);
  EXPECT_EQ(client_events<Expired>()[0].why, Loss::mismatch);
  EXPECT_EQ(client_events<Expired>()[0].code, 437);
  EXPECT_EQ(client.send(peer, as_bytes("x"), now_), SendResult::no_allocation);
}

TEST_F(TurnClientRefresh, Tc04_CloseDeletes) {
  Client& client = allocated();
  client.close(now_);
  const Time closed = now_;
  run_for(seconds(1));
  EXPECT_EQ(first_time_of<Closed>(), closed + round_trip);
  EXPECT_EQ(server_events<AllocationEnded>().at(0).why, AllocationEnded::Why::deleted);
  EXPECT_EQ(client.next_timeout(), Time::never());
}

TEST_F(TurnClientRefresh, Tc04_LostSuccessThen437IsClosed) {
  Client& client = allocated();
  lose_next(Method::refresh, MessageClass::success_response);
  client.close(now_);
  const Time closed = now_;
  run_for(seconds(1));
  EXPECT_EQ(count_errors(ErrorNumber::allocation_mismatch), 1U);
  EXPECT_EQ(first_time_of<Closed>(), closed + milliseconds(500) + round_trip);
}

TEST_F(TurnClientRefresh, Tc04_SilentServerIsClosedAllTheSame) {
  Client& client = allocated();
  lose_all();
  client.close(now_);
  const Time closed = now_;
  run_for(seconds(60));
  EXPECT_EQ(first_time_of<Closed>(), closed + milliseconds(39'500));
}

TEST_F(TurnClientRefresh, Tc04_CloseWhileAllocatingLeavesNothingBehind) {
  for (const Duration after : {Duration{}, one_way, round_trip, round_trip + one_way}) {
    client_events_.clear();
    const Server& server = add_server(server_options());
    Client& client = add_client(client_options());
    client.start(now_);
    run_for(after);
    client.close(now_);
    run_for(seconds(60));
    EXPECT_EQ(client_events<Closed>().size(), 1U) << to_string(after);
    EXPECT_TRUE(server.allocations().empty()) << to_string(after);
    crash(client);
  }
}

TEST_F(TurnClientRefresh, Tc12_BindingRequestEvery25Seconds) {
  allocated();
  const Time made = now_;
  run_until(made + seconds(101));
  EXPECT_EQ(request_times(Method::binding),
            (std::vector<Time>{made + seconds(25), made + seconds(50), made + seconds(75),
                               made + seconds(100)}));
}

TEST_F(TurnClientRefresh, Tc12_KeepaliveCanBeTurnedOff) {
  ClientOptions options = client_options();
  options.keepalive = {};
  allocated(options);
  run_for(seconds(500));
  EXPECT_TRUE(request_times(Method::binding).empty());
}

TEST_F(TurnClientRefresh, Tc14_ChangedMappingIsSeenByTheNextKeepalive) {
  mappings_[local] = {IpAddress::v4(198, 51, 100, 200), 61000};
  allocated();
  const Time made = now_;
  run_for(seconds(30));
  mappings_[local] = {IpAddress::v4(198, 51, 100, 200), 61001};
  run_for(seconds(30));
  ASSERT_EQ(client_events<Expired>().size(), 1U);
  EXPECT_EQ(client_events<Expired>()[0].why, Loss::mapped_address_changed);
  EXPECT_EQ(first_time_of<Expired>(), made + seconds(50) + round_trip);
}

TEST_F(TurnClientRefresh, Tc14_ChangedMappingIsAMismatchAtTheNextRefresh) {
  mappings_[local] = {IpAddress::v4(198, 51, 100, 200), 61000};
  ClientOptions options = client_options();
  options.keepalive = {};
  const Client& client = allocated(options);
  const Time asked = client.expires_at() - seconds(600);
  mappings_[local] = {IpAddress::v4(198, 51, 100, 200), 61001};
  run_for(seconds(560));
  EXPECT_EQ(client_events<Expired>().at(0).why, Loss::mismatch);
  // The nonce is of the old mapping: 438 first, then 437.
  EXPECT_EQ(first_time_of<Expired>(), asked + seconds(540) + round_trip * 2);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::turn
