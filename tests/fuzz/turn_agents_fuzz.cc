// A TURN client and server that have an allocation between them, and then get anything: datagrams
// as they are, requests and responses of any content that are nevertheless authentic, peers' data,
// calls of the host and the passing of time, in any order.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "stack/stun/integrity.h"
#include "stack/turn/channel_data.h"
#include "stack/turn/client.h"
#include "stack/turn/server.h"

namespace natsim::turn {
namespace {

const Endpoint client_address{IpAddress::v4(192, 0, 2, 1), 5000};
const Endpoint server_address{IpAddress::v4(203, 0, 113, 10), 3478};
const Endpoint peer{IpAddress::v4(198, 51, 100, 7), 4000};

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

class World {
 public:
  World() {
    client_.start(now_);
    exchange();
    client_.add_peer(peer.address, now_);
    client_.bind_channel(peer, now_);
    exchange();
    require(client_.state() == Client::State::allocated, "the client has its allocation");
  }

  void step(ByteReader& input) {
    const auto what = input.u8().value_or(0);
    switch (what % 7) {
      case 0:
        server_.receive(server_address, client_address, take_bytes(input), now_);
        break;
      case 1:
        client_.receive(server_address, take_bytes(input), now_);
        break;
      case 2:
        server_.receive(server_address, client_address, authentic_request(input), now_);
        break;
      case 3:
        client_.receive(server_address, authentic_response(input), now_);
        break;
      case 4:
        server_.receive_from_peer(client_.relayed(), peer, take_bytes(input), now_);
        break;
      case 5:
        call_client(input);
        break;
      default:
        pass_time();
    }
    if (what < 128) {
      exchange();
    } else {
      drain_server(false);
      drain_client(false);
    }
  }

 private:
  static ByteView take_bytes(ByteReader& input) {
    const std::size_t length = input.u8().value_or(0);
    return *input.take(std::min(length, input.remaining()));
  }

  static void add_attributes(stun::MessageBuilder& message, ByteReader& input) {
    for (int count = input.u8().value_or(0) % 8; count > 0; --count) {
      const auto type = static_cast<stun::AttributeType>(input.u16().value_or(0));
      message.attribute(type, take_bytes(input));
    }
  }

  Bytes authentic_request(ByteReader& input) {
    const auto method = static_cast<stun::Method>(input.u8().value_or(0) % 16);
    stun::MessageBuilder message(stun::MessageClass::request, method, {});
    add_attributes(message, input);
    message.username("alice").realm("example.org").nonce(nonce_).message_integrity(key_);
    return message.take();
  }

  Bytes authentic_response(ByteReader& input) {
    const auto request = stun::MessageView::parse(last_request_).value();
    stun::MessageBuilder message(input.u8().value_or(0) % 2 == 0
                                     ? stun::MessageClass::success_response
                                     : stun::MessageClass::error_response,
                                 request.method(), request.transaction_id());
    add_attributes(message, input);
    message.message_integrity(key_);
    return message.take();
  }

  void call_client(ByteReader& input) {
    const IpAddress address = IpAddress::v4(198, 51, 100, input.u8().value_or(0));
    const Endpoint to{address, 4000};
    switch (input.u8().value_or(0) % 6) {
      case 0:
        client_.add_peer(address, now_);
        break;
      case 1:
        client_.remove_peer(address, now_);
        break;
      case 2:
        client_.bind_channel(to, now_);
        break;
      case 3:
        client_.send(to, take_bytes(input), now_);
        break;
      case 4:
        client_.set_local(client_address, now_);
        break;
      default:
        client_.close(now_);
    }
  }

  void pass_time() {
    const Time next = std::min(client_.next_timeout(), server_.next_timeout());
    if (next.is_never()) return;
    now_ = std::max(now_, next);
    server_.handle_timeout(now_);
    client_.handle_timeout(now_);
    require(server_.next_timeout() > now_, "the server's deadline lies in the future");
    require(client_.next_timeout() > now_, "the client's deadline lies in the future");
  }

  // Passes what both have to say to each other until they are silent. Each may ask the other again
  // for a while, but not for ever.
  void exchange() {
    for (int rounds = 0; rounds < 200; ++rounds) {
      if (!drain_client(true) && !drain_server(true)) return;
    }
    require(false, "client and server come to rest");
  }

  bool drain_client(bool deliver) {
    bool any = false;
    while (auto transmit = client_.poll_transmit()) {
      any = true;
      const auto message = stun::MessageView::parse(transmit->payload);
      require(message || ChannelData::parse(transmit->payload), "the client sends valid messages");
      if (message && message->is_request()) last_request_ = transmit->payload;
      if (deliver) server_.receive(server_address, client_address, transmit->payload, now_);
    }
    while (client_.poll_event()) {
    }
    return any;
  }

  bool drain_server(bool deliver) {
    bool any = false;
    while (auto transmit = server_.poll_transmit()) {
      any = true;
      if (transmit->local != server_address) continue;  // to a peer
      const auto message = stun::MessageView::parse(transmit->payload);
      require(message || ChannelData::parse(transmit->payload), "the server sends valid messages");
      if (message && message->nonce()) nonce_ = *message->nonce();
      if (deliver) client_.receive(server_address, transmit->payload, now_);
    }
    while (server_.poll_event()) {
    }
    return any;
  }

  Time now_;
  Server server_{{.listening = {server_address},
                  .realm = "example.org",
                  .users = {{"alice", "secret"}},
                  .relay_addresses = {IpAddress::v4(203, 0, 113, 20)}},
                 Random(1)};
  Client client_{{.local = client_address,
                  .server = server_address,
                  .username = "alice",
                  .password = "secret"},
                 Random(2)};
  stun::IntegrityKey key_ = stun::IntegrityKey::long_term("alice", "example.org", "secret");
  std::string nonce_;   // the last that the server gave
  Bytes last_request_;  // of the client
};

}  // namespace
}  // namespace natsim::turn

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  natsim::turn::World world;
  natsim::ByteReader input({data, size});
  while (input.remaining() > 0) world.step(input);
  return 0;
}
