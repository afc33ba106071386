// Relaying TCP, on the server (RFC 6062 §5).
#include "server_probe.h"

#include "stack/turn/channel_data.h"

namespace natsim::turn::server_side {
namespace NATSIM_TEST_FILE {

using stun::Method;

void ask_tcp(stun::MessageBuilder& message) { message.requested_transport(6); }

class TurnTcpRelay : public ServerProbe {
 protected:
  TurnTcpRelay() {
    ServerOptions options = server_options();
    options.tcp_relays = true;
    options.user_quota = 4;
    restart(options);
  }

  // Like `ask`, over a connection.
  std::unique_ptr<Answer> ask_over(User& user, Method method, const Fill& fill = {},
                                   Transport transport = Transport::tcp) {
    for (int attempt = 0; attempt < 3; ++attempt) {
      const auto generation = user.credentials.generation();
      stun::MessageBuilder message(stun::MessageClass::request, method,
                                   stun::TransactionId::draw(random_));
      if (fill) fill(message);
      user.credentials.protect(message);
      server_.receive(server_endpoint, user.endpoint, message.take(), now_, transport);
      auto answer = answered(user.endpoint, transport);
      if (answer == nullptr || user.credentials.judge(answer->message, generation) !=
                                   stun::LongTermClient::Verdict::retry) {
        return answer;
      }
    }
    ADD_FAILURE() << "challenged again and again";
    return nullptr;
  }
  // What the server has sent to the client; nullptr if it has nothing to say.
  std::unique_ptr<Answer> answered(const Endpoint& to, Transport transport = Transport::tcp) {
    auto transmit = transmitted();
    if (!transmit) return nullptr;
    EXPECT_EQ(transmit->remote, to);
    EXPECT_EQ(transmit->transport, transport);
    return std::make_unique<Answer>(std::move(transmit->payload));
  }
  std::unique_ptr<Answer> connect(const Endpoint& to = peer) {
    return ask_over(alice_, Method::connect, [&](auto& m) { m.xor_peer_address(to); });
  }
  std::unique_ptr<Answer> permit_peer() {
    return ask_over(alice_, Method::create_permission, [](auto& m) { m.xor_peer_address(peer); });
  }
  std::unique_ptr<Answer> connection_bind(User& user, ConnectionId id,
                                          Transport transport = Transport::tcp) {
    return ask_over(
        user, Method::connection_bind, [&](auto& m) { m.connection_id(id); }, transport);
  }
  // A connection with `peer` that the client has asked for.
  ConnectionId connected() {
    connect();
    const ConnectionId id = events<ConnectPeer>().back().id;
    server_.peer_connected(id, now_);
    EXPECT_EQ(answered(client_endpoint)->message.connection_id(), id);
    return id;
  }
  Endpoint relay() const { return server_.allocations().at(0)->relay(); }

