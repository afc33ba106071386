#include "stack/dtls/connection.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <sys/time.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

namespace natsim::dtls {

namespace {

// OpenSSL's idea of every wait, in microseconds, and how far its clock jumps over it.
constexpr unsigned int openssl_wait = 60'000'000;
constexpr std::int64_t openssl_jump = 120;

// Those of RFC 8827 §6.5 first.
constexpr const char* ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA";
constexpr const char* groups = "X25519:P-256:P-384";
constexpr const char* signatures =
    "ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA384:RSA+SHA384:"
    "ECDSA+SHA512:RSA-PSS+SHA512:RSA+SHA512";

}  // namespace

struct ConnectionCallbacks {
  static Connection& of(const SSL* ssl) { return *static_cast<Connection*>(SSL_get_app_data(ssl)); }
  static Connection& of(BIO* bio) { return *static_cast<Connection*>(BIO_get_data(bio)); }

  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }
  static int write(BIO* bio, const char* data, int length) {
    of(bio).leaving.emplace_back(data, data + length);
    return length;
  }
  static int read(BIO* bio, char* out, int room) {
    Connection& self = of(bio);
    BIO_clear_retry_flags(bio);
    if (!self.arriving) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const int length = std::min(room, static_cast<int>(self.arriving->size()));
    std::memcpy(out, self.arriving->data(), static_cast<std::size_t>(length));
    self.arriving.reset();
    return length;
  }
  static long control(BIO* bio, int command, long, void* argument) {
    Connection& self = of(bio);
    switch (command) {
      case BIO_CTRL_FLUSH:
        return 1;
      case BIO_CTRL_DGRAM_QUERY_MTU:
        return static_cast<long>(self.mtu_);
      case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        return static_cast<long>(self.fallback_mtu_);
      case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT: {
        // By each arming, and with zeros when the timer is stopped.
        const auto& next = *static_cast<const timeval*>(argument);
        const bool armed = next.tv_sec != 0 || next.tv_usec != 0;
        self.deadline_ = armed ? self.now_ + self.wait_ : Time::never();
        return 1;
      }
      default:
        return 0;
    }
  }

  // Called with 0 for a new flight and with the wait before for a flight sent again.
  static unsigned int wait(SSL* ssl, unsigned int before) {
    Connection& self = of(ssl);
    self.wait_ = before == 0 ? self.timer_.initial : std::min(self.wait_ * 2, self.timer_.longest);
    return openssl_wait;
  }
  // In place of chains and dates: only the fingerprint counts (RFC 8827 §6.5).
  static int verify(X509_STORE_CTX* store, void*) {
    const auto* ssl = static_cast<const SSL*>(
        X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    Connection& self = of(ssl);
    self.verified = self.fits(X509_STORE_CTX_get0_cert(store));
    const bool trusted = self.verified || self.expected.empty();
    // The peer hears bad_certificate.
    X509_STORE_CTX_set_error(store, trusted ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
    return trusted ? 1 : 0;
  }
  static int make_cookie(SSL* ssl, unsigned char* out, unsigned int* length) {
    const Bytes& cookie = of(ssl).cookie;
    std::copy(cookie.begin(), cookie.end(), out);
    *length = static_cast<unsigned int>(cookie.size());
    return 1;
  }
  static int check_cookie(SSL* ssl, const unsigned char* cookie, unsigned int length) {
    return std::ranges::equal(of(ssl).cookie, ByteView(cookie, length)) ? 1 : 0;
  }
  static void log_key(const SSL* ssl, const char* line) { of(ssl).key_log.emplace_back(line); }
};

std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> make_context() {
  std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> owned(SSL_CTX_new(DTLS_method()));
  SSL_CTX* context = owned.get();
  if (context == nullptr) throw std::runtime_error("OpenSSL has no DTLS");
  // All that a configuration file of the machine could set differently.
  SSL_CTX_set_security_level(context, 1);
  SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, ciphers);
  SSL_CTX_set1_groups_list(context, groups);
  SSL_CTX_set1_sigalgs_list(context, signatures);
  SSL_CTX_clear_options(context, SSL_CTX_get_options(context));
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, ConnectionCallbacks::verify, nullptr);
  SSL_CTX_set_cookie_generate_cb(context, ConnectionCallbacks::make_cookie);
  SSL_CTX_set_cookie_verify_cb(context, ConnectionCallbacks::check_cookie);
  SSL_CTX_set_keylog_callback(context, ConnectionCallbacks::log_key);
  return owned;
}

Connection::Connection(SSL_CTX* context, Random random, const TimerProfile& timer, std::size_t mtu,
                       std::size_t fallback_mtu)
    : random_(random),
      timer_(timer),
      mtu_(mtu),
      fallback_mtu_(fallback_mtu),
      method_(BIO_meth_new(BIO_TYPE_SOURCE_SINK, "datagrams")) {
  const Driven driven(random_, openssl_seconds_);
  BIO_meth_set_create(method_.get(), ConnectionCallbacks::create);
  BIO_meth_set_write(method_.get(), ConnectionCallbacks::write);
  BIO_meth_set_read(method_.get(), ConnectionCallbacks::read);
  BIO_meth_set_ctrl(method_.get(), ConnectionCallbacks::control);
  ssl_.reset(SSL_new(context));
  BIO* bio = BIO_new(method_.get());
  if (ssl_ == nullptr || bio == nullptr) throw std::runtime_error("OpenSSL is out of memory");
  BIO_set_data(bio, this);
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_bio(ssl_.get(), bio, bio);
  DTLS_set_timer_cb(ssl_.get(), ConnectionCallbacks::wait);
}

int Connection::expire(Time now) {
  openssl_seconds_ += openssl_jump;
  ++retransmissions;
  return drive(now, [](SSL* ssl) {
    const int handled = static_cast<int>(DTLSv1_handle_timeout(ssl));
    return handled < 0 ? handled : SSL_do_handshake(ssl);
  });
}

bool Connection::fits(const X509* certificate) const {
  unsigned char* encoded = nullptr;
  const int length = i2d_X509(certificate, &encoded);
  if (length <= 0) return false;
  const Bytes der(encoded, encoded + length);
  OPENSSL_free(encoded);
  return std::ranges::any_of(expected, [&der](const sdp::Fingerprint& fingerprint) {
    return fingerprint_of(der, fingerprint.hash) == fingerprint;
  });
}

void Connection::forget_errors() { ERR_clear_error(); }

}  // namespace natsim::dtls
