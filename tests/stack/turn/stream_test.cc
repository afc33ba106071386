// TURN between client and server over a stream (RFC 8656 §3.1, §5 and §12.5).
#include "server_probe.h"

#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "stack/turn/client.h"
#include "stack/turn/stream_framing.h"

namespace natsim::turn::server_side {
namespace NATSIM_TEST_FILE {

constexpr Endpoint second_server{IpAddress::v4(203, 0, 113, 11), 3478};

// A client and a server at the two ends of a connection that takes no time and cuts what it carries
// into segments of any size.
class TurnStream : public testing::Test {
 protected:
  static ClientOptions client_options() {
    return {.local = client_endpoint,
            .server = server_endpoint,
            .transport = Transport::tcp,
            .username = "alice",
            .password = "secret"};
  }

  void connect(const ClientOptions& options = client_options()) {
    client_ = std::make_unique<Client>(options, Random(3));
    client_->start(now_);
    pump();
  }

  // Carries bytes until nobody has more to say.
  void pump() {
    for (bool quiet = false; !quiet;) {
      quiet = true;
      while (auto out = client_->poll_transmit()) {
        quiet = false;
        EXPECT_EQ(out->transport, client_transport_);
        ++requests_;
        carry(out->payload, to_server_, [&](ByteView message) {
          server_.receive(out->remote, out->local, message, now_, out->transport);
        });
      }
      while (auto out = server_.poll_transmit()) {
        quiet = false;
        if (out->transport == Transport::udp) {
          relayed_.push_back(std::move(*out));
          continue;
        }
        carry(out->payload, to_client_, [&](ByteView message) {
          const Inbound inbound = client_->receive(out->local, message, now_);
          if (inbound.kind == Inbound::Kind::data) {
            data_.emplace_back(as_text(inbound.payload));
          }
        });
      }
      while (auto event = client_->poll_event()) client_events_.push_back(std::move(*event));
      while (auto event = server_.poll_event()) server_events_.push_back(std::move(*event));
    }
  }

  // Time passes, and nothing else happens but what the machines have asked for.
  void run_until(Time then) {
    for (;;) {
      const Time next = std::min(client_->next_timeout(), server_.next_timeout());
      if (next > then) break;
      now_ = next;
      if (client_->next_timeout() <= now_) client_->handle_timeout(now_);
      server_.handle_timeout(now_);
      pump();
    }
    now_ = then;
  }

  template <typename E, typename Events>
  static std::vector<E> all(const Events& events) {
    std::vector<E> found;
    for (const auto& event : events) {
      if (const auto* one = std::get_if<E>(&event)) found.push_back(*one);
    }
    return found;
  }

  Time now_ = Time{} + seconds(1000);
  Transport client_transport_ = Transport::tcp;
  Server server_{server_options(), Random(2)};
  std::unique_ptr<Client> client_;
  std::size_t requests_ = 0;  // messages from the client
  std::vector<Transmit> relayed_;
  std::vector<std::string> data_;
  std::vector<ClientEvent> client_events_;
  std::vector<ServerEvent> server_events_;

 private:
  template <typename Take>
  void carry(const Bytes& bytes, StreamFraming& framing, const Take& take) {
    for (std::size_t at = 0; at < bytes.size();) {
      const auto size = std::min<std::size_t>(1 + cuts_.below(40), bytes.size() - at);
      framing.receive(ByteView(bytes).subspan(at, size));
      while (const auto message = framing.poll_message()) take(*message);
      at += size;
    }
    EXPECT_FALSE(framing.broken());
  }

