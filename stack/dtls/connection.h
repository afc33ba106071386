// One SSL object with all that it reaches outside: datagrams, timer, verification, key log. Only
// the sources of this folder read it.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "stack/base/time.h"
#include "stack/dtls/driven.h"
#include "stack/dtls/prepared.h"
#include "stack/dtls/timer_profile.h"

namespace natsim::dtls {

// OpenSSL never sees the real time or the virtual one. Its clock stands still while it reads, and
// jumps by more than any wait when the session's deadline has come: so its timer goes off then and
// at no other time, although OpenSSL takes one that has less than 15 ms left for expired. When that
// is, is reckoned here, from the moments at which OpenSSL arms its timer.
class Connection {
 public:
  Connection(SSL_CTX* context, Random random, const TimerProfile& timer, std::size_t mtu,
             std::size_t fallback_mtu);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Calls OpenSSL at `now`: `work` gets the SSL object and gives what OpenSSL returned; the result
  // is SSL_get_error's.
  template <typename Work>
  int drive(Time now, Work work) {
    now_ = now;
    const Driven driven(random_, openssl_seconds_);
    return call(work);
  }
  // As the above, with the timer gone off.
  int expire(Time now);

  [[nodiscard]] Time deadline() const { return deadline_; }
  [[nodiscard]] SSL* ssl() const { return ssl_.get(); }
  [[nodiscard]] Random& random() { return random_; }

  std::optional<Bytes> arriving;  // the datagram that OpenSSL reads next
  std::deque<Bytes> leaving;      // what it has written, each a datagram
  std::deque<std::string> key_log;
  Bytes cookie;                            // of a server's HelloVerifyRequest
  std::vector<sdp::Fingerprint> expected;  // empty while none is known
  bool verified = false;                   // the peer's certificate fits what was expected
  std::size_t retransmissions = 0;         // of flights, by the timer

  // Whether one of the expected fingerprints is the certificate's.
  [[nodiscard]] bool fits(const X509* certificate) const;

 private:
  friend struct ConnectionCallbacks;

  template <typename Work>
  int call(Work work) {
    forget_errors();
    return SSL_get_error(ssl(), work(ssl()));
  }
  static void forget_errors();

  Random random_;
  TimerProfile timer_;
  std::size_t mtu_;
  std::size_t fallback_mtu_;
  Duration wait_;  // of the flight that is out
  Time now_;
  Time deadline_ = Time::never();
  std::int64_t openssl_seconds_ = 1'000'000;
  std::unique_ptr<BIO_METHOD, Freed<BIO_meth_free>> method_;
  std::unique_ptr<SSL, Freed<SSL_free>> ssl_;  // ends before what it calls
};

}  // namespace natsim::dtls
