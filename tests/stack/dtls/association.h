// Two sessions and a wire between them that a test can spoil.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "stack/dtls/session.h"

namespace natsim::dtls {

struct Crossing {
  Role from;
  Time sent;
  Bytes datagram;

  bool operator==(const Crossing&) const = default;
};

// What an end tells its owner, by kind.
struct Told {
  std::optional<Time> connected;
  std::optional<srtp::MasterKeys> srtp;
  std::vector<Bytes> data;
  std::vector<std::string> failures;
  std::vector<std::string> key_lines;
  std::optional<bool> closed;  // by the peer?
};

struct AssociationSetup {
  Options client{.role = Role::client};
  Options server{.role = Role::server};
  std::uint64_t seed = 1;
  bool exchange_fingerprints = true;
};

// Driven by the deadlines that the sessions advertise, and by nothing else.
class Association {
 public:
  static constexpr Duration one_way = milliseconds(25);
  static constexpr Duration round_trip = milliseconds(50);

  explicit Association(AssociationSetup setup = {})
      : client_certificate(Certificate::generate(Random(setup.seed).split("client"))),
        server_certificate(Certificate::generate(Random(setup.seed).split("server"))),
        client(with(setup.client, setup, server_certificate), client_certificate,
               Random(setup.seed).split("client")),
        server(with(setup.server, setup, client_certificate), server_certificate,
               Random(setup.seed).split("server")) {}

  void start() {
    server.start(now);
    client.start(now);
    drain();
  }

  // Until nothing is left to happen, or the next thing is after `until`.
  void run(Time until = Time{} + seconds(600)) {
    while (true) {
      Time next = std::min(client.next_timeout(), server.next_timeout());
      for (const Crossing& each : in_flight) next = std::min(next, each.sent + one_way);
      if (next.is_never() || next > until) return;
      now = next;
      for (std::size_t i = 0; i < in_flight.size();) {
        if (in_flight[i].sent + one_way > now) {
          ++i;
          continue;
        }
        const Crossing arrived = in_flight[i];
        in_flight.erase(in_flight.begin() + static_cast<std::ptrdiff_t>(i));
        (arrived.from == Role::client ? server : client).receive(arrived.datagram, now);
        drain();
        i = 0;
      }
      if (client.next_timeout() <= now) client.handle_timeout(now);
      if (server.next_timeout() <= now) server.handle_timeout(now);
      drain();
    }
  }

  void drain() {
    drain(client, Role::client, at_client);
    drain(server, Role::server, at_server);
  }

  // By the number of the datagram on the wire; those that are lost are recorded too.
  std::function<bool(std::size_t)> loses = [](std::size_t) { return false; };
  std::function<void(const Crossing&, std::deque<Crossing>&)> put =
      [](const Crossing& crossing, std::deque<Crossing>& wire) { wire.push_back(crossing); };

  Certificate client_certificate;
  Certificate server_certificate;
  Session client;
  Session server;
  Told at_client;
  Told at_server;
  Time now;
  std::deque<Crossing> in_flight;
  std::vector<Crossing> sent;

 private:
  static Options with(Options options, const AssociationSetup& setup, const Certificate& peer) {
    if (setup.exchange_fingerprints) options.fingerprints = {*peer.fingerprint("sha-256")};
    return options;
  }

  void drain(Session& session, Role role, Told& told) {
    while (auto datagram = session.poll_transmit()) {
      const Crossing crossing{role, now, std::move(*datagram)};
      const std::size_t number = sent.size();
      sent.push_back(crossing);
      if (!loses(number)) put(crossing, in_flight);
    }
    while (auto event = session.poll_event()) {
      if (const auto* connected = std::get_if<Connected>(&*event)) {
        told.connected = now;
        told.srtp = connected->srtp;
      } else if (auto* data = std::get_if<Data>(&*event)) {
        told.data.push_back(std::move(data->bytes));
      } else if (auto* failed = std::get_if<Failed>(&*event)) {
        told.failures.push_back(failed->reason);
      } else if (auto* line = std::get_if<KeyLogLine>(&*event)) {
        told.key_lines.push_back(line->line);
      } else {
        told.closed = std::get<Closed>(*event).by_peer;
      }
    }
  }
};

}  // namespace natsim::dtls
