// What one DTLS handshake costs, both ends together, beside what OpenSSL alone takes for the same
// one. Certificates are made once.
#include <benchmark/benchmark.h>

#include "bench/bare_dtls.h"
#include "stack/dtls/session.h"

namespace natsim::bench {
namespace {

using dtls::Role;

struct Identities {
  dtls::Certificate client = dtls::Certificate::generate(Random(1));
  dtls::Certificate server = dtls::Certificate::generate(Random(2));
};

dtls::Options options(Role role, const dtls::Certificate& peer) {
  return {.role = role,
          .fingerprints = {*peer.fingerprint("sha-256")},
          .srtp_profiles = {srtp::Profile::aead_aes_128_gcm}};
}

void handshake_sessions(benchmark::State& state) {
  const Identities identities;
  std::uint64_t seed = 0;
  for (auto _ : state) {
    dtls::Session client(options(Role::client, identities.server), identities.client,
                         Random(++seed));
    dtls::Session server(options(Role::server, identities.client), identities.server,
                         Random(++seed));
    server.start(Time{});
    client.start(Time{});
    bool moved = true;
    while (moved) {
      moved = false;
      while (const auto out = client.poll_transmit()) {
        server.receive(*out, Time{});
        moved = true;
      }
      while (const auto out = server.poll_transmit()) {
        client.receive(*out, Time{});
        moved = true;
      }
    }
    if (client.state() != dtls::Session::State::connected) state.SkipWithError("not connected");
  }
}
BENCHMARK(handshake_sessions)->Unit(benchmark::kMicrosecond);

void certificate(benchmark::State& state) {
  std::uint64_t seed = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(dtls::Certificate::generate(Random(++seed)));
  }
}
BENCHMARK(certificate)->Unit(benchmark::kMicrosecond);

void handshake_bare(benchmark::State& state) {
  const BareDtls bare;
  for (auto _ : state) {
    if (!bare.handshake()) state.SkipWithError("not connected");
  }
}
BENCHMARK(handshake_bare)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace natsim::bench

BENCHMARK_MAIN();
