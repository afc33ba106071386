// Clients, servers and peers in one process: every datagram takes 20 ms, unless a test loses it,
// and time jumps from one advertised deadline or arrival to the next.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "stack/turn/client.h"
#include "stack/turn/server.h"

namespace natsim::turn {

inline constexpr Duration one_way = milliseconds(20);
inline constexpr Duration round_trip = one_way * 2;

inline const Endpoint server_endpoint{IpAddress::v4(203, 0, 113, 10), 3478};
inline const Endpoint second_server{IpAddress::v4(203, 0, 113, 11), 3478};
inline const Endpoint local{IpAddress::v4(192, 0, 2, 1), 5000};
inline const Endpoint peer{IpAddress::v4(198, 51, 100, 7), 4000};
inline const Endpoint other_peer{IpAddress::v4(198, 51, 100, 8), 4000};

inline ServerOptions server_options(const Endpoint& at = server_endpoint) {
  return {.listening = {at},
          .realm = "example.org",
          .users = {{"alice", "secret"}},
          .relay_addresses = {IpAddress::v4(203, 0, 113, 20)}};
}

inline ClientOptions client_options(const Endpoint& from = local) {
  return {.local = from, .server = server_endpoint, .username = "alice", .password = "secret"};
}

class TurnNetwork : public testing::Test {
 protected:
  struct Datagram {
    Time at;  // of arrival
    Endpoint from;
    Endpoint to;
    Bytes payload;
  };
  // A STUN message seen on its way, or ChannelData with `channel` set.
  struct Seen {
    Time sent;
    Endpoint from;
    std::optional<stun::MessageClass> message_class;
    std::optional<stun::Method> method;
    std::uint16_t channel = 0;
    Bytes bytes;
  };
  struct Data {
    Time at;
    Endpoint from;
    std::string text;
  };

  Server& add_server(ServerOptions options) {
    const Endpoint at = options.listening.front();
    return *(servers_[at] = std::make_unique<Server>(std::move(options), Random(7)));
  }
  Client& add_client(ClientOptions options) {
    clients_.push_back(std::make_unique<Client>(std::move(options), Random(++seed_)));
    return *clients_.back();
  }
  // A client that has got its allocation from a server with `options`.
  Client& allocated(ClientOptions options = client_options(),
                    ServerOptions server = server_options()) {
    add_server(std::move(server));
    Client& client = add_client(std::move(options));
    client.start(now_);
    run_for(round_trip * 2);
    EXPECT_EQ(client.state(), Client::State::allocated);
    return client;
  }
  // Forgets a client without a word, as a crash does.
  void crash(const Client& client) {
    std::erase_if(clients_, [&](const auto& c) { return c.get() == &client; });
  }

  // Loses the next `count` datagrams with this method and class.
  void lose_next(stun::Method method, stun::MessageClass message_class, int count = 1) {
    losses_.push_back([=](const Seen& seen) mutable {
      return seen.method == method && seen.message_class == message_class && count-- > 0;
    });
  }
  void lose_all() {
    lose([](const Seen&) { return true; });
  }
  void lose(std::function<bool(const Seen&)> rule) { losses_.push_back(std::move(rule)); }

  void peer_sends(const Endpoint& from, const Endpoint& relay, std::string_view text) {
    const ByteView bytes = as_bytes(text);
    post({from, relay, Bytes(bytes.begin(), bytes.end())});
  }
  void inject(const Endpoint& from, const Endpoint& to, Bytes bytes) {
    post({from, to, std::move(bytes)});
  }

  void run_for(Duration span) { run_until(now_ + span); }
  void run_until(Time end) {
    drain();
    for (;;) {
      const Time next = next_instant();
      if (next > end) break;
      ASSERT_GE(next, now_) << "a deadline in the past";
      now_ = next;
      deliver_due();
      for (const auto& [at, server] : servers_) wake(*server);
      for (const auto& client : clients_) wake(*client);
    }
    now_ = end;
  }

  template <typename E>
  std::vector<E> client_events() const {
    return select<E>(client_events_);
  }
  template <typename E>
  std::vector<E> server_events() const {
    return select<E>(server_events_);
  }
  template <typename E>
  Time first_time_of() const {
    for (const auto& [at, event] : client_events_) {
      if (std::holds_alternative<E>(event)) return at;
    }
    return Time::never();
  }
  // When requests with `method` were sent since `since`.
  std::vector<Time> request_times(stun::Method method, Time since = {}) const {
    std::vector<Time> times;
    for (const Seen& seen : seen_) {
      if (seen.method == method && seen.message_class == stun::MessageClass::request &&
          seen.sent >= since) {
        times.push_back(seen.sent);
      }
    }
    return times;
  }
  std::size_t count_sent(stun::Method method, stun::MessageClass message_class) const {
    return static_cast<std::size_t>(std::count_if(seen_.begin(), seen_.end(), [&](const Seen& s) {
      return s.method == method && s.message_class == message_class;
    }));
  }
  std::size_t count_errors(stun::ErrorNumber number) const {
    return static_cast<std::size_t>(std::count_if(seen_.begin(), seen_.end(), [&](const Seen& s) {
      if (s.message_class != stun::MessageClass::error_response) return false;
      return stun::MessageView::parse(s.bytes)->error_code()->number == number;
    }));
  }

