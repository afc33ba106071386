// A hand-driven TURN client for tests of the server: it sends exactly what a test writes, and gives
// back what the server answers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "stack/base/address.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/stun/long_term_client.h"
#include "stack/stun/message_builder.h"
#include "stack/turn/server.h"

namespace natsim::turn::server_side {

inline const Endpoint server_endpoint{IpAddress::v4(203, 0, 113, 10), 3478};
inline const Endpoint client_endpoint{IpAddress::v4(192, 0, 2, 1), 5000};
inline const IpAddress relay_address = IpAddress::v4(203, 0, 113, 20);
inline const Endpoint peer{IpAddress::v4(198, 51, 100, 7), 4000};
inline const Endpoint other_peer{IpAddress::v4(198, 51, 100, 8), 4000};

inline ServerOptions server_options() {
  return {.listening = {server_endpoint},
          .stream_listening = {{server_endpoint.address, 443}},
          .realm = "example.org",
          .users = {{"alice", "secret"}, {"bob", "hidden"}},
          .relay_addresses = {relay_address}};
}

// An answer that owns its bytes.
struct Answer {
  Bytes bytes;
  stun::MessageView message;

  explicit Answer(Bytes b)
      : bytes(std::move(b)), message(stun::MessageView::parse(bytes).value()) {}
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  // The error number; 0 for a success.
  [[nodiscard]] int code() const {
    const auto error = message.error_code();
    return error ? static_cast<int>(error->number) : 0;
  }
};

using Fill = std::function<void(stun::MessageBuilder&)>;

inline void ask_udp(stun::MessageBuilder& message) { message.requested_transport(17); }

// One server and the clients that a test makes up, in a world without delay.
class ServerProbe : public testing::Test {
 protected:
  struct User {
    Endpoint endpoint;
    stun::LongTermClient credentials;

    explicit User(std::string name = "alice", std::string password = "secret",
                  Endpoint from = client_endpoint)
        : endpoint(from), credentials(std::move(name), std::move(password)) {}
  };

  void restart(ServerOptions options) {
    server_ = Server(std::move(options), Random(2));
    events_.clear();
  }

  // Lets time pass to `then`, waking the server at each of its deadlines on the way.
  void run_until(Time then) {
    while (server_.next_timeout() <= then) {
      now_ = server_.next_timeout();
      server_.handle_timeout(now_);
      EXPECT_GT(server_.next_timeout(), now_);
      drain_events();
    }
    now_ = then;
  }

  // Sends as it is, with the credentials as they stand; nullptr if there is no answer.
  std::unique_ptr<Answer> once(User& user, stun::Method method, const Fill& fill = {},
                               std::optional<stun::TransactionId> id = std::nullopt) {
    stun::MessageBuilder message(stun::MessageClass::request, method,
                                 id.value_or(stun::TransactionId::draw(random_)));
    if (fill) fill(message);
    user.credentials.protect(message);
    return deliver(user.endpoint, message.take());
  }

  // The same, answering challenges as they come.
  std::unique_ptr<Answer> ask(User& user, stun::Method method, const Fill& fill = {},
                              std::optional<stun::TransactionId> id = std::nullopt) {
    for (int attempt = 0; attempt < 3; ++attempt) {
      const auto generation = user.credentials.generation();
      auto answer = once(user, method, fill, id);
      if (answer == nullptr || user.credentials.judge(answer->message, generation) !=
                                   stun::LongTermClient::Verdict::retry) {
        return answer;
      }
    }
    ADD_FAILURE() << "challenged again and again";
    return nullptr;
  }

  std::unique_ptr<Answer> allocate(User& user, const Fill& fill = ask_udp) {
    return ask(user, stun::Method::allocate, fill);
  }
  std::unique_ptr<Answer> permit(User& user, const Endpoint& to = peer) {
    return ask(user, stun::Method::create_permission, [&](auto& m) { m.xor_peer_address(to); });
  }
  std::unique_ptr<Answer> bind(User& user, std::uint16_t number, const Endpoint& to = peer) {
    return ask(user, stun::Method::channel_bind,
               [&](auto& m) { m.channel_number(number).xor_peer_address(to); });
  }
  std::unique_ptr<Answer> refresh(User& user, std::optional<std::uint32_t> lifetime = {}) {
    return ask(user, stun::Method::refresh, [&](auto& m) {
      if (lifetime) m.lifetime(*lifetime);
    });
  }

  // A Send indication, as it is.
  static Bytes send_indication(const Endpoint& to, std::string_view data) {
    return stun::MessageBuilder(stun::MessageClass::indication, stun::Method::send, {})
        .xor_peer_address(to)
        .data(as_bytes(data))
        .take();
  }

  // Gives the server a datagram and takes the one datagram that it sends for it, if any.
  std::optional<Transmit> pass(const Endpoint& from, ByteView bytes) {
    server_.receive(server_endpoint, from, bytes, now_);
    return transmitted();
  }
  std::optional<Transmit> pass_from_peer(const Endpoint& relay, const Endpoint& from,
                                         ByteView bytes) {
    server_.receive_from_peer(relay, from, bytes, now_);
    return transmitted();
  }
  std::optional<Transmit> transmitted() {
    auto transmit = server_.poll_transmit();
    EXPECT_FALSE(server_.poll_transmit()) << "more than one datagram for one";
    drain_events();
    return transmit;
  }

  void drain_events() {
    while (auto event = server_.poll_event()) events_.push_back({now_, std::move(*event)});
  }

  // The events of one type, in order.
  template <typename E>
  std::vector<E> events() const {
    std::vector<E> result;
    for (const auto& [at, event] : events_) {
      if (const auto* e = std::get_if<E>(&event)) result.push_back(*e);
    }
    return result;
  }
  // When the only event of its type happened.
  template <typename E>
  Time time_of() const {
    Time found = Time::never();
    for (const auto& [at, event] : events_) {
      if (!std::holds_alternative<E>(event)) continue;
      EXPECT_TRUE(found.is_never()) << "several events of this type";
      found = at;
    }
    return found;
  }
  // The reason of the last dropped packet.
  std::optional<DropReason> last_drop() const {
    const auto drops = events<PacketDropped>();
    if (drops.empty()) return std::nullopt;
    return drops.back().why;
  }

  Time now_ = Time{} + seconds(1000);
  Random random_{1};
  Server server_{server_options(), Random(2)};
  std::vector<std::pair<Time, ServerEvent>> events_;

 private:
  std::unique_ptr<Answer> deliver(const Endpoint& from, Bytes bytes) {
    auto transmit = pass(from, bytes);
    if (!transmit) return nullptr;
    EXPECT_EQ(transmit->local, server_endpoint);
    EXPECT_EQ(transmit->remote, from);
    return std::make_unique<Answer>(std::move(transmit->payload));
  }
};

}  // namespace natsim::turn::server_side
