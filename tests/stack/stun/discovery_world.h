// A client machine, perhaps behind a NAT, and a four-socket Binding server, 10 ms apart.
#pragma once

#include "nat_model.h"

#include <map>
#include <optional>
#include <utility>

#include <gtest/gtest.h>

#include "stack/stun/binding_server.h"

namespace natsim::stun {

inline const Endpoint server_primary = Endpoint::parse("192.0.2.1:3478").value();
inline const Endpoint server_alternate = Endpoint::parse("192.0.2.2:3479").value();

template <typename Client>
class DiscoveryWorld {
 public:
  static constexpr Duration one_way = milliseconds(10);

  BindingServer server{{.primary = server_primary, .alternate = server_alternate}};
  std::optional<NatModel> nat;   // none: the client is on the open network
  bool one_port = false;         // give the client the same port again and again
  bool firewall = false;         // without NAT: lets in what answers, nothing else
  bool deaf_to_changes = false;  // the server answers CHANGE-REQUEST as if it were not there
  bool dead = false;             // nothing gets through
  Time now;
  int packets = 0;  // sent by the client

  // Runs until the client has no work left; only its own deadlines wake it.
  void run(Client& client) {
    drain(client);
    while (true) {
      const Time wake = client.next_timeout();
      const Time arrival = in_flight_.empty() ? Time::never() : in_flight_.begin()->first.first;
      if (wake.is_never() && arrival.is_never()) return;
      if (arrival <= wake) {
        const Flight flight = in_flight_.begin()->second;
        now = arrival;
        in_flight_.erase(in_flight_.begin());
        arrive(client, flight);
      } else {
        now = wake;
        client.handle_timeout(now);
        ASSERT_GT(client.next_timeout(), now);
      }
      drain(client);
    }
  }

  [[nodiscard]] Endpoint client_socket(int socket) const {
    const IpAddress address = nat ? IpAddress::v4(192, 168, 1, 2) : IpAddress::v4(198, 51, 100, 7);
    return {address, static_cast<std::uint16_t>(40'000 + (one_port ? 0 : socket))};
  }

 private:
  // A packet outside the NAT.
  struct Flight {
    Endpoint source;
    Endpoint destination;
    Bytes payload;
  };

  void launch(Flight flight) {
    in_flight_.emplace(std::pair(now + one_way, sequence_++), std::move(flight));
  }

  void drain(Client& client) {
    while (true) {
      if (const auto socket = client.poll_socket()) {
        client.socket_opened(*socket, client_socket(*socket), now);
      } else if (const auto out = client.poll_transmit()) {
        send_from_client(*out);
      } else {
        break;
      }
    }
    while (const auto out = server.poll_transmit()) {
      launch({deaf_to_changes ? server_primary : out->local, out->remote, out->payload});
    }
  }

  void send_from_client(const Transmit& out) {
    ++packets;
    if (dead) return;
    Endpoint source = out.local;
    if (nat) {
      source = nat->outbound(out.local, out.remote, now);
      if (out.remote.address == nat->external && !nat->hairpin) return;
    }
    contacted_.insert({out.local, out.remote});
    launch({source, out.remote, out.payload});
  }

  void arrive(Client& client, const Flight& flight) {
    const Endpoint& to = flight.destination;
    if (to.address == server_primary.address || to.address == server_alternate.address) {
      server.receive(to, flight.source, flight.payload, now);
    } else if (nat) {
      const auto socket = nat->inbound(flight.source, to, now);
      if (socket) client.receive(*socket, flight.source, flight.payload, now);
    } else if (!firewall || contacted_.contains({to, flight.source})) {
      client.receive(to, flight.source, flight.payload, now);
    }
  }

  std::map<std::pair<Time, int>, Flight> in_flight_;   // by arrival, then by order of sending
  std::set<std::pair<Endpoint, Endpoint>> contacted_;  // client socket and whom it sent to
  int sequence_ = 0;
};

}  // namespace natsim::stun
