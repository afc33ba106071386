// What the TLS endpoints of one program share of OpenSSL.
#pragma once

#include <memory>

struct ssl_ctx_st;  // OpenSSL's settings

namespace natsim::tls {

// Cheap to copy; to make one costs some 100 µs. It holds settings alone, so endpoints that share
// one do not influence each other. It belongs to one world.
class Context {
 public:
  Context();

  [[nodiscard]] ssl_ctx_st* openssl() const { return shared_.get(); }

 private:
  std::shared_ptr<ssl_ctx_st> shared_;
};

}  // namespace natsim::tls
