// The certificates that the calls of one world share: to make one costs half of a handshake.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/core/world.h"
#include "stack/base/random.h"
#include "stack/dtls/certificate.h"

namespace natsim::agents {

enum class CallEnd : std::uint8_t { caller, callee };

// Contract:
// 1. Callers have other certificates than callees, so that no call has one at both of its ends.
// 2. A certificate follows from the world's seed and its number in the pool, and which number a
//    host gets from the seed and the host's name: neither depends on who else calls.
// 3. A certificate is made when it is first asked for.
// 4. They are of ECDSA. With an RSA key OpenSSL keeps how it blinds the next signature (rule 2 of
//    dtls::Certificate), so what one call draws would depend on the others.
class CertificatePool {
 public:
  static constexpr std::size_t size = 4;  // certificates of callers, and as many of callees

  explicit CertificatePool(const core::World& world) : random_(world.random("certificates")) {}

  const dtls::Certificate& of(CallEnd end, std::string_view host);

 private:
  Random random_;  // never drawn from, only split
  std::array<std::optional<dtls::Certificate>, 2 * size> made_;
};

}  // namespace natsim::agents