  Random cuts_{4};
  StreamFraming to_server_;
  StreamFraming to_client_;
};

TEST_F(TurnStream, Tc10_AllocatesAndRelaysBothWays) {
  connect();
  ASSERT_EQ(client_->state(), Client::State::allocated);
  EXPECT_EQ(client_->mapped(), client_endpoint);
  ASSERT_EQ(server_.allocations().size(), 1U);
  EXPECT_EQ(server_.allocations()[0]->tuple(),
            (FiveTuple{client_endpoint, server_endpoint, Transport::tcp}));

  // By indications at first, by padded ChannelData then.
  EXPECT_EQ(client_->send(peer, as_bytes("one"), now_), SendResult::held);
  pump();
  client_->bind_channel(peer, now_);
  pump();
  EXPECT_EQ(all<ChannelBound>(client_events_).size(), 1U);
  EXPECT_EQ(client_->send(peer, as_bytes("three"), now_), SendResult::sent);
  pump();
  ASSERT_EQ(relayed_.size(), 2U);
  EXPECT_EQ(as_text(relayed_[0].payload), "one");
  EXPECT_EQ(as_text(relayed_[1].payload), "three") << "the padding is not relayed";
  EXPECT_EQ(relayed_[1].local, client_->relayed());
  for (const std::string_view text : {"a", "ab", "abc", "abcd", ""}) {
    server_.receive_from_peer(client_->relayed(), peer, as_bytes(text), now_);
    pump();
  }
  EXPECT_EQ(data_, (std::vector<std::string>{"a", "ab", "abc", "abcd", ""}));
}

TEST_F(TurnStream, Stun15_NothingIsSentTwiceAndTheRequestEndsAfterTi) {
  ClientOptions options = client_options();
  client_ = std::make_unique<Client>(options, Random(3));
  client_->start(now_);
  std::size_t sent = 0;
  const Time start = now_;
  while (client_->state() == Client::State::allocating) {
    while (client_->poll_transmit()) ++sent;
    now_ = client_->next_timeout();
    ASSERT_FALSE(now_.is_never());
    client_->handle_timeout(now_);
  }
  EXPECT_EQ(sent, 1U);
  EXPECT_EQ(now_ - start, milliseconds(39'500));
}

TEST_F(TurnStream, Tc12_NoKeepaliveOverAStream) {
  connect();
  requests_ = 0;
  // Up to the Refresh, which is due a minute before the ten are over.
  run_until(now_ + seconds(539));
  EXPECT_EQ(requests_, 0U);
  run_until(now_ + seconds(2));
  EXPECT_EQ(requests_, 1U);
}

TEST_F(TurnStream, Ts19_TheEndOfTheConnectionDeletesTheAllocation) {
  connect();
  const Endpoint relay = client_->relayed();
  server_.connection_closed({client_endpoint, server_endpoint}, now_);
  EXPECT_EQ(server_.allocations().size(), 1U) << "that is the 5-tuple of UDP, which is another one";
  server_.connection_closed({client_endpoint, server_endpoint, Transport::tcp}, now_);
  pump();
  EXPECT_TRUE(server_.allocations().empty());
  const auto ended = all<AllocationEnded>(server_events_);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].why, AllocationEnded::Why::connection_closed);
  EXPECT_EQ(all<CloseRelay>(server_events_).at(0).relay, relay);
}

TEST_F(TurnStream, Tc10_TheEndOfTheConnectionIsTheEndOfTheClient) {
  connect();
  client_->connection_lost(now_);
  pump();
  const auto expired = all<Expired>(client_events_);
  ASSERT_EQ(expired.size(), 1U);
  EXPECT_EQ(expired[0].why, Loss::connection_lost);
  EXPECT_EQ(client_->state(), Client::State::over);
  EXPECT_TRUE(client_->next_timeout().is_never());
  EXPECT_EQ(client_->send(peer, as_bytes("x"), now_), SendResult::no_allocation);
}

TEST_F(TurnStream, Tc10_AConnectionThatIsNotOpenedIsAFailure) {
  client_ = std::make_unique<Client>(client_options(), Random(3));
  client_->connection_lost(now_);
  pump();
  const auto failed = all<Failed>(client_events_);
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].why, Failure::connection_lost);
}

TEST_F(TurnStream, Tc01_AfterARedirectionAnotherConnectionIsWanted) {
  ServerOptions options = server_options();
  options.alternate_server = second_server;
  server_ = Server(options, Random(2));
  connect();
  EXPECT_EQ(client_->state(), Client::State::needs_new_port);
  EXPECT_EQ(client_->server(), second_server);
  EXPECT_EQ(all<Redirected>(client_events_).size(), 1U);
  EXPECT_EQ(all<NeedNewLocalPort>(client_events_).size(), 1U);

  options = server_options();
  options.listening = {second_server};
  server_ = Server(options, Random(5));
  const Endpoint local{client_endpoint.address, 5001};
  client_->set_local(local, now_);
  pump();
  EXPECT_EQ(client_->state(), Client::State::allocated);
  EXPECT_EQ(server_.allocations().at(0)->tuple(),
            (FiveTuple{local, second_server, Transport::tcp}));
}

TEST_F(TurnStream, Tc04_CloseDeletesTheAllocation) {
  client_transport_ = Transport::tls;
  ClientOptions options = client_options();
  options.transport = Transport::tls;
  connect(options);
  EXPECT_EQ(server_.allocations().at(0)->tuple().transport, Transport::tls);
  client_->close(now_);
  pump();
  EXPECT_EQ(all<Closed>(client_events_).size(), 1U);
  EXPECT_TRUE(server_.allocations().empty());
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::turn::server_side