  User alice_;
  User data_{"alice", "secret", {client_endpoint.address, 5001}};
};

TEST_F(TurnTcpRelay, Ts21_OverTcpOnly) {
  EXPECT_EQ(allocate(alice_, ask_tcp)->code(), 400) << "over UDP";
  EXPECT_EQ(ask_over(alice_, Method::allocate, ask_tcp)->code(), 0);
  ASSERT_EQ(events<OpenRelay>().size(), 1U);
  EXPECT_TRUE(events<OpenRelay>()[0].tcp);
  User tls("alice", "secret", {client_endpoint.address, 5002});
  EXPECT_EQ(ask_over(tls, Method::allocate, ask_tcp, Transport::tls)->code(), 0);
  restart(server_options());
  EXPECT_EQ(ask_over(data_, Method::allocate, ask_tcp)->code(), 442) << "it relays UDP alone";
}

TEST_F(TurnTcpRelay, Ts21_WithoutWhatIsForUdp) {
  for (const Fill& fill : {Fill([](auto& m) { m.even_port(false); }), Fill([](auto& m) {
                             m.reservation_token({1, 2, 3});
                           }),
                           Fill([](auto& m) { m.dont_fragment(); })}) {
    EXPECT_EQ(ask_over(alice_, Method::allocate,
                       [&](auto& m) {
                         ask_tcp(m);
                         fill(m);
                       })
                  ->code(),
              400);
  }
  ask_over(alice_, Method::allocate, ask_tcp);
  permit_peer();
  EXPECT_EQ(ask_over(alice_, Method::channel_bind,
                     [](auto& m) { m.channel_number(0x4000).xor_peer_address(peer); })
                ->code(),
            400);
  server_.receive(server_endpoint, client_endpoint, send_indication(peer, "no"), now_,
                  Transport::tcp);
  EXPECT_FALSE(transmitted());
  EXPECT_EQ(last_drop(), DropReason::relays_tcp);
}

TEST_F(TurnTcpRelay, Ts21_ConnectIsAnsweredWhenThePeerIsConnected) {
  ask_over(alice_, Method::allocate, ask_tcp);
  EXPECT_EQ(connect(), nullptr) << "it waits";
  const auto asked = events<ConnectPeer>();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].relay, relay());
  EXPECT_EQ(asked[0].peer, peer);
  server_.peer_connected(asked[0].id, now_);
  const auto answer = answered(client_endpoint);
  EXPECT_EQ(answer->message.method(), Method::connect);
  EXPECT_EQ(answer->message.connection_id(), asked[0].id);
  EXPECT_TRUE(answer->message.has(stun::AttributeType::message_integrity));
}

TEST_F(TurnTcpRelay, Ts21_ConnectToThePeerOfAnotherConnectionIs446) {
  ask_over(alice_, Method::allocate, ask_tcp);
  connect();
  EXPECT_EQ(connect()->code(), 446) << "while it is being made";
  server_.peer_connected(events<ConnectPeer>().at(0).id, now_);
  transmitted();
  EXPECT_EQ(connect()->code(), 446) << "when it stands";
  EXPECT_EQ(connect(other_peer), nullptr);
}

TEST_F(TurnTcpRelay, Ts21_AConnectThatFailsIs447) {
  ask_over(alice_, Method::allocate, ask_tcp);
  connect();
  server_.peer_closed(events<ConnectPeer>().at(0).id, now_);
  EXPECT_EQ(answered(client_endpoint)->code(), 447);
  EXPECT_EQ(connect(), nullptr) << "it may be tried again";
}

TEST_F(TurnTcpRelay, Ts21_AConnectIsGivenUpAfter30Seconds) {
  ask_over(alice_, Method::allocate, ask_tcp);
  connect();
  run_until(now_ + seconds(30) - nanoseconds(1));
  EXPECT_FALSE(transmitted());
  run_until(now_ + nanoseconds(1));
  EXPECT_EQ(answered(client_endpoint)->code(), 447);
  EXPECT_EQ(events<ClosePeer>().size(), 1U);
}

TEST_F(TurnTcpRelay, Ts21_ConnectRefusals) {
  EXPECT_EQ(connect()->code(), 437);
  ask_over(alice_, Method::allocate, ask_tcp);
  EXPECT_EQ(ask_over(alice_, Method::connect)->code(), 400);
  EXPECT_EQ(connect({IpAddress::v4(127, 0, 0, 1), 80})->code(), 403);
  EXPECT_EQ(connect({IpAddress::parse("2001:db8::1").value(), 80})->code(), 443);
  User udp("alice", "secret", {client_endpoint.address, 5003});
  allocate(udp);
  EXPECT_EQ(ask(udp, Method::connect, [](auto& m) { m.xor_peer_address(peer); })->code(), 400);
}

TEST_F(TurnTcpRelay, Ts21_APeerWithPermissionIsAnnounced) {
  ask_over(alice_, Method::allocate, ask_tcp);
  EXPECT_FALSE(server_.accept_peer(relay(), peer, now_));
  drain_events();
  EXPECT_EQ(last_drop(), DropReason::no_permission);
  permit_peer();
  const auto id = server_.accept_peer(relay(), peer, now_);
  ASSERT_TRUE(id);
  const auto attempt = answered(client_endpoint);
  EXPECT_EQ(attempt->message.method(), Method::connection_attempt);
  EXPECT_TRUE(attempt->message.is_indication());
  EXPECT_EQ(attempt->message.xor_peer_address(), peer);
  EXPECT_EQ(attempt->message.connection_id(), *id);
  EXPECT_EQ(connection_bind(data_, *id)->code(), 0);
}

