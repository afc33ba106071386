// A client whose relay connects with peers by TCP (RFC 6062 §4).
#include "server_probe.h"

#include <memory>

#include "stack/turn/client.h"
#include "stack/turn/connection_binding.h"

namespace natsim::turn::server_side {
namespace NATSIM_TEST_FILE {

const Endpoint data_endpoint{client_endpoint.address, 5001};

// A client and a server whose connections take no time.
class TurnClientTcpRelay : public ServerProbe {
 protected:
  TurnClientTcpRelay() {
    ServerOptions options = server_options();
    options.tcp_relays = true;
    restart(options);
    client_.start(now_);
    pump();
    EXPECT_EQ(client_.state(), Client::State::allocated);
  }

  void pump() {
    for (bool quiet = false; !quiet;) {
      quiet = true;
      const auto to_server = [&](const Transmit& out) {
        quiet = false;
        server_.receive(out.remote, out.local, out.payload, now_, out.transport);
      };
      while (auto out = client_.poll_transmit()) to_server(*out);
      while (binding_ != nullptr) {
        const auto out = binding_->poll_transmit();
        if (!out) break;
        to_server(*out);
      }
      while (auto out = server_.poll_transmit()) {
        quiet = false;
        EXPECT_EQ(out->transport, Transport::tcp);
        if (out->remote == data_endpoint) {
          binding_->receive(out->payload, now_);
        } else {
          client_.receive(out->local, out->payload, now_);
        }
      }
      drain_events();
    }
    while (auto event = client_.poll_event()) client_events_.push_back(std::move(*event));
  }
  template <typename E>
  std::vector<E> client_events() const {
    std::vector<E> result;
    for (const ClientEvent& event : client_events_) {
      if (const auto* e = std::get_if<E>(&event)) result.push_back(*e);
    }
    return result;
  }
  void bind(ConnectionId id, std::string password = "secret") {
    binding_ = std::make_unique<ConnectionBinding>(
        ConnectionBinding::Options{.local = data_endpoint,
                                   .server = server_endpoint,
                                   .username = "alice",
                                   .password = std::move(password),
                                   .id = id},
        Random(4), now_);
    pump();
  }

  Client client_{{.local = client_endpoint,
                  .server = server_endpoint,
                  .transport = Transport::tcp,
                  .username = "alice",
                  .password = "secret",
                  .tcp_relay = true},
                 Random(3)};
  std::unique_ptr<ConnectionBinding> binding_;
  std::vector<ClientEvent> client_events_;
};

TEST_F(TurnClientTcpRelay, Ts21_ConnectsAndBinds) {
  EXPECT_TRUE(client_.connect_peer(peer, now_));
  pump();
  EXPECT_TRUE(client_events<PeerConnected>().empty());
  server_.peer_connected(events<ConnectPeer>().at(0).id, now_);
  pump();
  const auto connected = client_events<PeerConnected>();
  ASSERT_EQ(connected.size(), 1U);
  EXPECT_EQ(connected[0].peer, peer);
  EXPECT_FALSE(connected[0].by_peer);
  bind(connected[0].id);
  EXPECT_EQ(binding_->state(), ConnectionBinding::State::bound);
  EXPECT_EQ(binding_->next_timeout(), Time::never());
  ASSERT_EQ(events<JoinStreams>().size(), 1U);
  EXPECT_EQ(events<JoinStreams>()[0].data.client, data_endpoint);
}

TEST_F(TurnClientTcpRelay, Ts21_HearsOfPeersThatConnect) {
  client_.add_peer(peer.address, now_);
  pump();
  const auto id = server_.accept_peer(client_.relayed(), peer, now_);
  ASSERT_TRUE(id);
  pump();
  const auto connected = client_events<PeerConnected>();
  ASSERT_EQ(connected.size(), 1U);
  EXPECT_TRUE(connected[0].by_peer);
  EXPECT_EQ(connected[0].id, *id);
  bind(*id);
  EXPECT_EQ(binding_->state(), ConnectionBinding::State::bound);
}

TEST_F(TurnClientTcpRelay, Ts21_SaysWhyAPeerCannotBeConnected) {
  client_.connect_peer(peer, now_);
  pump();
  run_until(now_ + seconds(30));
  pump();
  const auto failed = client_events<PeerConnectFailed>();
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].peer, peer);
  EXPECT_EQ(failed[0].code, 447);
}

TEST_F(TurnClientTcpRelay, Ts21_ABindingThatIsRefusedOrNotAnsweredHasFailed) {
  bind(1);
  EXPECT_EQ(binding_->state(), ConnectionBinding::State::failed);
  EXPECT_EQ(binding_->code(), 400);
  bind(1, "guessed");
  EXPECT_EQ(binding_->code(), 401);
  ConnectionBinding alone({.local = data_endpoint, .server = server_endpoint}, Random(5), now_);
  while (alone.state() == ConnectionBinding::State::asking) {
    ASSERT_FALSE(alone.next_timeout().is_never());
    alone.handle_timeout(alone.next_timeout());
  }
  EXPECT_EQ(alone.state(), ConnectionBinding::State::failed);
  EXPECT_EQ(alone.code(), 0);
}

TEST_F(TurnClientTcpRelay, Ts21_DataInMessagesIsForUdp) {
  client_.add_peer(peer.address, now_);
  pump();
  EXPECT_EQ(client_.send(peer, as_bytes("no"), now_), SendResult::no_allocation);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::turn::server_side
