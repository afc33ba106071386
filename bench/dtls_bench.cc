// What one DTLS handshake costs, both ends together, beside what OpenSSL alone takes for the same
// one: the same settings, no loss, no timers and no virtual clock, its records passed through
// memory. A whole call should cost no more than 1.25 of the bare handshakes. Certificates are made
// once, as scenarios do.
#include <benchmark/benchmark.h>
#include <openssl/ssl.h>

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

struct Bare {
  Bare() {
    context = SSL_CTX_new(DTLS_method());
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* x509 = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(x509), 0);
    X509_gmtime_adj(X509_getm_notAfter(x509), 86400);
    X509_set_pubkey(x509, key);
    X509_sign(x509, key, EVP_sha256());
    SSL_CTX_use_certificate(context, x509);
    SSL_CTX_use_PrivateKey(context, key);
    X509_free(x509);
    EVP_PKEY_free(key);
    SSL_CTX_set_cipher_list(context, "ECDHE-ECDSA-AES128-GCM-SHA256");
    SSL_CTX_set1_groups_list(context, "X25519:P-256");
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_QUERY_MTU);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_cert_verify_callback(
        context, [](X509_STORE_CTX*, void*) { return 1; }, nullptr);
    SSL_CTX_set_tlsext_use_srtp(context, "SRTP_AEAD_AES_128_GCM");
  }
  ~Bare() { SSL_CTX_free(context); }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;

  SSL_CTX* context;
};

void handshake_bare(benchmark::State& state) {
  const Bare bare;
  for (auto _ : state) {
    SSL* client = SSL_new(bare.context);
    SSL* server = SSL_new(bare.context);
    BIO* up = BIO_new(BIO_s_mem());
    BIO* down = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(up, -1);
    BIO_set_mem_eof_return(down, -1);
    BIO_up_ref(up);
    BIO_up_ref(down);
    SSL_set_bio(client, down, up);
    SSL_set_bio(server, up, down);
    SSL_set_mtu(client, 1200);
    SSL_set_mtu(server, 1200);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    for (int turn = 0; turn < 4; ++turn) {
      SSL_do_handshake(client);
      SSL_do_handshake(server);
    }
    if (SSL_is_init_finished(client) == 0) state.SkipWithError("not connected");
    SSL_free(client);
    SSL_free(server);
  }
}
BENCHMARK(handshake_bare)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace natsim::bench

BENCHMARK_MAIN();
