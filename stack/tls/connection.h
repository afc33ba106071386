// OpenSSL's side of an endpoint, as its callbacks reach it. Only the sources of this folder read
// it.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "stack/base/random.h"
#include "stack/dtls/freed.h"
#include "stack/tls/endpoint.h"

namespace natsim::tls {

struct Endpoint::Connection {
  Connection(const Context& its_context, const Random& its_random, bool logs);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  static Connection& of(const SSL* ssl) { return *static_cast<Connection*>(SSL_get_app_data(ssl)); }

  Context context;
  Random random;
  std::unique_ptr<SSL, dtls::Freed<SSL_free>> ssl;
  BIO* arriving;  // both belong to `ssl`
  BIO* leaving;
  // A client's.
  std::string server_name;
  std::vector<sdp::Fingerprint> trusted;
  bool verify = false;
  // A server's.
  std::vector<std::string> alpn;
  std::string verdict;  // why the certificate was found wrong
  bool log_keys;
  std::deque<std::string> key_log;
};

}  // namespace natsim::tls
