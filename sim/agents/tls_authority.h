// What the TLS of one world has in common: OpenSSL's settings, and the authority that vouches for
// servers' certificates.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/core/world.h"
#include "stack/base/random.h"
#include "stack/tls/endpoint.h"

namespace natsim::agents {

// Contract:
// 1. The n-th certificate that is asked for follows from the world's seed and the names.
// 2. Clients trust what has been issued by the time at which they connect, and nothing else.
// 3. Until TLS is used nothing is made.
class TlsAuthority {
 public:
  explicit TlsAuthority(const core::World& world) : random_(world.random("tls authority")) {}

  // For a server of these names. One that is not trusted is as good, but nobody vouches for it.
  dtls::Certificate issue(std::span<const std::string> names, bool trusted);

  // A client's end, which trusts this authority; `random` is the connection's own.
  tls::Endpoint client(tls::ClientOptions options, const Random& random);
  tls::Endpoint server(const tls::ServerOptions& options, const Random& random);

 private:
  const tls::Context& context();

  Random random_;  // never drawn from, only split
  std::uint64_t issued_ = 0;
  std::vector<sdp::Fingerprint> trusted_;
  std::optional<tls::Context> context_;
};

// How the connections of a client, or of a server, are protected. The authority is of the same
// world and lives as long.
struct TlsClientUse {
  TlsAuthority* authority;
  tls::ClientOptions options;
};
struct TlsServerUse {
  TlsAuthority* authority;
  tls::ServerOptions options;
};

}  // namespace natsim::agents
