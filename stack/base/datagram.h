// What a sans-I/O machine exchanges with its host.
#pragma once

#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace natsim {

// A datagram that a machine wants sent: from its socket bound to `local` to `remote`.
struct Transmit {
  Endpoint local;
  Endpoint remote;
  Bytes payload;
};

}  // namespace natsim
