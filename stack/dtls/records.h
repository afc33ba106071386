// Which records of a datagram are worth giving to a DTLS 1.2 endpoint.
#pragma once

#include <cstdint>

#include "stack/base/bytes.h"

namespace natsim::dtls {

enum class Role : std::uint8_t { client, server };

// What is left of a datagram, and how many records or garbage tails were taken from it.
struct Sifted {
  Bytes records;
  std::uint32_t ignored = 0;
};

// Takes out, rather than let an endpoint stumble over it (RFC 6347 §4.1.2.7):
// - what follows the last whole record of a DTLS version;
// - records of types other than those of DTLS 1.2 (20 to 23);
// - unprotected handshake messages that only the other role receives, as a ClientHello at a client
//   whose peer wants to be one too.
Sifted sift(ByteView datagram, Role receiver);

}  // namespace natsim::dtls
