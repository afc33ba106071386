#include "sim/agents/tls_authority.h"

#include <utility>

namespace natsim::agents {

dtls::Certificate TlsAuthority::issue(std::span<const std::string> names, bool trusted) {
  auto certificate =
      dtls::Certificate::generate(random_.split(issued_++), dtls::KeyType::ecdsa_p256, names);
  if (trusted) trusted_.push_back(*certificate.fingerprint("sha-256"));
  return certificate;
}

tls::Endpoint TlsAuthority::client(tls::ClientOptions options, const Random& random) {
  options.trusted = trusted_;
  return {context(), std::move(options), random};
}

tls::Endpoint TlsAuthority::server(const tls::ServerOptions& options, const Random& random) {
  return {context(), options, random};
}

const tls::Context& TlsAuthority::context() {
  if (!context_) context_.emplace();
  return *context_;
}

}  // namespace natsim::agents
