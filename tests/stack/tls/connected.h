// A client and a server, and a stream between them that a test can cut and spoil.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "stack/tls/endpoint.h"

namespace natsim::tls {

// What an end tells its owner, by kind.
struct Told {
  std::optional<Opened> opened;
  Bytes data;
  std::vector<Closed> closed;
  std::vector<std::string> key_lines;
};

inline dtls::Certificate certificate_for(const std::vector<std::string>& names,
                                         std::uint64_t seed = 1) {
  return dtls::Certificate::generate(Random(seed), dtls::KeyType::ecdsa_p256, names);
}

struct PairSetup {
  dtls::Certificate certificate = certificate_for({"turn.example"});
  ClientOptions client = trusting(certificate);
  ServerOptions server{.certificate = certificate};
  std::uint64_t seed = 1;

  static ClientOptions trusting(const dtls::Certificate& certificate) {
    return {.server_name = "turn.example", .trusted = {*certificate.fingerprint("sha-256")}};
  }
};

class Connected {
 public:
  explicit Connected(const PairSetup& setup = PairSetup())
      : client(Context(), setup.client, Random(setup.seed).split("client")),
        server(Context(), setup.server, Random(setup.seed).split("server")) {}

  // From the handshake's beginning until nobody has anything left to say.
  void shake_hands() {
    client.start(now);
    server.start(now);
    exchange();
  }

  // In pieces of at most `piece` bytes.
  void exchange() {
    for (bool quiet = false; !quiet;) {
      const Bytes up = leaving(client, at_client);
      const Bytes down = leaving(server, at_server);
      quiet = up.empty() && down.empty();
      to_server.insert(to_server.end(), up.begin(), up.end());
      to_client.insert(to_client.end(), down.begin(), down.end());
      give(server, up);
      give(client, down);
    }
  }

  std::size_t piece = 1 << 20;
  Endpoint client;
  Endpoint server;
  Told at_client;
  Told at_server;
  Bytes to_server;  // all that the stream has carried
  Bytes to_client;
  Time now;

 private:
  static Bytes leaving(Endpoint& endpoint, Told& told) {
    Bytes all;
    while (const auto bytes = endpoint.poll_transmit()) {
      all.insert(all.end(), bytes->begin(), bytes->end());
    }
    while (auto event = endpoint.poll_event()) {
      if (auto* opened = std::get_if<Opened>(&*event)) {
        told.opened = *opened;
      } else if (const auto* data = std::get_if<Data>(&*event)) {
        told.data.insert(told.data.end(), data->bytes.begin(), data->bytes.end());
      } else if (const auto* line = std::get_if<KeyLogLine>(&*event)) {
        told.key_lines.push_back(line->line);
      } else {
        told.closed.push_back(std::get<Closed>(*event));
      }
    }
    return all;
  }

  void give(Endpoint& endpoint, ByteView bytes) const {
    while (!bytes.empty()) {
      const ByteView next = bytes.first(std::min(piece, bytes.size()));
      bytes = bytes.subspan(next.size());
      endpoint.receive(next, now);
    }
  }
};

}  // namespace natsim::tls
