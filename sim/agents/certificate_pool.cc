#include "sim/agents/certificate_pool.h"

namespace natsim::agents {

const dtls::Certificate& CertificatePool::of(CallEnd end, std::string_view host) {
  const std::size_t choice = random_.split("choice").split(host).below(size);
  const std::size_t number = end == CallEnd::caller ? choice : size + choice;
  std::optional<dtls::Certificate>& certificate = made_[number];
  if (!certificate) certificate = dtls::Certificate::generate(random_.split(number));
  return *certificate;
}

}  // namespace natsim::agents
