// What OpenSSL keeps of a certificate. Only the sources of this folder read it.
#pragma once

#include <openssl/ssl.h>

#include "stack/dtls/certificate.h"

namespace natsim::dtls {

template <auto free_function>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    free_function(object);
  }
};

struct Certificate::Prepared {
  std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context;
  Bytes der;
};

// The settings that all sessions share, with no certificate yet.
std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> make_context();

}  // namespace natsim::dtls