TEST_F(TurnTcpRelay, Ts21_ConnectionBindJoinsTheStreams) {
  ask_over(alice_, Method::allocate, ask_tcp);
  const ConnectionId id = connected();
  const auto answer = connection_bind(data_, id);
  EXPECT_EQ(answer->code(), 0);
  EXPECT_EQ(answer->message.connection_id(), id);
  const auto joined = events<JoinStreams>();
  ASSERT_EQ(joined.size(), 1U);
  EXPECT_EQ(joined[0].id, id);
  EXPECT_EQ(joined[0].data.client, data_.endpoint);
  // And stays joined for as long as the allocation is refreshed.
  run_until(now_ + seconds(300));
  EXPECT_TRUE(events<ClosePeer>().empty());
}

TEST_F(TurnTcpRelay, Ts21_ConnectionBindRefusals) {
  ask_over(alice_, Method::allocate, ask_tcp);
  const ConnectionId id = connected();
  User udp("alice", "secret", {client_endpoint.address, 5002});
  EXPECT_EQ(connection_bind(udp, id, Transport::udp)->code(), 400) << "over UDP";
  EXPECT_EQ(connection_bind(data_, id + 1)->code(), 400) << "unknown";
  EXPECT_EQ(ask_over(data_, Method::connection_bind)->code(), 400) << "without a number";
  User bob("bob", "hidden", {client_endpoint.address, 5004});
  EXPECT_EQ(connection_bind(bob, id)->code(), 441) << "another user's";
  EXPECT_EQ(connection_bind(alice_, id)->code(), 400) << "over the control connection";
  EXPECT_EQ(connection_bind(data_, id)->code(), 0);
  User again("alice", "secret", {client_endpoint.address, 5005});
  EXPECT_EQ(connection_bind(again, id)->code(), 400) << "it is bound";
}

TEST_F(TurnTcpRelay, Ts21_AConnectionThatNobodyBindsIsClosedAfter30Seconds) {
  ask_over(alice_, Method::allocate, ask_tcp);
  const ConnectionId id = connected();
  run_until(now_ + seconds(30) - nanoseconds(1));
  EXPECT_TRUE(events<ClosePeer>().empty());
  run_until(now_ + nanoseconds(1));
  ASSERT_EQ(events<ClosePeer>().size(), 1U);
  EXPECT_EQ(events<ClosePeer>()[0].id, id);
  EXPECT_EQ(connection_bind(data_, id)->code(), 400);
}

TEST_F(TurnTcpRelay, Ts21_TheEndOfOneSideEndsTheOther) {
  ask_over(alice_, Method::allocate, ask_tcp);
  const ConnectionId first = connected();
  connection_bind(data_, first);
  server_.connection_closed({data_.endpoint, server_endpoint, Transport::tcp}, now_);
  drain_events();
  ASSERT_EQ(events<ClosePeer>().size(), 1U);
  EXPECT_EQ(events<ClosePeer>()[0].id, first);
  const ConnectionId second = connected();
  connection_bind(data_, second);
  server_.peer_closed(second, now_);
  drain_events();
  ASSERT_EQ(events<ClosePeer>().size(), 2U);
  EXPECT_EQ(events<ClosePeer>()[1].data->client, data_.endpoint);
  EXPECT_EQ(server_.allocations().size(), 1U);
}

TEST_F(TurnTcpRelay, Ts21_TheEndOfTheAllocationEndsItsConnections) {
  ask_over(alice_, Method::allocate, ask_tcp);
  connection_bind(data_, connected());
  server_.connection_closed({client_endpoint, server_endpoint, Transport::tcp}, now_);
  drain_events();
  EXPECT_EQ(events<ClosePeer>().size(), 1U);
  ASSERT_EQ(events<CloseRelay>().size(), 1U);
  EXPECT_TRUE(events<CloseRelay>()[0].tcp);
  EXPECT_EQ(server_.next_timeout(), Time::never());
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::turn::server_side
