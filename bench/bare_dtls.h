// What OpenSSL alone takes for the handshake that WebRTC's peers make: the same settings, no loss,
// no timers and no virtual clock, its records passed through memory.
#pragma once

#include <openssl/ssl.h>

namespace natsim::bench {

struct BareDtls {
  BareDtls() {
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
  ~BareDtls() { SSL_CTX_free(context); }
  BareDtls(const BareDtls&) = delete;
  BareDtls& operator=(const BareDtls&) = delete;

  // One handshake, both ends. False if it failed.
  [[nodiscard]] bool handshake() const {
    SSL* client = SSL_new(context);
    SSL* server = SSL_new(context);
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
    const bool connected = SSL_is_init_finished(client) == 1;
    SSL_free(client);
    SSL_free(server);
    return connected;
  }

  SSL_CTX* context;
};

}  // namespace natsim::bench