  Time now_ = Time{} + seconds(1000);
  std::map<Endpoint, std::unique_ptr<Server>> servers_;
  std::vector<std::unique_ptr<Client>> clients_;
  // A NAT before the clients: local address to the address that servers see.
  std::map<Endpoint, Endpoint> mappings_;
  std::vector<Seen> seen_;        // all that was sent, lost or not
  std::vector<Data> at_peers_;    // what peers got
  std::vector<Data> at_clients_;  // what clients got from peers
  std::vector<std::pair<Time, ClientEvent>> client_events_;
  std::vector<std::pair<Time, ServerEvent>> server_events_;

 private:
  template <typename E, typename Log>
  static std::vector<E> select(const Log& log) {
    std::vector<E> result;
    for (const auto& [at, event] : log) {
      if (const auto* e = std::get_if<E>(&event)) result.push_back(*e);
    }
    return result;
  }

  Time next_instant() const {
    Time next = wire_.empty() ? Time::never() : wire_.front().at;
    for (const auto& [at, server] : servers_) next = std::min(next, server->next_timeout());
    for (const auto& client : clients_) next = std::min(next, client->next_timeout());
    return next;
  }

  template <typename Machine>
  void wake(Machine& machine) {
    if (machine.next_timeout() > now_) return;
    machine.handle_timeout(now_);
    drain();
    ASSERT_GT(machine.next_timeout(), now_) << "handle_timeout left work behind";
  }

  void post(Transmit transmit) {
    Seen seen{now_, transmit.local, {}, {}, 0, transmit.payload};
    if (const auto message = stun::MessageView::parse(transmit.payload)) {
      seen.message_class = message->message_class();
      seen.method = message->method();
    } else if (const auto data = ChannelData::parse(transmit.payload)) {
      seen.channel = data->number;
    }
    const bool lost =
        std::any_of(losses_.begin(), losses_.end(), [&](auto& rule) { return rule(seen); });
    seen_.push_back(std::move(seen));
    if (lost) return;
    const auto mapping = mappings_.find(transmit.local);
    const Endpoint from = mapping == mappings_.end() ? transmit.local : mapping->second;
    wire_.push_back({now_ + one_way, from, transmit.remote, std::move(transmit.payload)});
  }

  void deliver_due() {
    while (!wire_.empty() && wire_.front().at <= now_) {
      const Datagram datagram = std::move(wire_.front());
      wire_.pop_front();
      deliver(datagram);
      drain();
    }
  }

  void deliver(const Datagram& datagram) {
    if (const auto server = servers_.find(datagram.to); server != servers_.end()) {
      server->second->receive(datagram.to, datagram.from, datagram.payload, now_);
      return;
    }
    if (const auto relay = relays_.find(datagram.to); relay != relays_.end()) {
      servers_.at(relay->second)
          ->receive_from_peer(datagram.to, datagram.from, datagram.payload, now_);
      return;
    }
    const auto is_mapping = [&](const auto& m) { return m.second == datagram.to; };
    const auto mapping = std::find_if(mappings_.begin(), mappings_.end(), is_mapping);
    const Endpoint inside = mapping == mappings_.end() ? datagram.to : mapping->first;
    for (const auto& client : clients_) {
      if (!client->is_at(inside) || mappings_.contains(datagram.to)) continue;
      const Inbound inbound = client->receive(datagram.from, datagram.payload, now_);
      if (inbound.kind == Inbound::Kind::data) {
        at_clients_.push_back({now_, inbound.peer, std::string(as_text(inbound.payload))});
      }
      return;
    }
    at_peers_.push_back({now_, datagram.from, std::string(as_text(datagram.payload))});
  }

  void drain() {
    for (const auto& [at, server] : servers_) {
      while (auto transmit = server->poll_transmit()) post(std::move(*transmit));
      while (auto event = server->poll_event()) {
        if (const auto* open = std::get_if<OpenRelay>(&*event)) relays_[open->relay] = at;
        if (const auto* close = std::get_if<CloseRelay>(&*event)) relays_.erase(close->relay);
        server_events_.emplace_back(now_, std::move(*event));
      }
    }
    for (const auto& client : clients_) {
      while (auto transmit = client->poll_transmit()) post(std::move(*transmit));
      while (auto event = client->poll_event()) {
        client_events_.emplace_back(now_, std::move(*event));
      }
    }
  }

  std::deque<Datagram> wire_;            // in order of arrival, as all take equally long
  std::map<Endpoint, Endpoint> relays_;  // open relay sockets, and whose server they are
  std::vector<std::function<bool(const Seen&)>> losses_;
  std::uint64_t seed_ = 100;
};

}  // namespace natsim::turn
