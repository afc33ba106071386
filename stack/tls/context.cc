#include "stack/tls/context.h"

#include <algorithm>
#include <stdexcept>

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "stack/dtls/driven.h"
#include "stack/tls/connection.h"

namespace natsim::tls {

namespace {

// What browsers offer, less what is of old.
constexpr const char* ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* ciphers_of_1_3 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* groups = "X25519:P-256:P-384";
constexpr const char* signatures =
    "ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA384:RSA+SHA384";

}  // namespace

struct ContextCallbacks {
  using Connection = Endpoint::Connection;

  // In place of chains and dates (rule 3 of Endpoint).
  static int verify(X509_STORE_CTX* store, void*) {
    const auto* ssl = static_cast<const SSL*>(
        X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    Connection& self = Connection::of(ssl);
    X509* certificate = X509_STORE_CTX_get0_cert(store);
    int error = X509_V_OK;
    if (self.verify && !is_trusted(self, certificate)) {
      error = X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT;  // the peer hears unknown_ca
      self.verdict = "the certificate is not trusted";
    } else if (self.verify && !is_for(certificate, self.server_name)) {
      error = X509_V_ERR_HOSTNAME_MISMATCH;  // the peer hears bad_certificate
      self.verdict = "the certificate is not for '" + self.server_name + "'";
    }
    X509_STORE_CTX_set_error(store, error);
    return error == X509_V_OK ? 1 : 0;
  }

  static bool is_trusted(const Connection& self, const X509* certificate) {
    unsigned char* encoded = nullptr;
    const int length = i2d_X509(certificate, &encoded);
    if (length <= 0) return false;
    const Bytes der(encoded, encoded + length);
    OPENSSL_free(encoded);
    return std::ranges::any_of(self.trusted, [&der](const sdp::Fingerprint& one) {
      return dtls::fingerprint_of(der, one.hash) == one;
    });
  }

  static bool is_for(X509* certificate, const std::string& name) {
    // RFC 6125 §6.4.4: the subject's common name is for those of old.
    constexpr unsigned int flags =
        X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
    return name.empty() || X509_check_ip_asc(certificate, name.c_str(), flags) == 1 ||
           X509_check_host(certificate, name.data(), name.size(), flags, nullptr) == 1;
  }

  static int select_alpn(SSL* ssl, const unsigned char** out, unsigned char* out_length,
                         const unsigned char* offer, unsigned int length, void*) {
    const std::vector<std::string>& accepted = Connection::of(ssl).alpn;
    if (accepted.empty()) return SSL_TLSEXT_ERR_NOACK;
    for (const std::string& one : accepted) {
      for (ByteReader reader(ByteView(offer, length)); const auto size = reader.u8();) {
        const auto name = reader.take(*size);
        if (!name) break;
        if (as_text(*name) != one) continue;
        *out = name->data();
        *out_length = *size;
        return SSL_TLSEXT_ERR_OK;
      }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }

  static void log_key(const SSL* ssl, const char* line) {
    Connection& self = Connection::of(ssl);
    if (self.log_keys) self.key_log.emplace_back(line);
  }
};

Context::Context() {
  // OpenSSL draws keys for the tickets that are never given out.
  Random unused(0);
  const dtls::Driven driven(unused, 0);
  shared_ = {SSL_CTX_new(TLS_method()), SSL_CTX_free};
  SSL_CTX* context = shared_.get();
  if (context == nullptr) throw std::runtime_error("OpenSSL has no TLS");
  // All that a configuration file of the machine could set differently.
  SSL_CTX_set_security_level(context, 1);
  SSL_CTX_set_cipher_list(context, ciphers);
  SSL_CTX_set_ciphersuites(context, ciphers_of_1_3);
  SSL_CTX_set1_groups_list(context, groups);
  SSL_CTX_set1_sigalgs_list(context, signatures);
  SSL_CTX_clear_options(context, SSL_CTX_get_options(context));
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_cert_verify_callback(context, ContextCallbacks::verify, nullptr);
  SSL_CTX_set_alpn_select_cb(context, ContextCallbacks::select_alpn, nullptr);
  SSL_CTX_set_keylog_callback(context, ContextCallbacks::log_key);
}

}  // namespace natsim::tls
