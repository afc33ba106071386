// What OpenSSL keeps of a certificate. Only the sources of this folder read it.
#pragma once

#include <openssl/ssl.h>

#include "stack/dtls/certificate.h"
#include "stack/dtls/freed.h"

namespace natsim::dtls {

struct Certificate::Prepared {
  std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context;
  Bytes der;
  sdp::Fingerprint sha256;
};

// The settings that all sessions share, with no certificate yet.
std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> make_context();

}  // namespace natsim::dtls
